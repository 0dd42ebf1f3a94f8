/*
 * A unit that the apply stopped and that somebody has since removed or masked cannot be started again:
 * that is told before, and the rest goes back without it.
 */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/model/unit-states.h"
#include "rollback/history-left.h"
#include "rollback/recover.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define UNITS "etc/systemd/system"
#define UNIT UNITS "/foo.service"
#define WANTS UNITS "/multi-user.target.wants"
#define LINK WANTS "/foo.service"

static void make_directories(const struct bench *b)
{
	static const char *const all[] = {"etc/systemd", UNITS,         WANTS,
					  "run",         "run/systemd", "run/systemd/generator"};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(mkdirat(b->temp->fd, all[i], 0755), 0);
}

/* The service is stopped and does not start at a boot any more; dockerd has another key. */
static char *apply(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	edits_add(&edits, "services", "/" LINK, subj("link"), "/" UNIT, NULL);
	edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, "false");
	effect_bring(effects_add(&effects, "services", HANDLER_SYSTEMD_RELOAD,
				 subj("unit:foo.service"), NULL, "read again"),
		     "/" LINK, subj("link"));
	effects_add(&effects, "services", HANDLER_UNIT_STATE, subj("state:foo.service"), "active",
		    "inactive");
	effects_add(&effects, "services", HANDLER_UNIT_STATE, subj("state:foo.socket"), "active",
		    "inactive");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "services")->state = FINDING_PLANNED;
	plan_add_finding(&b->plan, "icc")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	assert_int_equal(faccessat(b->temp->fd, LINK, F_OK, AT_SYMLINK_NOFOLLOW), -1);
	plan_clear(&b->plan);
	return xstrdup(result.id);
}

enum now { THERE, GONE, MASKED, EMPTY, ALIAS_OF_NONE, MADE_AT_BOOT, GONE_BUT_RUNS };

static void become(struct bench *b, enum now now)
{
	if (now != THERE)
		assert_int_equal(unlinkat(b->temp->fd, UNIT, 0), 0);
	if (now == MASKED)
		assert_int_equal(symlinkat("/dev/null", b->temp->fd, UNIT), 0);
	if (now == EMPTY)
		temp_directory_write(b->temp, UNIT, "");
	if (now == ALIAS_OF_NONE)
		assert_int_equal(symlinkat("bar.service", b->temp->fd, UNIT), 0);
	if (now == MADE_AT_BOOT)
		temp_directory_write(b->temp, "run/systemd/generator/foo.service", "[Unit]\n");
	if (now == GONE_BUT_RUNS)
		unit_states_put(&b->facts.unit_states, "foo.service", "active");
}

static const struct {
	enum now now;
	enum on_conflict on_conflict;
	int want;
	bool starts; /* the unit */
	bool link; /* is there again */
	const char *says; /* of the conflict; NULL: there is none */
} rows[] = {
	{THERE, CONFLICT_STOP, 0, true, true, NULL},
	{MADE_AT_BOOT, CONFLICT_STOP, 0, true, true, NULL},
	{GONE_BUT_RUNS, CONFLICT_STOP, 0, true, true, NULL},
	{GONE, CONFLICT_STOP, -ESTALE, false, false, "is gone now"},
	{GONE, CONFLICT_BEFORE, -EPERM, false, false, NULL},
	{GONE, CONFLICT_KEEP, 0, false, false, "is gone now"},
	{ALIAS_OF_NONE, CONFLICT_KEEP, 0, false, false, "is gone now"},
	{MASKED, CONFLICT_STOP, -ESTALE, false, false, "is masked now"},
	{MASKED, CONFLICT_BEFORE, -EPERM, false, false, NULL},
	{MASKED, CONFLICT_KEEP, 0, false, true, "is masked now"},
	{EMPTY, CONFLICT_KEEP, 0, false, true, "is masked now"},
};

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0}, left = {0};
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(freep) char *all = NULL, *id = NULL;

	print_message("# row %zu\n", i);
	make_directories(b);
	temp_directory_write(b->temp, UNIT, "[Service]\n");
	temp_directory_write(b->temp, UNITS "/foo.socket", "[Socket]\n");
	assert_int_equal(symlinkat("/" UNIT, b->temp->fd, LINK), 0);
	id = apply(b);
	become(b, rows[i].now);
	assert_int_equal(bench_plan_rollback(b, NULL, rows[i].on_conflict, &conflicts),
			 rows[i].want);
	all = strv_join(&conflicts, "; ");
	if (!rows[i].says != !*all || (rows[i].says && !strstr(all, rows[i].says)))
		fail_msg("'%s'", all);
	if (rows[i].want < 0)
		return;
	assert_int_equal(plan_find_effect(&b->plan, subj("state:foo.service")) != NULL,
			 rows[i].starts);
	/* which needs a service that systemd can load */
	assert_int_equal(plan_find_effect(&b->plan, subj("state:foo.socket")) != NULL,
			 rows[i].starts);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
	assert_text(b, FILE_PATH, BEFORE);
	assert_int_equal(faccessat(b->temp->fd, LINK, F_OK, AT_SYMLINK_NOFOLLOW) == 0,
			 rows[i].link);
	/* no advice in a circle */
	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	history_left(&h, &b->temp->root, &left);
	if (left.count)
		fail_msg("left: %s", left.items[0]);
}

