/* What opens something that another value does not, of modes and of access lists. */

#include "tests/test.h"

#include "rollback/loosened.h"
#include "tests/subject-text.h"

static const struct {
	const char *subject, *has, *wanted;
	bool loose;
} rows[] = {
	{"mode", "0772", "0750", true},
	{"mode", "0750", "0750", false},
	{"mode", "0700", "0750", false},
	{"mode", "4750", "0750", true},
	{"mode", NULL, "0750", false}, /* it is gone */
	{"mode", "0750", NULL, false},
	{"owner", "root", "www-data", false},
	{"json:/icc", "true", "false", false},
	{"acl", "user::rwx,user:7:rw-,group::r-x,mask::rwx,other::---",
	 "user::rwx,user:7:r--,group::r-x,mask::r-x,other::---", true},
	{"acl", "user::rwx,user:7:r--,group::r-x,mask::r-x,other::---",
	 "user::rwx,user:7:rw-,group::r-x,mask::rwx,other::---", false},
	{"acl", "user::rwx,user:8:r--,group::r-x,mask::r-x,other::---",
	 "user::rwx,user:7:r--,group::r-x,mask::r-x,other::---", true},
	{"acl", "user::rwx,user:7:r--,group::r-x,mask::r-x,other::---", NULL, true},
	{"acl", NULL, "user::rwx,user:7:r--,group::r-x,mask::r-x,other::---", false},
	{"default-acl", "user::rwx,group::rwx,other::r-x", "user::rwx,group::r-x,other::r-x", true},
};

static void test_each(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (loosened(subj(rows[i].subject), rows[i].has, rows[i].wanted) != rows[i].loose)
			fail_msg("row %zu: %s %s, wanted %s", i, rows[i].subject,
				 rows[i].has ? rows[i].has : "-",
				 rows[i].wanted ? rows[i].wanted : "-");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_each)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
