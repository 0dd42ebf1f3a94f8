#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/model/subject.h"

static void test_text_comes_back(void **state)
{
	static const struct {
		const char *text, *key;
		enum scheme scheme;
		bool content, link;
	} cases[] = {
		{"mode", "", SCHEME_MODE, false, false},
		{"default-acl", "", SCHEME_DEFAULT_ACL, false, false},
		{"link", "", SCHEME_LINK, false, true},
		{"exists", "", SCHEME_EXISTS, false, false},
		{"json:/icc", "/icc", SCHEME_JSON, true, false},
		{"json:", "", SCHEME_JSON, true, false},
		{"unit:Service/ExecStart", "Service/ExecStart", SCHEME_UNIT, true, false},
		{"aug:Shellvars.lns:A", "Shellvars.lns:A", SCHEME_AUG, true, false},
		{"rule:-w /a:b -k c:d", "-w /a:b -k c:d", SCHEME_RULE, true, false},
		{"docker:icc", "icc", SCHEME_DOCKER, false, false},
		{"chain:api", "api", SCHEME_CHAIN, false, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *printed = NULL;
		struct subject s = {0};

		assert_int_equal(subject_parse(cases[i].text, &s, NULL), 0);
		assert_int_equal(s.scheme, cases[i].scheme);
		assert_string_equal(s.key, cases[i].key);
		assert_int_equal(subject_is_content(s), cases[i].content);
		assert_int_equal(subject_is_link(s), cases[i].link);
		printed = subject_print(s);
		assert_string_equal(printed, cases[i].text);
	}
}

/* Each scheme has a name of its own, and its text leads back to it. */
static void test_each_scheme(void **state)
{
	for (int i = SCHEME_NONE + 1; i < SCHEME_COUNT; i++) {
		struct subject s, own = subject_of((enum scheme)i, i < SCHEME_JSON ? "" : "k:/x");
		CLEANUP(freep) char *printed = subject_print(own);

		assert_int_equal(subject_parse(printed, &s, NULL), 0);
		assert_true(subject_equal(s, own));
	}
}

static void test_refused(void **state)
{
	static const char *const texts[] = {"",       "none",  "none:",  "nope",   "nope:x",
					    ":",      ":x",    "mode:",  "mode:x", "json",
					    "docker", " mode", "JSON:/a"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(error_clear) struct error err = {0};
		struct subject s = {0};

		assert_int_equal(subject_parse(texts[i], &s, &err), -EINVAL);
		assert_int_equal(s.scheme, SCHEME_NONE);
		assert_non_null(strstr(error_text(&err), "no such kind of subject"));
	}
}

static void test_lists(void **state)
{
	CLEANUP(subjects_clear) struct subjects all = {0};
	char key[] = "/icc";

	subjects_add_once(&all, subject_of(SCHEME_JSON, key));
	subjects_add_once(&all, subject_of(SCHEME_JSON, "/icc"));
	subjects_add_once(&all, subject_path(SCHEME_MODE));
	key[1] = 'x'; /* it has its own copy */
	assert_int_equal(all.count, 2);
	assert_true(subjects_contain(&all, subject_of(SCHEME_JSON, "/icc")));
	assert_false(subjects_contain(&all, subject_of(SCHEME_AUG, "/icc")));
	assert_false(subjects_contain(&all, subject_path(SCHEME_ACL)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_comes_back),
		cmocka_unit_test(test_each_scheme),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
