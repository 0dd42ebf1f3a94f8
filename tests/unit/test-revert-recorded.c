/*
 * A mode that somebody changed, and gave an access list besides: kept by a first rollback, it goes back to
 * what was recorded by a second one that is told to. What that says is so then, and nothing is left to advise.
 */

#include "tests/test.h"

#include <string.h>
#include <sys/acl.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/host/read/acl-text.h"
#include "engine/plan/image.h"
#include "rollback/history-left.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

static const struct {
	mode_t mode;
	const char *acl; /* NULL: none */
	const char *then; /* after all */
} rows[] = {
	{0600, NULL, NULL},
	{0600, "user::rw-,user:1:rw-,group::---,mask::rw-,other::---",
	 "user::rw-,user:1:rw-,group::rw-,mask::rw-,other::rw-"},
	{0640, "user::rw-,user:1:r--,group::r--,mask::r--,other::---",
	 "user::rw-,user:1:r--,group::rw-,mask::rw-,other::rw-"},
	{0700, "user::rwx,user:1:---,group::---,mask::---,other::---",
	 "user::rwx,user:1:---,group::rw-,mask::rw-,other::rw-"},
	/* what a mask hid of a name's own comes to light by nothing of ours */
	{0600, "user::rw-,user:1:rwx,group::r--,mask::---,other::---",
	 "user::rw-,user:1:---,group::rw-,mask::rw-,other::rw-"},
};

static void apply(struct bench *b, char **ret_id)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	assert_int_equal(fchmodat(b->temp->fd, &FILE_PATH[1], 0666, 0), 0);
	edits_add(&edits, "m", FILE_PATH, subj("mode"), "0666", "0644");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "m")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	*ret_id = xstrdup(result.id);
	plan_clear(&b->plan);
}

static void change(const struct bench *b, size_t i)
{
	CLEANUP(freep) char *path = xasprintf("%s%s", b->temp->path, FILE_PATH);
	CLEANUP(acl_freep) acl_t acl = NULL;

	assert_int_equal(chmod(path, rows[i].mode), 0);
	if (!rows[i].acl)
		return;
	assert_int_equal(acl_text_to_acl(rows[i].acl, &acl, NULL), 0);
	assert_int_equal(acl_set_file(path, ACL_TYPE_ACCESS, acl), 0);
}

static void undo(struct bench *b, const char *id, enum on_conflict on_conflict, size_t changes)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};

	assert_int_equal(bench_plan_rollback_of(b, id, NULL, on_conflict, &conflicts), 0);
	assert_int_equal(conflicts.count > 0, 1);
	assert_int_equal(b->plan.nchanges, changes);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
	plan_clear(&b->plan);
}

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv left = {0};
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(image_clear) struct image now = {0};
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(freep) char *id = NULL;
	struct stat st;

	print_message("# row %zu\n", i);
	apply(b, &id);
	change(b, i);
	assert_int_equal(fstatat(b->temp->fd, &FILE_PATH[1], &st, 0), 0);
	undo(b, id, CONFLICT_KEEP, 0);
	assert_int_equal(mode_of(b, FILE_PATH), st.st_mode & 07777);
	undo(b, id, CONFLICT_BEFORE, 1);
	assert_int_equal(mode_of(b, FILE_PATH) & 0666, 0666);
	assert_int_equal(root_walk(&b->temp->root, FILE_PATH, &walk, NULL), 0);
	assert_int_equal(image_observe(&walk, false, &now, NULL), 0);
	if (strcmp_null(now.node.acl, rows[i].then) != 0)
		fail_msg("'%s'", now.node.acl);
	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	history_left(&h, &b->temp->root, &left);
	assert_int_equal(left.count, 0);
}

static void test_rows(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
