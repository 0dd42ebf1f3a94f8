/*
 * A setting of the kernel with a secret's name is a digest in the journal. Its value of before comes
 * back where a file of the plan had it, and is said to be lost where only the kernel did.
 */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define CONF "/etc/sysctl.conf"
#define SECRET "net.x.stable_secret"

static const struct {
	const char *name; /* of the setting */
	const char *file,
		*back; /* the line before; what the stub is asked to set again, or NULL: nothing */
	bool lost;
} rows[] = {
	{SECRET, SECRET " = one\n", "one", false},
	{SECRET, "", NULL, true},
	{SECRET, SECRET " = another\n", NULL, true},
	{"net.x.other", "", "one", false},
};

/* The setting is as it was applied. */
int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err);
int __wrap_sysctl_read(const char *name, char **ret_value, struct error *err)
{
	(void)name;
	(void)err;
	*ret_value = xstrdup("two");
	return 0;
}

static const struct effect *only_effect(const struct plan *plan)
{
	for (size_t k = 0; k < plan->nstages; k++)
		if (plan->stages[k].effects.count)
			return &plan->stages[k].effects.items[0];
	return NULL;
}

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0};
	CLEANUP(freep) char *key = xasprintf("kv:%s", rows[i].name);
	CLEANUP(freep) char *setting = xasprintf("sysctl:%s", rows[i].name);
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	const struct effect *e;

	temp_directory_write(b->temp, &CONF[1], rows[i].file);
	edits_add(&edits, "a", CONF, subj(key), NULL, "two");
	effects_add(&effects, "a", HANDLER_SYSCTL, subj(setting), "one", "two");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "a")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &applied), 0);
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
	e = only_effect(&b->plan);
	assert_non_null(e);
	if ((e->pending != NULL) != rows[i].lost)
		fail_msg("row %zu: %s", i, e->pending ? e->pending : "nothing is lost");
	if (rows[i].back)
		assert_string_equal(e->after, rows[i].back);
	else
		assert_null(strstr(e->after, "one")); /* a digest */
	assert_true(!rows[i].lost || strstr(e->pending, "not recorded"));
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
