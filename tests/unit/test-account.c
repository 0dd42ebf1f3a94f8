#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/common/account.h"
#include "tests/unit/fake-view.h"

static void test_ids(void **state)
{
	static const struct {
		const char *name;
		int found;
		uid_t id;
	} rows[] = {
		{"root", 1, 0}, {"bob", 1, 1001},     {"bo", 0, 0},     {"bobby", 1, 1002},
		{"42", 1, 42},  {"none", 0, 0},       {"broken", 0, 0}, {"", 0, 0},
		{"huge", 0, 0}, {"4294967295", 0, 0}, {"hidden", 0, 0},
	};
	CLEANUP(fake_view_clear) struct fake_view f;

	fake_view_init(&f);
	/* whatever the file says of root */
	fake_file(&f, "/etc/passwd", 0644,
		  "root:x:7:7::/:\nbobby:x:1002:1::/:\nbob:x:1001:1::/:\nbroken:x\n"
		  "#hidden:x:5:5::/:\nhuge:x:4294967295:1::/:\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uid_t id = 0;

		if (account_uid(&f.view, rows[i].name, &id, NULL) != rows[i].found)
			fail_msg("'%s'", rows[i].name);
		assert_int_equal(id, rows[i].id);
	}
}

static void test_unreadable_and_missing(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	gid_t gid = 9;

	fake_view_init(&f);
	assert_int_equal(account_gid(&f.view, "docker", &gid, &err), 0); /* no file, no groups */
	fake_file(&f, "/etc/group", 0, "docker:x:5:\n");
	fake_unreadable(&f, "/etc/group", -EACCES);
	assert_int_equal(account_gid(&f.view, "docker", &gid, &err), -EACCES);
	assert_non_null(strstr(error_text(&err), "/etc/group"));
	assert_int_equal(account_gid(&f.view, "root", &gid, NULL), 1);
	assert_int_equal(gid, 0);
}

static void test_fields(void **state)
{
	CLEANUP(freep) char *first = account_field("a::c", 0);
	CLEANUP(freep) char *empty = account_field("a::c", 1);
	CLEANUP(freep) char *last = account_field("a::c", 2);

	assert_string_equal(first, "a");
	assert_string_equal(empty, "");
	assert_string_equal(last, "c");
	assert_null(account_field("a::c", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_unreadable_and_missing),
		cmocka_unit_test(test_fields),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
