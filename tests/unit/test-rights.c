/* Rights entry by entry and bit by bit: what others did stays, what is ours goes. */

#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/plan/rights.h"

struct row {
	const char *base, *other, *ours, *result; /* "0644", "0640 user::rw-,..." */
};

static struct node parse(const char *text)
{
	struct node n = {.kind = NODE_FILE};
	char *end;

	n.mode = (mode_t)strtoul(text, &end, 8);
	n.acl = *end ? xstrdup(end + 1) : NULL;
	return n;
}

static void test_steps_of_others(void **state)
{
	static const struct row rows[] = {
		/* nobody did anything; only we; only they */
		{"0644", "0644", "0666", "0666"},
		{"0644", "0600", "0644", "0600"},
		/* they closed one bit, we give back two others */
		{"0655", "0651", "0677", "0673"},
		/* whom they shut out gets nothing back that we took from him */
		{"0644", "0604", "0666", "0606"},
		{"0644", "0750", "0777", "0770"},
		/* special bits are bits like any other */
		{"0755", "2755", "4755", "6755"},
		/* an entry of theirs stays, and does not keep what we closed */
		{"0644", "0644 user::rw-,user:7:r--,group::r--,mask::r--,other::r--", "0666",
		 "0666 user::rw-,user:7:r--,group::rw-,mask::rw-,other::rw-"},
		/* a mask that they narrowed themselves stays narrow */
		{"0644", "0604 user::rw-,user:7:r--,group::r--,mask::---,other::r--", "0666",
		 "0606 user::rw-,user:7:r--,group::rw-,mask::---,other::rw-"},
		/* they took the list away: what we closed in it is gone, the rest comes back */
		{"0644 user::rw-,user:7:r--,group::r--,mask::r--,other::r--", "0644",
		 "0666 user::rw-,user:7:rw-,group::r--,mask::rw-,other::rw-", "0646"},
		/* an entry of ours and one of theirs in one list */
		{"0654 user::rw-,user:7:r-x,group::r-x,mask::r-x,other::r--",
		 "0654 user::rw-,user:7:r-x,user:8:r--,group::r-x,mask::r-x,other::r--",
		 "0674 user::rw-,user:7:rwx,group::r-x,mask::rwx,other::r--",
		 "0674 user::rw-,user:7:rwx,user:8:r--,group::r-x,mask::rwx,other::r--"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(node_clear) struct node base = parse(rows[i].base);
		CLEANUP(node_clear) struct node other = parse(rows[i].other);
		CLEANUP(node_clear) struct node ours = parse(rows[i].ours);
		CLEANUP(freep) char *is = NULL;

		rights_follow(&base, &other, &ours);
		is = xasprintf("%04o%s%s", (unsigned)ours.mode, ours.acl ? " " : "",
			       ours.acl ? ours.acl : "");
		assert_string_equal(is, rows[i].result);
	}
	(void)state;
}

/* Three resources of one control, each for the mode that it found: none gives back what one took. */
static void test_a_mode_only_narrows(void **state)
{
	CLEANUP(freep) char *first = rights_mode("0777", "0644", "0777");
	CLEANUP(freep) char *second = rights_mode("0777", "0755", first);
	CLEANUP(freep) char *undone = rights_mode("0644", "0777", second);

	(void)state;
	assert_string_equal(first, "0644");
	assert_string_equal(second, "0644");
	assert_string_equal(undone, "0777");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps_of_others),
		cmocka_unit_test(test_a_mode_only_narrows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
