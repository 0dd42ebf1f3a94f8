#include "engine/format/format.h"

#include <errno.h>

#include "tests/subject-text.h"
#include "tests/unit/format-case.h"

static void test_find(void **state)
{
	for (int i = SCHEME_NONE; i < SCHEME_COUNT; i++) {
		struct subject s = subject_of((enum scheme)i, "/x");
		const struct format *f = format_find(s);

		assert_int_equal(f != NULL, subject_is_content(s));
		assert_true(!f || (f->get && f->set));
	}
}

static int get_text(const struct buf *text, const char *subject, char **ret_value,
		    struct error *err)
{
	return format_get(text, subj(subject), ret_value, err);
}

static int set_text(struct buf *text, const char *subject, const char *value, struct error *err)
{
	return format_set(text, subj(subject), value, err);
}

static void test_get_and_set(void **state)
{
	static const struct get_case gets[] = {
		{"{\"icc\":1}", "json:/icc", 1, "1"},
		{"a=1\n", "kv:a", 1, "1"},
		{"a:1\n", "entry:a", 1, "a:1"},
		{"{}", "mode", -EINVAL, NULL},
	};
	static const struct set_case sets[] = {
		{"{\"icc\":1}", "json:/icc", "2", "{\"icc\":2}", 0},
		{"[A]\nb=1\n", "unit:A/b", NULL, "[A]\n", 0},
		{"g:x:1:\n", "member:g/b", "member", "g:x:1:b\n", 0},
		{"{}", "mode", "0644", NULL, -EINVAL},
	};

	RUN_GET(get_text, gets);
	RUN_SET(set_text, sets);
}

static void test_same(void **state)
{
	assert_true(format_same(subj("json:/a"), "{\"a\":1}", "{ \"a\" : 1 }"));
	assert_false(format_same(subj("json:/a"), "1", NULL));
	assert_true(format_same(subj("json:/a"), NULL, NULL));
	assert_true(format_same(subj("kv:a"), "1 2", "1\t2"));
	assert_true(format_same(subj("rule:x"), "-w /a -p wa", "-w /a -p aw"));
	assert_false(format_same(subj("unit:A/b"), "1 2", "1  2"));
	assert_true(format_same(subj("mode"), "0644", "0644"));
	assert_false(format_same(subj("mode"), "0644", "0600"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_get_and_set),
		cmocka_unit_test(test_same),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
