#include "tests/test.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/format/subject-key.h"

static void test_pointers_are_made(void **state)
{
	CLEANUP(freep) char *top = json_pointer("icc", NULL);
	CLEANUP(freep) char *inner = json_pointer("a/b", "c~d");

	assert_string_equal(top, "/icc");
	assert_string_equal(inner, "/a~1b/c~0d");
}

static void test_pointers_are_split(void **state)
{
	static const struct {
		const char *pointer, *joined; /* NULL: it is not one */
	} rows[] = {
		{"", ""},
		{"/icc", "icc"},
		{"/log-opts/max-size", "log-opts|max-size"},
		{"/a~1b/c~0d", "a/b|c~d"},
		{"/", ""},
		{"/a//b", "a||b"},
		{"icc", NULL},
		{"/a~2", NULL},
		{"/a~", NULL},
		{"/\xff", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv names = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(freep) char *joined = NULL;
		int r = json_pointer_split(rows[i].pointer, &names, &err);

		assert_int_equal(r, rows[i].joined ? 0 : -EINVAL);
		assert_int_equal(err.text != NULL, r < 0);
		joined = strv_join(&names, "|");
		if (rows[i].joined)
			assert_string_equal(joined, rows[i].joined);
	}
}

static void test_parents_and_beginnings(void **state)
{
	CLEANUP(freep) char *parent = json_pointer_parent("/log-opts/max-size");

	assert_string_equal(parent, "/log-opts");
	assert_null(json_pointer_parent("/icc"));
	assert_null(json_pointer_parent(""));
	assert_true(json_pointer_begins("/log-opts/max-size", "log-opts"));
	assert_true(json_pointer_begins("/icc", "icc"));
	assert_false(json_pointer_begins("/icc-x", "icc"));
	assert_false(json_pointer_begins("", "icc"));
}

static void test_names_of_subjects(void **state)
{
	static const struct {
		enum scheme scheme;
		const char *key, *first, *setting;
	} rows[] = {
		{SCHEME_JSON, "/log-opts/max-size", "log-opts", "max-size"},
		{SCHEME_JSON, "/a~1b", "a/b", "a/b"},
		{SCHEME_JSON, "", NULL, NULL},
		{SCHEME_UNIT, "Service/ExecStart", NULL, "ExecStart"},
		{SCHEME_UNIT, "docker.service", NULL, NULL}, /* an effect's */
		{SCHEME_OVERRIDE, "/usr/bin/x", NULL, NULL},
		{SCHEME_DOCKER, "icc", NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct subject s = subject_of(rows[i].scheme, rows[i].key);
		CLEANUP(freep) char *first = subject_json_first(s), *setting = subject_setting(s);

		assert_int_equal(strcmp_null(first, rows[i].first), 0);
		assert_int_equal(strcmp_null(setting, rows[i].setting), 0);
	}
}

static void test_split(void **state)
{
	static const char *const none[] = {"docker", "/bob", "docker/", ""};
	CLEANUP(freep) char *part = NULL;
	const char *name = NULL;

	assert_true(subject_key_split("docker/bob", &part, &name));
	assert_string_equal(part, "docker");
	assert_string_equal(name, "bob");
	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		assert_false(subject_key_split(none[i], &part, &name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pointers_are_made),
		cmocka_unit_test(test_pointers_are_split),
		cmocka_unit_test(test_parents_and_beginnings),
		cmocka_unit_test(test_names_of_subjects),
		cmocka_unit_test(test_split),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
