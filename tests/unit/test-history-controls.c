/* Which controls the kept transactions have in force, whatever of the same another one undid. */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/history.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

/*
 * What is done, one after the other: "a", "b" and "ab" apply these controls; "-N" undoes the N-th of all,
 * and "-Na" its control a alone.
 */
static const struct {
	const char *deeds, *controls;
} rows[] = {
	{"", ""},
	{"a", "a"},
	{"ab -1", ""},
	{"ab -1a", "b"},
	{"ab -1a -1b", ""},
	{"ab -1 -2", "a b"},
	{"ab -1a -2", "a b"},
	{"a a -1", "a"},
	{"a a -1a", "a"},
	{"a a -1a b", "a b"},
	{"a a -1a -2", ""},
	{"a a -2a -1", ""},
	{"ab a -1a", "a b"},
	{"ab a -1", "a"},
};

static void apply(struct bench *b, const char *controls)
{
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	for (const char *c = controls; *c; c++) {
		CLEANUP(freep) char *control = xstrndup(c, 1);
		CLEANUP(freep) char *unit = xasprintf("state:%s.service", control);

		effects_add(&effects, control, HANDLER_UNIT_STATE, subj(unit), "inactive",
			    "active");
	}
	bench_compose(b, &edits, &effects);
	for (const char *c = controls; *c; c++) {
		CLEANUP(freep) char *control = xstrndup(c, 1);

		plan_add_finding(&b->plan, control)->state = FINDING_PLANNED;
	}
	b->of = b->only = NULL;
}

static void undo(struct bench *b, const struct strv *ids, const char *deed, char **ret_only)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};

	*ret_only = deed[2] ? xstrdup(&deed[2]) : NULL;
	b->of = ids->items[deed[1] - '1'];
	b->only = *ret_only;
	assert_int_equal(bench_plan_rollback_of(b, b->of, b->only, CONFLICT_KEEP, &conflicts), 0);
}

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv deeds = {0}, ids = {0}, controls = {0};
	CLEANUP(freep) char *text = NULL;

	strv_split(&deeds, rows[i].deeds, " ");
	for (size_t k = 0; k < deeds.count; k++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(freep) char *only = NULL;

		if (*deeds.items[k] == '-')
			undo(b, &ids, deeds.items[k], &only);
		else
			apply(b, deeds.items[k]);
		assert_int_equal(bench_run(b, &result), 0);
		strv_add(&ids, result.id);
		plan_clear(&b->plan);
	}
	assert_int_equal(history_controls(&b->state, &controls, NULL), 0);
	strv_sort(&controls);
	text = strv_join(&controls, " ");
	if (strcmp(text, rows[i].controls) != 0)
		fail_msg("%s: '%s'", rows[i].deeds, text);
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
