#include "tests/test.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/command-line.h"
#include "engine/format/environment-file.h"

#define ROUNDS 20000
#define RELAX_UNQUOTE (1 << 0 | 1 << 5) /* of systemd's extract_first_word() */

/* A name, up to the first =, that is set again takes the place of the first. */
static void set(struct strv *all, const char *name, const char *value)
{
	CLEANUP(freep) char *text = xasprintf("%s=%s", name, value);
	CLEANUP(freep) char *start = xstrndup(text, strcspn(text, "=") + 1);

	for (size_t i = 0; i < all->count; i++) {
		if (starts_with(all->items[i], start)) {
			str_replace(&all->items[i], text);
			return;
		}
	}
	strv_add(all, text);
}

/* "A=b|C=d" of all that the text sets. */
static char *read_all(const char *text, bool joins)
{
	CLEANUP(strv_clear) struct strv names = {0}, values = {0}, all = {0};

	if (environment_file_read(text, joins, &names, &values) < 0)
		return xstrdup("not UTF-8");
	for (size_t i = 0; i < names.count; i++)
		set(&all, names.items[i], values.items[i]);
	return strv_join(&all, "|");
}

static void test_table(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"A=b\n", "A=b"},
		{"A=b", "A=b"},
		{"A=", "A="},
		{"# A=b\n;A=c\n", ""},
		{"A=\"b c\"\n", "A=b c"},
		{"A='b \\ c'\n", "A=b \\ c"},
		{"  A = b\r\nB=c\n", "A=b|B=c"},
		{"A=\"b \"  \n", "A=b "},
		{"A=b\\\nc\n", "A=bc"},
		{"A=\"b\nc\"\n", "A=b\nc"},
		{"A=\"b\\\nc\"\n", "A=bc"},
		{"A=a\\\"b\n", "A=a\"b"},
		{"no equals\nA=1\n", "A=1"},
		{"A=--label='x y' --debug\n", "A=--label='x y' --debug"},
		{"A=it's rack 7\nB=c\n", "A=it's rack 7|B=c"},
		{"A=\"a\"  'b'\n", "A=ab"},
		{"A=\"a\" b 'c' \n", "A=ab 'c'"},
		{"A=\"\\n\\$\\`\\\\\\\"\"\n", "A=\\n$`\\\""},
		{"A=\"unfinished", "A=unfinished"},
		{"A=\\", "A="},
		{"A=b \\\n \nB=c", "A=b |B=c"},
		{"=A='b\nC=d\n'", "=A=b\nC=d\n"},
		{"# note \\\nA=b\nC=d", "C=d"},
		{"A=\xe4\n", "not UTF-8"},
		{"A=\xc3\xa4\n#\xe4", "A=\xc3\xa4"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *have = read_all(rows[i].text, true);

		assert_string_equal(have, rows[i].want);
	}
}

static void test_comment_since_254(void **state)
{
	CLEANUP(freep) char *have = read_all("#\\\nA=b\n# \\x \\\\\nC=d", false);

	assert_string_equal(have, "A=b|C=d");
}

static void test_value(void **state)
{
	static const char *const rows[][2] = {
		{"\"-D -l 'info'\"", "-D -l 'info'"}, {"a 'b'", "a 'b'"}, {"", ""}, {"\xe4", NULL}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *have = environment_file_value(rows[i][0]);

		if (rows[i][1])
			assert_string_equal(have, rows[i][1]);
		else
			assert_null(have);
	}
}

/* The installed systemd's own functions, or of the library that SYSTEMD_SHARED names. */
struct systemd {
	int (*load)(FILE *f, const char *name, char ***ret);
	int (*split)(char ***ret, const char *text, const char *separators, int flags);
	bool joins;
};

static bool open_systemd(struct systemd *ret)
{
	const char *path = getenv("SYSTEMD_SHARED");
	glob_t found = {0};
	void *library = NULL;

	if (!path && glob("/usr/lib/*/systemd/libsystemd-shared-*.so", 0, NULL, &found) == 0)
		path = found.gl_pathv[0];
	if (path) {
		const char *version = strstr(path, "shared-");

		ret->joins = version && atoi(version + strlen("shared-")) < 254;
		library = dlopen(path, RTLD_NOW);
	}
	globfree(&found);
	if (!library)
		return false;
	*(void **)&ret->load = dlsym(library, "load_env_file");
	*(void **)&ret->split = dlsym(library, "strv_split_full");
	return ret->load && ret->split;
}

/* A text of what has a meaning, and of little that has none. */
static char *random_text(const char *alphabet, unsigned *seed)
{
	size_t n = (size_t)rand_r(seed) % 24;
	char *text = xcalloc(n + 1, 1);

	for (size_t i = 0; i < n; i++)
		text[i] = alphabet[(size_t)rand_r(seed) % strlen(alphabet)];
	text[n] = '\0';
	return text;
}

/* What systemd gave, as one text; it is freed. */
static char *join_and_free(char **list)
{
	CLEANUP(strv_clear) struct strv all = {0};

	for (char **p = list; p && *p; p++) {
		strv_add(&all, *p);
		free(*p);
	}
	free(list);
	return strv_join(&all, "|");
}

static void compare_file(const struct systemd *s, const char *text)
{
	CLEANUP(freep) char *have = read_all(text, s->joins), *want = NULL;
	CLEANUP(freep) char *copy = xstrdup(text);
	FILE *f = *text ? fmemopen(copy, strlen(copy), "r") : NULL;
	char **list = NULL;

	if (!f)
		return;
	s->load(f, "f", &list);
	fclose(f);
	want = join_and_free(list);
	if (strcmp(have, want) != 0)
		fail_msg("<%s>: <%s>, systemd <%s>", text, have, want);
}

static void compare_words(const struct systemd *s, const char *text)
{
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *have = NULL, *want = NULL;
	char **list = NULL;

	command_line_split_value(text, &words);
	have = strv_join(&words, "|");
	s->split(&list, text, " \t\n\r", RELAX_UNQUOTE);
	want = join_and_free(list);
	if (strcmp(have, want) != 0)
		fail_msg("<%s>: <%s>, systemd <%s>", text, have, want);
}

static void test_against_systemd(void **state)
{
	struct systemd s = {0};
	unsigned seed = 7;

	if (!open_systemd(&s))
		SKIP_BECAUSE("no libsystemd-shared with load_env_file() here");
	for (size_t i = 0; i < ROUNDS; i++) {
		CLEANUP(freep) char *value = random_text("ab'\"\\ \t\n\r$`#;n=", &seed);
		CLEANUP(freep) char *comment = random_text("a\\ \n#'", &seed);
		CLEANUP(freep) char *text = xasprintf("X=%s\n#%s\nY=1\n", value, comment);
		CLEANUP(freep) char *open = xasprintf("X=%s", value);

		compare_file(&s, text);
		compare_file(&s, open);
		compare_words(&s, value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_comment_since_254),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_against_systemd),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
