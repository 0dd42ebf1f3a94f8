/*
 * A file that somebody broke beside a secret, in each way that one byte can break it: what the
 * reader says of it repeats no part of the secret, however it is shown.
 */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/yaml-parse.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/format.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/secret.h"
#include "engine/plan/plan-json.h"

#define MARKER "S3CR3T4711"
#define PART 5 /* so many signs of it in a row are too many */

static int by_scheme(struct buf *text, const char *key, struct error *err)
{
	struct subject subject = {0};
	CLEANUP(freep) char *value = NULL;
	int r = subject_parse(key, &subject, err);

	if (r >= 0)
		r = format_get(text, subject, &value, err);
	if (r >= 0)
		r = format_set(text, subject, NULL, err);
	return r;
}

static int json_check(struct buf *text, const char *key UNUSED, struct error *err)
{
	return json_text_check(text, err);
}

static int daemon_check(struct buf *text, const char *version, struct error *err)
{
	return daemon_file_check(text, version, NULL, NULL, err);
}

static int saved_plan(struct buf *text, const char *name, struct error *err)
{
	CLEANUP(plan_clear) struct plan plan = {0};

	return plan_from_json(&plan, name, text, err);
}

static int yaml(struct buf *text, const char *name, struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = {0};

	return tree_parse(&tree, name, text->data, text->len, err);
}

static const struct {
	int (*read)(struct buf *text, const char *how, struct error *err);
	const char *how, *text;
} readers[] = {
	{by_scheme, "json:/log-opts/splunk-token",
	 "{\"log-opts\": {\"splunk-token\": \"" MARKER "\"}}"},
	{by_scheme, "unit:Service/SetCredential", "[Service]\nSetCredential=" MARKER "\n"},
	{by_scheme, "kv:net.site.password", "net.site.password = " MARKER "\n"},
	{by_scheme, "aug:Shellvars.lns:DB_PASSWORD", "DB_PASSWORD='" MARKER "'\n"},
	{by_scheme, "entry:password", "password:" MARKER ":0\n"},
	{json_check, NULL, "{\"log-opts\": {\"splunk-token\": \"" MARKER "\"}}"},
	{daemon_check, "20.10", "{\"log-opts\": {\"splunk-token\": \"" MARKER "\"}}"},
	{daemon_check, "28.5", "{\"log-opts\": {\"splunk-token\": \"" MARKER "\"}}"},
	{saved_plan, "saved.plan", "{\"format_version\": \"1\", \"password\": \"" MARKER "\"}"},
	{yaml, "site.yaml", "site:\n  password: \"" MARKER "\"\n"},
};

static void expect_untold(const char *said, const char *name, const char *text)
{
	for (size_t i = 0; i + PART < strlen(MARKER); i++) {
		char part[PART + 1] = {0};

		memcpy(part, &MARKER[i], PART);
		if (strstr(said, part))
			fail_msg("%s: '%s' of '%s'", name, said, text);
	}
}

/* Returns whether the reader refused it. */
static bool look(size_t reader, const struct buf *text)
{
	CLEANUP(buf_clear) struct buf own = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *shown = NULL;
	bool refused;

	buf_append(&own, text->data, text->len);
	refused = readers[reader].read(&own, readers[reader].how, &err) < 0;
	shown = secret_hide(error_text(&err));
	if (refused)
		expect_untold(shown, readers[reader].how ? readers[reader].how : "json",
			      buf_str(text));
	return refused;
}

/* The text with `put` in place of the `n` bytes at `at`. */
static bool look_at_broken(size_t reader, size_t at, size_t n, const char *put)
{
	CLEANUP(buf_clear) struct buf text = {0};
	const char *whole = readers[reader].text;

	buf_append(&text, whole, at);
	buf_puts(&text, put);
	buf_puts(&text, whole + at + n);
	return look(reader, &text);
}

static void test_no_reader_tells(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		size_t len = strlen(readers[i].text), refused = 0;

		for (size_t at = 0; at < len; at++) {
			refused += look_at_broken(i, at, 1, "");
			refused += look_at_broken(i, at, len - at, "");
			refused += look_at_broken(i, at, 0, "\n");
			refused += look_at_broken(i, at, 0, "\"");
			refused += look_at_broken(i, at, 0, "\x01");
			refused += look_at_broken(i, at, 0, "\xff");
		}
		if (strchr(readers[i].text, '{')) /* or there was nothing to search */
			assert_true(refused > len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_reader_tells),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
