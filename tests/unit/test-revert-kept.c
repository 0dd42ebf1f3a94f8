/*
 * A unit comes up with what its files say: where others' values stay in them, the plan of the rollback
 * names those, and no default.
 */

#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define DROPIN "/etc/50.conf"
#define OTHER "/etc/60.conf"
#define UNIT_FILE "/etc/mine.service"

static const struct {
	const char *what, *path, *subject, *value;
	enum handler handler;
	const char *effect;
	const char *then; /* what others wrote; NULL: removed */
	enum on_conflict on_conflict;
	const char *before, *after; /* of the rollback's effect; NULL: the default */
} rows[] = {
	{"changed, kept", DROPIN, "unit:Service/LimitNOFILE", "1024", HANDLER_DOCKER_RESTART,
	 "start:docker.service", "[Service]\nLimitNOFILE=50000\n", CONFLICT_KEEP,
	 "LimitNOFILE=1024", "LimitNOFILE=50000"},
	{"read again", DROPIN, "unit:Service/LimitNOFILE", "1024", HANDLER_SYSTEMD_RELOAD,
	 "unit:docker.service", "[Service]\nLimitNOFILE=50000\n", CONFLICT_KEEP, "LimitNOFILE=1024",
	 "LimitNOFILE=50000"},
	{"changed, put back", DROPIN, "unit:Service/LimitNOFILE", "1024", HANDLER_DOCKER_RESTART,
	 "start:docker.service", "[Service]\nLimitNOFILE=50000\n", CONFLICT_BEFORE, "anew", NULL},
	{"as it was applied", DROPIN, "unit:Service/LimitNOFILE", "1024", HANDLER_DOCKER_RESTART,
	 "start:docker.service", "[Service]\nLimitNOFILE=1024\n", CONFLICT_KEEP, "anew", NULL},
	{"removed, kept so", DROPIN, "unit:Service/LimitNOFILE", "1024", HANDLER_DOCKER_RESTART,
	 "start:docker.service", "[Service]\n", CONFLICT_KEEP, "anew", NULL},
	{"variables of a unit", "/etc/default-docker", "kv:DOCKER_OPTS", "--icc=false",
	 HANDLER_DOCKER_RESTART, "file:/etc/default-docker", "DOCKER_OPTS=--debug\n", CONFLICT_KEEP,
	 "DOCKER_OPTS=--icc=false", "DOCKER_OPTS=--debug"},
	{"a whole file", UNIT_FILE, "text:all", "[Unit]", HANDLER_UNIT_STATE,
	 "restart:mine.service", "[Unit]\nDescription=theirs\n", CONFLICT_KEEP,
	 "the file as it was applied", "the file as others have it"},
};

/* A second edit goes back in any case: the effect is there. */
static void apply_row(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	struct effect *e =
		effects_add(&effects, "x", rows[i].handler, subj(rows[i].effect), NULL, "anew");

	effect_bring(e, rows[i].path, subj(rows[i].subject));
	edits_add(&edits, "x", rows[i].path, subj(rows[i].subject), NULL, rows[i].value);
	edits_add(&edits, "x", OTHER, subj("unit:Service/LimitMEMLOCK"), NULL, "8M");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "x")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
}

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	const struct effect *e;

	temp_directory_write(b->temp, &OTHER[1], "[Service]\n");
	apply_row(b, i);
	temp_directory_write(b->temp, &rows[i].path[1], rows[i].then);
	assert_int_equal(bench_plan_rollback(b, NULL, rows[i].on_conflict, &conflicts), 0);
	e = plan_find_effect(&b->plan, subj(rows[i].effect));
	if (!e)
		fail_msg("%s: no effect", rows[i].what);
	else if (strcmp_null(e->before, rows[i].before) != 0 ||
		 strcmp_null(e->after, rows[i].after) != 0)
		fail_msg("%s: %s -> %s", rows[i].what, e->before ? e->before : "(default)",
			 e->after ? e->after : "(default)");
}

static void test_what_stays_is_forecast(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_stays_is_forecast)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
