#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/command-line.h"
#include "engine/format/daemon-keys.h"

/* Words written as they have to be are read back as they were. */
static void check_quote(const struct strv *words)
{
	CLEANUP(strv_clear) struct strv quoted = {0}, again = {0};
	CLEANUP(freep) char *line = NULL;

	for (size_t i = 0; i < words->count; i++)
		strv_add_owned(&quoted, command_line_quote(words->items[i]));
	line = strv_join(&quoted, " ");
	FUZZ_ASSERT(command_line_split(line, &again, NULL) >= 0);
	FUZZ_ASSERT(strv_equal(words, &again));
}

/*
 * The arguments as dockerd's flags: as many keys as values and texts, and each text is one of the
 * arguments, or several of them as a line.
 */
static void check_flags(const struct strv *args)
{
	CLEANUP(strv_clear) struct strv keys = {0}, values = {0}, texts = {0};

	daemon_flags_parse(args, &keys, &values, &texts);
	FUZZ_ASSERT(keys.count == values.count && keys.count == texts.count);
	for (size_t i = 0; i < texts.count; i++) {
		CLEANUP(strv_clear) struct strv words = {0};

		FUZZ_ASSERT(strv_contains(args, texts.items[i]) ||
			    command_line_split(texts.items[i], &words, NULL) >= 0);
	}
}

/* Without one of its words the line has the others. */
static void check_replace(const char *line, size_t at, const struct strv *words)
{
	CLEANUP(strv_clear) struct strv left = {0};
	CLEANUP(freep) char *without = command_line_replace(line, at, 1, NULL);

	FUZZ_ASSERT(command_line_split(without, &left, NULL) >= 0);
	FUZZ_ASSERT(left.count + 1 == words->count);
	for (size_t i = 0; i < left.count; i++)
		FUZZ_ASSERT(strcmp(left.items[i], words->items[i + (i >= at)]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *line = fuzz_line(&data, &size);
	CLEANUP(freep) char *from = fuzz_line(&data, &size);
	CLEANUP(freep) char *to = fuzz_line(&data, &size);
	CLEANUP(freep) char *replaced = command_line_replace(line, strlen(from), 1, to);
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r = command_line_split(line, &words, &err);

	FUZZ_ASSERT(replaced);
	FUZZ_ASSERT(r >= 0 || (err.text && strcmp(replaced, line) == 0));
	if (r < 0)
		return 0;
	check_quote(&words);
	check_flags(&words);
	for (size_t i = 0; i < words.count && i < 8; i++)
		check_replace(line, i, &words);
	return 0;
}
