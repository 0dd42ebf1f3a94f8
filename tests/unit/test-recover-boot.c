/*
 * Recovery in another boot than the one of the run: what that boot loaded into the kernel from files
 * that are put back now goes, too, and what cannot go is named.
 */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/recover.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define RULE "rule:-w /etc/docker -p wa -k docker"
#define SETTING "sysctl:kernel.one"
#define CHAIN "chain:api"
#define STATE "state:foo.service"

enum { WAS, APPLIED, OTHER, NONE };

static const struct {
	const char *what;
	int setting, chain; /* what the boot made of them */
	bool up; /* the unit, which the run had stopped */
	bool fails;
	const char *asked; /* of the handlers */
	const char *says; /* in a note, or NULL */
} rows[] = {
	{"the boot loaded all", APPLIED, APPLIED, false, false,
	 "audit-rules -, sysctl was, firewall was", "start foo.service"},
	{"the boot loaded all, and the unit", APPLIED, APPLIED, true, false,
	 "audit-rules -, sysctl was, firewall was", NULL},
	{"somebody set another value since", OTHER, OTHER, true, false, "audit-rules -", NULL},
	{"the boot has the values of before", WAS, WAS, true, false, "audit-rules -", NULL},
	{"there is no such setting, and no chain", NONE, NONE, true, false, "audit-rules -", NULL},
	{"the kernel does not give them up", APPLIED, APPLIED, true, true,
	 "audit-rules -, sysctl was, firewall was", "may be in force until the next one"},
};

static size_t row;

static int value_now(struct effector *e, struct subject subject, char **ret)
{
	static const char *const words[] = {"was", "applied", "theirs", NULL};
	int is = subject.scheme == SCHEME_CHAIN ? rows[row].chain : rows[row].setting;

	(void)e;
	if (subject.scheme == SCHEME_STATE)
		*ret = xstrdup(rows[row].up ? "active" : "inactive");
	else
		*ret = xstrdup_null(words[is]);
	return *ret != NULL;
}

static void apply(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	edits_add(&edits, "x", FILE_PATH, subj("json:/icc"), NULL, "false");
	effects_add(&effects, "x", HANDLER_AUDIT_RULES, subj(RULE), NULL, "loaded");
	effects_add(&effects, "x", HANDLER_SYSCTL, subj(SETTING), "was", "applied");
	effects_add(&effects, "x", HANDLER_FIREWALL, subj(CHAIN), "was", "applied");
	effects_add(&effects, "x", HANDLER_UNIT_STATE, subj(STATE), "active", "inactive");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "x")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	bench_break_off_before_boot(b);
	strv_clear(&b->stub.asked);
	b->stub.fail_from = rows[i].fails;
}

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *asked = NULL, *notes = NULL;
	struct effector_ops ops = *b->stub.base.ops;

	row = i;
	ops.value_now = value_now;
	b->stub.base.ops = &ops;
	apply(b, i);
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &recovery, NULL),
			 0);
	asked = strv_join(&b->stub.asked, ", ");
	notes = strv_join(&recovery.notes, "; ");
	if (strcmp(asked, rows[i].asked) != 0)
		fail_msg("%s: asked '%s'", rows[i].what, asked);
	if (rows[i].says ? !strstr(notes, rows[i].says) : strstr(notes, "boot may") != NULL)
		fail_msg("%s: said '%s'", rows[i].what, notes);
	assert_text(b, FILE_PATH, BEFORE);
}

static void test_what_the_boot_loaded(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

/* A chain that the run took away, with the file from which the boot would have loaded it: it comes again. */
static void test_what_the_boot_lacked(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(bench_close) struct bench b;
	struct effector_ops ops;

	bench_open(&b, state);
	row = 4;
	assert_int_equal(rows[row].chain, NONE);
	ops = *b.stub.base.ops;
	ops.value_now = value_now;
	b.stub.base.ops = &ops;
	edits_add(&edits, "x", FILE_PATH, subj("json:/icc"), NULL, "false");
	effects_add(&effects, "x", HANDLER_FIREWALL, subj(CHAIN), "rules", NULL);
	bench_compose(&b, &edits, &effects);
	assert_int_equal(bench_run(&b, &result), 0);
	bench_break_off_before_boot(&b);
	strv_clear(&b.stub.asked);
	assert_int_equal(recover(&b.state, &b.temp->root, &b.stub.base, false, &recovery, NULL), 0);
	assert_int_equal(b.stub.asked.count, 1);
	assert_string_equal(b.stub.asked.items[0], "firewall rules");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_boot_loaded),
		TEMP_DIRECTORY_TEST(test_what_the_boot_lacked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
