#include "engine/format/format.h"

#include <errno.h>

#include "tests/unit/format-case.h"

static void test_find(void **state)
{
	static const struct {
		const char *subject, *scheme, *key;
	} cases[] = {
		{"json:/icc", "json", "/icc"},
		{"unit:Service/ExecStart", "unit", "Service/ExecStart"},
		{"kv:a.b", "kv", "a.b"},
		{"entry:a", "entry", "a"},
		{"member:a/b", "member", "a/b"},
		{"rule:-w /a -p w", "rule", "-w /a -p w"},
		{"aug:Shellvars:A", "aug", "Shellvars:A"},
		{"mode", NULL, NULL},
		{"jso:/icc", NULL, NULL},
		{"jsonn:/icc", NULL, NULL},
		{"", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *key = NULL;
		const struct format *f = format_find(cases[i].subject, &key);

		assert_int_equal(f != NULL, cases[i].scheme != NULL);
		if (!f)
			continue;
		assert_string_equal(f->scheme, cases[i].scheme);
		assert_string_equal(key, cases[i].key);
		assert_ptr_equal(format_find(cases[i].subject, NULL), f);
	}
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

	RUN_GET(format_get, gets);
	RUN_SET(format_set, sets);
}

static void test_same(void **state)
{
	assert_true(format_same("json:/a", "{\"a\":1}", "{ \"a\" : 1 }"));
	assert_false(format_same("json:/a", "1", NULL));
	assert_true(format_same("json:/a", NULL, NULL));
	assert_true(format_same("kv:a", "1 2", "1\t2"));
	assert_true(format_same("rule:x", "-w /a -p wa", "-w /a -p aw"));
	assert_false(format_same("unit:A/b", "1 2", "1  2"));
	assert_true(format_same("mode", "0644", "0644"));
	assert_false(format_same("mode", "0644", "0600"));
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
