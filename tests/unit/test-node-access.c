#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/common/node-access.h"

#define LIST "user::rwx,user:7:r-x,user:8:rwx,group::r--,group:70:-w-,mask::r-x,other::--x"

/* The inode is 5:50's. */
static const struct {
	mode_t mode;
	const char *acl;
	unsigned uid, gid;
	const char *may;
} rows[] = {
	{0750, NULL, 5, 9, "rwx"},
	{0750, NULL, 6, 50, "r-x"},
	{0750, NULL, 6, 9, "---"},
	{0755, NULL, 6, 9, "r-x"},
	/* who owns it has no more than the owner, whatever others have */
	{0077, NULL, 5, 50, "---"},
	{0707, NULL, 6, 50, "---"},
	{01777, NULL, 6, 9, "rwx"},
	/* root has no power here of its own */
	{0700, NULL, 0, 0, "---"},
	{0755, LIST, 5, 9, "rwx"},
	{0755, LIST, 7, 9, "r-x"},
	{0755, LIST, 8, 9, "r-x"}, /* by the mask */
	{0755, LIST, 7, 70, "r-x"}, /* a name before a group */
	{0755, LIST, 6, 50, "r--"},
	{0755, LIST, 6, 70, "---"}, /* masked, and not those of others */
	{0755, LIST, 6, 9, "--x"},
	{0755, "user::rwx,group::---,other::rw-", 6, 9, "rw-"},
	{0777, "nonsense", 5, 50, "---"},
	{0777, "user::rwx,user:seven:rwx,other::rwx", 6, 50, "---"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(node_clear)
		struct node n = {.kind = NODE_FILE,
				 .mode = rows[i].mode,
				 .uid = 5,
				 .gid = 50,
				 .acl = xstrdup_null(rows[i].acl)};
		unsigned may = node_access(&n, rows[i].uid, rows[i].gid);
		const char text[] = {may & ACCESS_READ ? 'r' : '-', may & ACCESS_WRITE ? 'w' : '-',
				     may & ACCESS_PASS ? 'x' : '-', '\0'};

		if (strcmp(text, rows[i].may) != 0)
			fail_msg("row %zu: %s", i, text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
