#include "tests/test.h"

#include "engine/base/macros.h"
#include "engine/model/edit.h"
#include "tests/subject-text.h"

static void test_add_owns_its_strings(void **state)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	char value[] = "false";
	struct edit *edit = edits_add(&edits, "daemon.icc", "/etc/docker/daemon.json",
				      subj("json:/icc"), NULL, value);

	value[0] = 'F';
	assert_int_equal(edits.count, 1);
	assert_string_equal(edit->control, "daemon.icc");
	assert_string_equal(edit->path, "/etc/docker/daemon.json");
	assert_true(subject_equal(edit->subject, subj("json:/icc")));
	assert_null(edit->before);
	assert_string_equal(edit->after, "false");
	assert_false(edit->sensitive);
}

static void test_copy_shares_nothing(void **state)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(edit_clear) struct edit copy = {0};
	struct edit *edit = edits_add(&edits, "c", "/x", subj("mode"), "0666", "0644");

	edit->sensitive = true;
	edit_copy(&copy, edit);
	edit->after[1] = '7';
	assert_string_equal(copy.control, "c");
	assert_string_equal(copy.path, "/x");
	assert_true(subject_equal(copy.subject, subj("mode")));
	assert_string_equal(copy.before, "0666");
	assert_string_equal(copy.after, "0644");
	assert_true(copy.sensitive);
	edit_copy(&copy, &copy); /* copies before it clears */
	assert_string_equal(copy.after, "0644");
}

static void test_content_or_attribute(void **state)
{
	static const struct {
		const char *subject;
		bool content;
	} rows[] = {
		{"exists", false},   {"mode", false},
		{"owner", false},    {"group", false},
		{"acl", false},      {"default-acl", false},
		{"json:/icc", true}, {"unit:Service/ExecStart", true},
		{"rule:a", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(edits_clear) struct edits edits = {0};

		edits_add(&edits, NULL, "/x", subj(rows[i].subject), NULL, NULL);
		assert_int_equal(edit_is_content(&edits.items[0]), rows[i].content);
	}
}

static void test_clear_twice(void **state)
{
	struct edits edits = {0};

	edits_add(&edits, "a", "/a", subj("mode"), NULL, "0644");
	edits_add(&edits, "b", "/b", subj("mode"), NULL, "0644");
	edits_clear(&edits);
	edits_clear(&edits);
	edits_clear(NULL);
	edit_clear(NULL);
	assert_null(edits.items);
	assert_int_equal(edits.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_owns_its_strings),
		cmocka_unit_test(test_copy_shares_nothing),
		cmocka_unit_test(test_content_or_attribute),
		cmocka_unit_test(test_clear_twice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
