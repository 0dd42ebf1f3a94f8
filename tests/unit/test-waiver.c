#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/waiver.h"

#define HEAD "waivers:\n  - control: a.b\n    owner: me\n    reason: why\n"

static int parse(struct waivers *w, const char *yaml, struct error *err)
{
	return waivers_parse(w, "w.yaml", yaml, strlen(yaml), err);
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *yaml, *message;
	} cases[] = {
		{HEAD, "w.yaml:2:5: missing key 'until' in waiver"},
		{HEAD "    until: 2027-13-01\n",
		 "w.yaml:5:12: 'until' must be a day such as 2027-01-31"},
		{HEAD "    until: 2027-02-29\n", "w.yaml:5:12: 'until' must be a day"},
		{HEAD "    until: 2027-1-1\n", "w.yaml:5:12: 'until' must be a day"},
		{HEAD "    until: 2027-01-01T\n", "w.yaml:5:12: 'until' must be a day"},
		{HEAD "    until: never\n", "w.yaml:5:12: 'until' must be a day"},
		{HEAD "    until: 2027-01-01\n    by: x\n",
		 "w.yaml:6:5: unknown key 'by' in waiver"},
		{"waivers:\n  - control: a.b\n    owner: ' '\n    reason: r\n    until: "
		 "2027-01-01\n",
		 "w.yaml:3:12: 'owner' is empty"},
		{"waivers: x\n", "w.yaml:1:10: 'waivers' must be a list"},
		{"waiver: []\n",
		 "w.yaml:1:1: unknown key 'waiver' in waiver file; did you mean 'waivers'?"},
		{"{}\n", "w.yaml:1:1: missing key 'waivers' in waiver file"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(waivers_clear) struct waivers w = {0};
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(parse(&w, cases[i].yaml, &err), -EINVAL);
		if (!strstr(error_text(&err), cases[i].message))
			fail_msg("'%s' is not '%s'", error_text(&err), cases[i].message);
	}
}

static void test_last_one_counts_and_ends(void **state)
{
	CLEANUP(waivers_clear) struct waivers w = {0};
	CLEANUP(error_clear) struct error err = {0};
	const struct waiver *found;

	assert_int_equal(parse(&w, HEAD "    until: 2027-01-01\n", &err), 0);
	assert_int_equal(parse(&w, HEAD "    until: 2028-02-29\n", &err), 0);
	found = waivers_find(&w, "a.b", "2026-12-31");
	assert_string_equal(found->until, "2028-02-29");
	assert_false(waiver_has_ended(found, "2028-02-28"));
	assert_false(waiver_has_ended(found, "2028-02-29"));
	assert_true(waiver_has_ended(found, "2028-03-01"));
	assert_null(waivers_find(&w, "a.c", "2026-12-31"));
	assert_null(waivers_find(NULL, "a.b", "2026-12-31"));
}

/* The last days of waivers for one control, as they are read, and that of the one that counts on a day. */
static void test_ended_one_hides_none(void **state)
{
	static const struct {
		const char *until[3], *today, *counts;
	} rows[] = {
		{{"2027-01-01", "2026-01-01"}, "2026-06-01", "2027-01-01"},
		{{"2026-01-01", "2027-01-01"}, "2026-06-01", "2027-01-01"},
		{{"2027-01-01", "2028-01-01"}, "2026-06-01", "2028-01-01"},
		{{"2028-01-01", "2027-01-01"}, "2026-06-01", "2027-01-01"},
		{{"2025-01-01", "2027-01-01", "2026-01-01"}, "2026-06-01", "2027-01-01"},
		{{"2026-01-01", "2025-01-01"}, "2026-06-01", "2026-01-01"},
		{{"2026-06-01", "2025-01-01"}, "2026-06-01", "2026-06-01"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(waivers_clear) struct waivers w = {0};

		for (size_t k = 0; k < 3 && rows[i].until[k]; k++) {
			CLEANUP(freep)
			char *text = xasprintf(HEAD "    until: %s\n", rows[i].until[k]);

			assert_int_equal(parse(&w, text, NULL), 0);
		}
		assert_string_equal(waivers_find(&w, "a.b", rows[i].today)->until, rows[i].counts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_last_one_counts_and_ends),
		cmocka_unit_test(test_ended_one_hides_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
