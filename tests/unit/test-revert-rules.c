/* An audit rule on the way back: what a rule file of others has by now stays loaded, and is named. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/recover.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define DIRECTORY "/etc/audit/rules.d"
#define OURS DIRECTORY "/50-ours.rules"
#define RULE "-w /x -p wa -k x"

static const struct {
	const char *what, *name, *text; /* what others write meanwhile */
	bool stays;
} rows[] = {
	{"nothing", "10-site.rules", NULL, false},
	{"the same rule", "10-site.rules", "-D\n" RULE "\n", true},
	{"... by its calls", "10-site.rules", "-a always,exit -F path=/x -F perm=wa -F key=x\n",
	 true},
	{"another key", "10-site.rules", "-w /x -p wa -k y\n", false},
	{"another path", "10-site.rules", "-w /y -p wa -k x\n", false},
	{"as a comment", "10-site.rules", "# " RULE "\n", false},
	{"in a file that no boot reads", "10-site.rules.off", RULE "\n", false},
};

static void apply(struct bench *b, bool writes)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	struct effect *loads =
		effects_add(&effects, "c", HANDLER_AUDIT_RULES, subj("rule:" RULE), NULL, "loaded");

	mkdirat(b->temp->fd, "etc/audit", 0755);
	mkdirat(b->temp->fd, &DIRECTORY[1], 0755);
	edits_add(&edits, "c", OURS, subj("text:all"), NULL, writes ? RULE : "-D");
	if (writes)
		effect_bring(loads, OURS, subj("text:all"));
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "c")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	plan_clear(&b->plan);
}

static void plant(const struct bench *b, size_t row)
{
	CLEANUP(freep) char *path = xasprintf(DIRECTORY "/%s", rows[row].name);

	if (rows[row].text)
		temp_directory_write(b->temp, path + 1, rows[row].text);
}

static void one(struct bench *b, size_t row)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	bool named = false;

	apply(b, true);
	strv_add(&b->facts.audit.kernel_rules, RULE);
	plant(b, row);
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
	if ((plan_find_effect(&b->plan, subj("rule:" RULE)) == NULL) != rows[row].stays)
		fail_msg("%s: the rule is %s", rows[row].what,
			 rows[row].stays ? "unloaded" : "left");
	for (size_t i = 0; i < b->plan.checks.count; i++)
		named |= strstr(b->plan.checks.items[i].text,
				"stays loaded: '" DIRECTORY "/10-site.rules' has it") != NULL;
	assert_int_equal(named, rows[row].stays);
}

static void test_rows(void **state)
{
	(void)state;
	bench_each(one, ARRAY_SIZE(rows));
}

static int value_now(struct effector *e, struct subject subject, char **ret)
{
	(void)e, (void)subject, (void)ret;
	return -ENOTSUP;
}

/* Which way the run is undone by recovery, and whether it wrote a line for the rule. */
static bool other_boot, writes;

static void undo(struct bench *b, struct recovery *ret)
{
	CLEANUP(strv_clear) struct strv ids = {0};

	strv_clear(&b->stub.asked);
	assert_int_equal(state_transactions(&b->state, &ids, NULL), 0);
	if (other_boot)
		bench_break_off_before_boot(b);
	assert_int_equal(recover_taking_back(&b->state, &b->temp->root, &b->stub.base, ids.items[0],
					     ret, NULL),
			 0);
	assert_int_equal(ret->undone, 1);
}

/* One that others had loaded by their file alone is unloaded in the boot in which we loaded it. */
static void recovered(struct bench *b, size_t row)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *notes = NULL;
	struct effector_ops ops = *b->stub.base.ops;
	bool stays = rows[row].stays && (writes || other_boot);

	ops.value_now = value_now;
	b->stub.base.ops = &ops;
	b->confirm_usec = other_boot ? 0 : 60000000;
	apply(b, writes);
	plant(b, row);
	undo(b, &recovery);
	if (strv_contains(&b->stub.asked, "audit-rules -") == stays)
		fail_msg("%s, boot %d, line %d: the rule is %s", rows[row].what, other_boot, writes,
			 stays ? "unloaded" : "left");
	notes = strv_join(&recovery.notes, "; ");
	assert_int_equal(
		strstr(notes, "stays loaded: '" DIRECTORY "/10-site.rules' has it") != NULL, stays);
	assert_text(b, OURS, NULL);
}

static void test_recovery(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		other_boot = i & 1;
		writes = i & 2;
		bench_each(recovered, ARRAY_SIZE(rows));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
					   cmocka_unit_test(test_recovery)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
