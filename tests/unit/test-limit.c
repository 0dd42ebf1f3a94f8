#include "tests/test.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define OURS "/etc/security/limits.d/60-harden.conf"
#define LATER "/etc/security/limits.d/90-site.conf"
#define FIRST "/etc/security/limits.conf"

/* What the files say, what it comes to for at most 10, and where it is fixed. */
static void test_rows(void **state)
{
	static const struct {
		const char *first, *ours, *later;
		enum verdict verdict;
		const char *file;
	} rows[] = {
		{"", NULL, NULL, VERDICT_FAIL, OURS},
		{"* hard nofile 10\n", NULL, NULL, VERDICT_PASS, NULL},
		{"* - nofile 9\n", NULL, NULL, VERDICT_PASS, NULL},
		{"* hard nofile 11\n", NULL, NULL, VERDICT_FAIL, OURS},
		{"* hard nofile unlimited\n", NULL, NULL, VERDICT_FAIL, OURS},
		{"* hard nofile -1\n", NULL, NULL, VERDICT_FAIL, OURS},
		{"* soft nofile 1\nbob hard nofile 1\n", NULL, NULL, VERDICT_FAIL, OURS},
		{"* hard nofile 99\n", "* hard nofile 10\n", NULL, VERDICT_PASS, NULL},
		{"", "* hard nofile 10\n", "* hard nofile 99\n", VERDICT_FAIL, LATER},
		{"", "* hard nofile 99\n", "* hard nofile 5\n", VERDICT_PASS, NULL},
		{"* -\n", NULL, NULL, VERDICT_NOT_MEASURED, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(want, &module_limit, "domain=* item=nofile value=10 type=hard");
		CLEANUP(fake_view_clear) struct fake_view f;

		fake_view_init(&f);
		fake_dir(&f, "/etc/security/limits.d", 0755);
		fake_file(&f, FIRST, 0644, rows[i].first);
		if (rows[i].ours)
			fake_file(&f, OURS, 0644, rows[i].ours);
		if (rows[i].later)
			fake_file(&f, LATER, 0644, rows[i].later);
		fake_diff(&f, &module_limit, want, &d);
		if (d.verdict != rows[i].verdict || (d.edits.count > 0) != (rows[i].file != NULL))
			fail_msg("row %zu: %s (%s)", i, verdict_to_string(d.verdict), d.reason);
		if (rows[i].file)
			assert_edit(&d, rows[i].file, "limit:* hard nofile", "10");
		if (rows[i].file)
			fake_converges(&f, &module_limit, want, &d, NULL);
	}
}

/* Both types where none is named; nothing where pam_limits is not there. */
static void test_both_or_none(void **state)
{
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(delta_clear) struct delta d = {0}, none = {0};
	DESIRED(want, &module_limit, "domain=bob item=core value=0");

	fake_view_init(&f);
	fake_diff(&f, &module_limit, want, &none);
	assert_verdict(&none, VERDICT_NOT_APPLICABLE);
	fake_file(&f, FIRST, 0644, "");
	fake_diff(&f, &module_limit, want, &d);
	assert_edit(&d, OURS, "limit:bob hard core", "0");
	assert_edit(&d, OURS, "limit:bob soft core", "0");
	assert_int_equal(d.edits.count, 2);
	assert_int_equal(d.effects.count, 0);
}

static void test_check(void **state)
{
	static const char *const wrong[] = {
		"domain=a#b item=core value=0",       "domain=* item=nice value=0",
		"domain=* item=core value=unlimited", "domain=* item=core value=-1",
		"domain=* item=core value=0 type=-",  "domain=* item=core value=0 file=/etc/x.conf",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		DESIRED(want, &module_limit, wrong[i]);

		assert_int_equal(module_limit.check(want, NULL), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_both_or_none),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