static void test_rows(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

/* What was left down is not promised by another option, as long as nothing can start it. */
static void test_again(void **state)
{
	static const enum on_conflict words[] = {CONFLICT_KEEP, CONFLICT_BEFORE};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *id = NULL;

	bench_open(&b, state);
	b.facts.parts = FACTS_IN_FORCE;
	make_directories(&b);
	temp_directory_write(b.temp, UNIT, "[Service]\n");
	temp_directory_write(b.temp, UNITS "/foo.socket", "[Socket]\n");
	assert_int_equal(symlinkat("/" UNIT, b.temp->fd, LINK), 0);
	id = apply(&b);
	become(&b, MASKED);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(strv_clear) struct strv conflicts = {0};

		b.of = NULL;
		assert_int_equal(bench_plan_rollback_of(&b, id, NULL, words[i], &conflicts), 0);
		assert_int_equal(conflicts.count, 2);
		assert_null(plan_find_effect(&b.plan, subj("state:foo.service")));
		b.of = id;
		if (words[i] == CONFLICT_KEEP)
			assert_int_equal(bench_run(&b, &result), 0);
		plan_clear(&b.plan);
	}
}

/* The undo of a run that failed runs back what had begun, and asks nothing of the others. */
static void test_undo_runs_back_what_ran(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, "false");
	effects_add(&effects, "services", HANDLER_UNIT_STATE, subj("state:foo.service"), "inactive",
		    "active");
	effect_bring(effects_add(&effects, "icc", HANDLER_DOCKER_RESTART, subj("docker:icc"),
				 "true", "false"),
		     FILE_PATH, subj("json:/icc"));
	settings_put(&b.facts.docker.now, "icc", "true", SOURCE_API, NULL);
	bench_compose(&b, &edits, &effects);
	b.stub.fail_at = 1;
	assert_int_not_equal(bench_run(&b, &result), 0);
	assert_int_equal(result.state, TRANSACTION_ROLLED_BACK);
	assert_int_equal(b.stub.asked.count, 2);
	assert_string_equal(b.stub.asked.items[0], "unit-state active");
	assert_string_equal(b.stub.asked.items[1], "unit-state inactive");
	assert_text(&b, FILE_PATH, BEFORE);
}

/*
 * A unit whose own start fails, for good: who stops is told what to do, who keeps has the rest undone. So
 * it is for the undo of a run that failed, and recovery after it.
 */
static const struct {
	bool leave;
	enum transaction_state want;
} starts[] = {{false, TRANSACTION_ROLLED_BACK}, {true, TRANSACTION_COMMITTED}};

static void try_start(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *id = NULL, *notes = NULL;

	make_directories(b);
	temp_directory_write(b->temp, UNIT, "[Service]\n");
	temp_directory_write(b->temp, UNITS "/foo.socket", "[Socket]\n");
	assert_int_equal(symlinkat("/" UNIT, b->temp->fd, LINK), 0);
	id = apply(b);
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
	b->of = id;
	b->stub.broken = "foo.service";
	b->stub.base.starts.leave = starts[i].leave;
	bench_run(b, &result);
	assert_int_equal(result.state, starts[i].want);
	assert_true(b->stub.base.starts.failed);
	notes = strv_join(&result.notes, "; ");
	assert_int_equal(strstr(notes, "'foo.service' does not start, and stays down") != NULL,
			 starts[i].leave);
	assert_text(b, FILE_PATH, starts[i].leave ? BEFORE : AFTER);
	assert_int_equal(faccessat(b->temp->fd, LINK, F_OK, AT_SYMLINK_NOFOLLOW) == 0,
			 starts[i].leave);
}

static void test_starts(void **state)
{
	(void)state;
	bench_each(try_start, ARRAY_SIZE(starts));
}

