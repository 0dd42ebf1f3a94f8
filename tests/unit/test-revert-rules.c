/* An audit rule on the way back: what a rule file of others has by now stays loaded, and is named. */

#include "tests/test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
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

static void apply(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	edits_add(&edits, "c", OURS, subj("text:all"), NULL, RULE);
	effect_bring(
		effects_add(&effects, "c", HANDLER_AUDIT_RULES, subj("rule:" RULE), NULL, "loaded"),
		OURS, subj("text:all"));
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "c")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	plan_clear(&b->plan);
}

static void one(struct bench *b, size_t row)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *path = xasprintf(DIRECTORY "/%s", rows[row].name);
	bool named = false;

	mkdirat(b->temp->fd, "etc/audit", 0755);
	mkdirat(b->temp->fd, &DIRECTORY[1], 0755);
	apply(b);
	strv_add(&b->facts.audit.kernel_rules, RULE);
	if (rows[row].text)
		temp_directory_write(b->temp, path + 1, rows[row].text);
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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
