#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/history-left.h"
#include "tests/unit/transaction-bench.h"

/* A member of a group comes back by a rollback, unless its account was deleted meanwhile. */

#define GROUP "/etc/group"
#define FULL "root:x:0:\ndocker:x:995:mail,bob\n"

static struct subject member(const char *name)
{
	static char key[64];

	snprintf(key, sizeof(key), "docker/%s", name);
	return subject_of(SCHEME_MEMBER, key);
}

static const struct row {
	const char *name;
	const char *passwd, *nsswitch; /* NULL: not there */
	const char *back; /* the group afterwards */
	const char *word; /* of what is said; NULL: nothing */
} rows[] = {
	{"both are there", "mail:x:8:8::/:\nbob:x:1000:1000::/:\n", "passwd: files systemd\n", FULL,
	 NULL},
	{"one was deleted", "mail:x:8:8::/:\nbobby:x:1000:1000::/:\n", "passwd: files systemd\n",
	 "root:x:0:\ndocker:x:995:mail\n", "bob stays out of the group in '" GROUP "'"},
	{"... and no nsswitch", "mail:x:8:8::/:\n", NULL, "root:x:0:\ndocker:x:995:mail\n",
	 "bob stays out"},
	{"... as far as local files tell", "mail:x:8:8::/:\n",
	 "group: files\npasswd:\tfiles [NOTFOUND=continue] sss # x\n", FULL,
	 "bob is in the group in '" GROUP "' again; whether"},
	{"comments are no sources", "mail:x:8:8::/:\n", "passwd: files # sss\n",
	 "root:x:0:\ndocker:x:995:mail\n", "bob stays out"},
	{"both were deleted", "root:x:0:0::/:\n", "passwd: compat\n", "root:x:0:\ndocker:x:995:\n",
	 "mail stays out"},
	{"accounts cannot be read", NULL, NULL, FULL, "bob is in the group"},
};

static void write_or_not(const struct bench *b, const char *path, const char *text)
{
	if (text)
		temp_directory_write(b->temp, path, text);
}

static char *all_checks(const struct plan_checks *checks)
{
	struct buf b = {0};

	for (size_t i = 0; i < checks->count; i++)
		buf_printf(&b, "%s\n", checks->items[i].text);
	return buf_take(&b);
}

/* Who has no account can never come back: nobody is advised to try. */
static void assert_nothing_left(const struct bench *b)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(strv_clear) struct strv left = {0};

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	history_left(&h, &b->temp->root, &left);
	assert_int_equal(left.count, 0);
}

static void test_row(const struct row *row)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *said = NULL;
	void *fresh = NULL;

	print_message("# %s\n", row->name);
	temp_directory_setup(&fresh);
	bench_open(&b, &fresh);
	temp_directory_write(b.temp, &GROUP[1], FULL);
	edits_add(&edits, "group", GROUP, member("mail"), "member", NULL);
	edits_add(&edits, "group", GROUP, member("bob"), "member", NULL);
	bench_compose(&b, &edits, &(struct effects){0});
	assert_int_equal(bench_run(&b, &applied), 0);
	assert_text(&b, GROUP, "root:x:0:\ndocker:x:995:\n");
	write_or_not(&b, "etc/passwd", row->passwd);
	write_or_not(&b, "etc/nsswitch.conf", row->nsswitch);
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	said = all_checks(&b.plan.checks);
	assert_true(row->word ? strstr(said, row->word) != NULL : b.plan.checks.count == 0);
	b.of = applied.id;
	assert_int_equal(bench_run(&b, &undone), 0);
	assert_text(&b, GROUP, row->back);
	assert_nothing_left(&b);
	temp_directory_teardown(&fresh);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		test_row(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