static void test_recovery_of_start(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery stops = {0}, keeps = {0}, again = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, "false");
	effects_add(&effects, "services", HANDLER_UNIT_STATE, subj("state:foo.service"), "active",
		    "inactive");
	bench_compose(&b, &edits, &effects);
	b.stub.unhealthy = 1;
	b.stub.broken = "foo.service";
	bench_run(&b, &result);
	assert_int_equal(result.state, TRANSACTION_STUCK);
	assert_true(result.met_foreign);
	assert_text(&b, FILE_PATH, BEFORE);
	assert_int_equal(recover(&b.state, &b.temp->root, &b.stub.base, false, &stops, NULL),
			 -EUCLEAN);
	assert_true(stops.met_foreign);
	assert_int_equal(recover(&b.state, &b.temp->root, &b.stub.base, true, &keeps, NULL), 0);
	assert_int_equal(keeps.undone, 1);
	assert_string_equal(b.stub.base.starts.left.items[0], "foo.service");
	assert_int_equal(recover(&b.state, &b.temp->root, &b.stub.base, false, &again, NULL), 0);
	assert_int_equal(again.undone + again.finished, 0);
}

/* A word that leaves down what a rollback does not get started is no word on what that rollback stopped. */
static void test_undo_of_one_that_leaves(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, "false");
	effects_add(&effects, "services", HANDLER_UNIT_STATE, subj("state:foo.service"), "active",
		    "inactive");
	bench_compose(&b, &edits, &effects);
	b.stub.unhealthy = 1;
	b.stub.broken = "foo.service";
	b.stub.base.starts.leave = true;
	bench_run(&b, &result);
	assert_int_equal(result.state, TRANSACTION_STUCK);
	assert_true(result.left.count > 0);
	assert_int_equal(b.stub.base.starts.left.count, 0);
	assert_true(b.stub.base.starts.leave);
}

/*
 * An apply had started u; what depends on it by now goes down with it, and with that again. What the apply
 * started itself is its own.
 */
static const struct {
	const char *running, *depends; /* "a b": a runs since, and goes down with b */
	bool both; /* a is the apply's own */
	const char *effects, *along; /* the way back, in its order; those that nobody asked for */
} alongs[] = {
	{NULL, NULL, false, "u.service ", ""},
	{"a.service", "u.service", false, "a.service u.service ", "a.service "},
	{"a.service", "u.service", true, "a.service u.service ", ""},
	{"a.service", "other.service", false, "u.service ", ""},
};

static void start_u(struct bench *b, bool both)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	b->facts.parts = FACTS_IN_FORCE;
	if (both)
		effects_add(&effects, "c", HANDLER_UNIT_STATE, subj("state:a.service"), "inactive",
			    "active");
	effects_add(&effects, "c", HANDLER_UNIT_STATE, subj("state:u.service"), "inactive",
		    "active");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "c")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	unit_states_put(&b->facts.unit_states, "u.service", "active");
}

static void try_along(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(buf_clear) struct buf effects = {0}, along = {0};

	start_u(b, alongs[i].both);
	if (alongs[i].running) {
		unit_states_put(&b->facts.unit_states, alongs[i].running, "active");
		strv_add(&unit_states_put(&b->facts.unit_states, alongs[i].depends, "active")
				  ->dependents,
			 alongs[i].running);
	}
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
	for (size_t k = 0; k < b->plan.nstages; k++)
		for (size_t n = 0; n < b->plan.stages[k].effects.count; n++) {
			const struct effect *e = &b->plan.stages[k].effects.items[n];

			buf_printf(&effects, "%s ", e->subject.key);
			if (e->along)
				buf_printf(&along, "%s ", e->subject.key);
			assert_string_equal(e->before, "active");
			assert_string_equal(e->after, "inactive");
		}
	assert_string_equal(buf_str(&effects), alongs[i].effects);
	assert_string_equal(buf_str(&along), alongs[i].along);
}

static void test_along(void **state)
{
	(void)state;
	bench_each(try_along, ARRAY_SIZE(alongs));
}

static void test_along_of_those(void **state)
{
	struct unit_states s = {0};
	CLEANUP(strv_clear) struct strv all = {0};
	CLEANUP(freep) char *text = NULL;

	(void)state;
	strv_add(&unit_states_put(&s, "u", "active")->dependents, "a");
	strv_add(&unit_states_put(&s, "a", "active")->dependents, "b");
	strv_add(&unit_states_put(&s, "a", "active")->dependents, "u");
	strv_add(&unit_states_put(&s, "b", "active")->dependents, "a");
	strv_add(&unit_states_put(&s, "b", "active")->dependents, "c");
	unit_states_put(&s, "c", "failed");
	unit_states_along(&s, "u", &all);
	text = strv_join(&all, " ");
	assert_string_equal(text, "a b");
	unit_states_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		TEMP_DIRECTORY_TEST(test_again),
		TEMP_DIRECTORY_TEST(test_undo_runs_back_what_ran),
		cmocka_unit_test(test_starts),
		TEMP_DIRECTORY_TEST(test_recovery_of_start),
		TEMP_DIRECTORY_TEST(test_undo_of_one_that_leaves),
		cmocka_unit_test(test_along),
		cmocka_unit_test(test_along_of_those),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
