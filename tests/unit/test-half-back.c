/*
 * What ended as put back, and not in all of its parts: an apply that was broken off, and what it had
 * set is undone subject by subject; a rollback that was broken off, and what it took away is told.
 */

#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/drift.h"
#include "rollback/history-gone.h"
#include "rollback/history-left.h"
#include "rollback/journal.h"
#include "rollback/recover.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define DNS "{\"dns\": [], \"mtu\": 1}"
#define WITH_DNS(rest) "{\"dns\": [], \"mtu\": 1, " rest "}"

static char *run(struct bench *b, int want)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	assert_int_equal(bench_run(b, &result), want);
	return xstrdup(result.id);
}

/* Two controls in one file, one of them in a file of its own as well. */
static char *apply(struct bench *b, int want)
{
	CLEANUP(edits_clear) struct edits edits = {0};

	edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, "false");
	edits_add(&edits, "log", FILE_PATH, subj("json:/log-opts/max-size"), NULL, "\"10m\"");
	edits_add(&edits, "log", "/etc/new", subj("exists"), NULL, "dir");
	edits_add_own(&edits, "/etc/new");
	edits_add(&edits, "log", NEW_PATH, subj("kv:x"), NULL, "1");
	edits_add_own(&edits, NEW_PATH);
	edits_add(&edits, "log", "/etc/new", subj("mode"), NULL, "0750");
	edits_add(&edits, "log", NEW_PATH, subj("mode"), NULL, "0640");
	b->of = b->only = NULL;
	plan_clear(&b->plan);
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, "icc")->state = FINDING_PLANNED;
	plan_add_finding(&b->plan, "log")->state = FINDING_PLANNED;
	return run(b, want);
}

/* The same value, and an apply that is kept. */
static char *apply_icc(struct bench *b, const char *value)
{
	CLEANUP(edits_clear) struct edits edits = {0};

	edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, value);
	b->of = b->only = NULL;
	plan_clear(&b->plan);
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, "icc")->state = FINDING_PLANNED;
	return run(b, 0);
}

/* The journal as a run left it that was killed while it looked at the host. */
static void kill_before_commit(const struct bench *b, const char *id)
{
	CLEANUP(records_clear) struct records r = {0};
	CLEANUP(close_fd) int directory = state_open_txn(&b->state, id, false, NULL);
	struct journal j = JOURNAL_INIT;
	size_t count = 0;

	assert_int_equal(journal_read(directory, &r, NULL), 0);
	while (r.items[count].type != RECORD_COMMIT)
		count++;
	assert_int_equal(journal_create(directory, r.items, count, &j, NULL), 0);
	journal_close(&j);
}

static void settle(struct bench *b)
{
	CLEANUP(recovery_clear) struct recovery stop = {0}, keep = {0};
	size_t timers = b->stub.timers.count;

	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &stop, NULL),
			 -EUCLEAN);
	assert_int_equal(b->stub.timers.count, timers); /* one that is there tries again */
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, true, &keep, NULL), 0);
	assert_true(b->stub.timers.count > timers);
}

/* The two ways in: killed, or not well while somebody wrote to the file. */
static char *half_back(struct bench *b, bool killed, const char *theirs)
{
	char *id;

	b->stub.unhealthy = !killed;
	b->stub.intruded = killed ? NULL : FILE_PATH;
	id = apply(b, killed ? 0 : -EIO);
	if (killed)
		kill_before_commit(b, id);
	temp_directory_write(b->temp, &FILE_PATH[1], theirs);
	settle(b);
	assert_text(b, FILE_PATH, theirs);
	return id;
}

static int roll_back(struct bench *b, const char *id, const char *only, enum on_conflict how)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	int r = bench_plan_rollback_of(b, id, only, how, &conflicts);

	b->of = id;
	b->only = only;
	if (r >= 0)
		free(run(b, 0));
	return r;
}

/* The newest that a rollback without an id undoes; NULL: none. */
static char *undoable(const struct bench *b)
{
	CLEANUP(history_clear) struct history h = {0};
	size_t at;

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	return history_find_undoable(&h, &b->temp->root, &at, NULL) < 0 ? NULL
									: xstrdup(h.items[at].id);
}

static void assert_undoable(const struct bench *b, const char *id)
{
	CLEANUP(freep) char *is = undoable(b);

	if (id)
		assert_string_equal(is, id);
	else
		assert_null(is);
}

static void assert_left(const struct bench *b, const char *want)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(strv_clear) struct strv left = {0};
	CLEANUP(freep) char *text = NULL;

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	history_left(&h, &b->temp->root, &left);
	text = strv_join(&left, ", ");
	assert_string_equal(text, want);
}

static void assert_gone(const struct bench *b, const char *want)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(strv_clear) struct strv gone = {0};
	CLEANUP(freep) char *text = NULL;

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	assert_int_equal(history_gone(&b->state, &h, &b->temp->root, &gone, NULL), 0);
	text = strv_join(&gone, ", ");
	assert_string_equal(text, want);
}

#define BOTH "json:/icc of " FILE_PATH ", json:/log-opts/max-size of " FILE_PATH

static const struct row {
	const char *theirs, *left;
	enum on_conflict how;
	int r;
	const char *after;
	const char *still; /* left */
} rows[] = {
	/* beside ours */
	{WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"10m\"}"), BOTH, CONFLICT_STOP, 0,
	 DNS, ""},
	{WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"10m\"}"), BOTH, CONFLICT_KEEP, 0,
	 DNS, ""},
	{WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"10m\"}"), BOTH, CONFLICT_BEFORE,
	 0, DNS, ""},
	/* one of ours is another's by now */
	{WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"7m\"}"),
	 "json:/icc of " FILE_PATH, CONFLICT_STOP, -ESTALE,
	 WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"7m\"}"),
	 "json:/icc of " FILE_PATH},
	{WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"7m\"}"),
	 "json:/icc of " FILE_PATH, CONFLICT_KEEP, 0,
	 WITH_DNS("\"log-opts\": {\"max-size\": \"7m\"}"), ""},
	{WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"7m\"}"),
	 "json:/icc of " FILE_PATH, CONFLICT_BEFORE, 0, DNS, ""},
	/* or is as before */
	{WITH_DNS("\"log-opts\": {\"max-size\": \"10m\"}"), "json:/log-opts/max-size of " FILE_PATH,
	 CONFLICT_STOP, 0, DNS, ""},
	/* or cannot be read: what is in there is not known */
	{WITH_DNS("\"icc\": false,"), BOTH, CONFLICT_BEFORE, 0, "{\"mtu\": 1}", ""},
};

static void one_row(struct bench *b, size_t i)
{
	const struct row *row = &rows[i / 2];
	CLEANUP(freep) char *id = half_back(b, i % 2, row->theirs);

	assert_left(b, row->left);
	assert_undoable(b, id);
	assert_int_equal(roll_back(b, id, NULL, row->how), row->r);
	assert_text(b, FILE_PATH, row->after);
	assert_text(b, NEW_PATH, NULL);
	assert_left(b, row->still);
	assert_undoable(b, row->r < 0 ? id : NULL);
}

static void test_undone_by_subject(void **state)
{
	bench_each(one_row, 2 * ARRAY_SIZE(rows));
}

static char *newest(const struct bench *b)
{
	CLEANUP(history_clear) struct history h = {0};

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	return xstrdup(h.items[h.count - 1].id);
}

/* Control by control; and a rollback of the rollback brings again what it took. */
static void test_only(void **state)
{
	const char *theirs = WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"10m\"}");
	CLEANUP(freep) char *id = NULL, *whole = NULL;
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	id = half_back(&b, true, theirs);
	assert_int_equal(roll_back(&b, id, "icc", CONFLICT_STOP), 0);
	assert_text(&b, FILE_PATH, WITH_DNS("\"log-opts\": {\"max-size\": \"10m\"}"));
	assert_left(&b, "json:/log-opts/max-size of " FILE_PATH);
	assert_undoable(&b, id);
	assert_int_equal(roll_back(&b, id, NULL, CONFLICT_STOP), 0);
	assert_text(&b, FILE_PATH, DNS);
	assert_left(&b, "");
	assert_undoable(&b, NULL);
	whole = newest(&b);
	assert_int_equal(roll_back(&b, whole, NULL, CONFLICT_STOP), 0);
	assert_text(&b, FILE_PATH, WITH_DNS("\"log-opts\": {\"max-size\": \"10m\"}"));
	assert_text(&b, NEW_PATH, NULL);
	assert_left(&b, "json:/log-opts/max-size of " FILE_PATH);
	assert_undoable(&b, id);
}

/*
 * What others wrote into a file or a directory of ours keeps that, and its attributes with it: those
 * have no value to go back to, and no transaction is found for them ever after.
 */
static const struct {
	const char *path, *theirs, *after;
} shared[] = {
	{NEW_PATH, "x = 1\n# mine\n", "# mine\n"},
	{NEW_PATH, "x = 1\ny = 2\n", "y = 2\n"},
	{NEW_PATH, "y = 2\n", "y = 2\n"},
	{"/etc/new/theirs", "1\n", "1\n"},
};

static void one_shared(struct bench *b, size_t i)
{
	static const enum on_conflict hows[] = {CONFLICT_STOP, CONFLICT_KEEP, CONFLICT_BEFORE};
	size_t row = i / 3;
	CLEANUP(freep) char *id = apply(b, 0);

	kill_before_commit(b, id);
	temp_directory_write(b->temp, &FILE_PATH[1],
			     WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"10m\"}"));
	temp_directory_write(b->temp, &shared[row].path[1], shared[row].theirs);
	settle(b);
	assert_undoable(b, id);
	assert_int_equal(roll_back(b, id, NULL, hows[i % 3]), 0);
	assert_text(b, FILE_PATH, DNS);
	assert_text(b, shared[row].path, shared[row].after);
	assert_left(b, "");
	assert_undoable(b, NULL);
}

static void test_shared(void **state)
{
	bench_each(one_shared, 3 * ARRAY_SIZE(shared));
}

/* Nobody put it back, but somebody took it out: then the one below it is the newest. */
static void test_taken_out_by_hand(void **state)
{
	CLEANUP(freep) char *first = NULL, *id = NULL;
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	first = apply_icc(&b, "true");
	id = half_back(&b, true, WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"10m\"}"));
	assert_undoable(&b, id);
	temp_directory_write(b.temp, &FILE_PATH[1], WITH_DNS("\"icc\": true"));
	assert_left(&b, "");
	assert_undoable(&b, first);
	assert_int_equal(roll_back(&b, first, NULL, CONFLICT_STOP), 0);
	assert_text(&b, FILE_PATH, DNS);
	assert_undoable(&b, NULL);
}

static void assert_drift(const struct bench *b, const char *id, size_t want)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(drifts_clear) struct drifts drifts = {0};
	const struct transaction_summary *t;

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	t = history_by_id(&h, id);
	assert_int_equal(history_load_all(&b->state, &h, t, NULL), 0);
	assert_int_equal(drift_of(&h, t, &(struct drift_wanted){0}, &b->temp->root, &drifts, NULL),
			 0);
	assert_int_equal(drifts.count, want);
}

/* Over one that stands: its value comes back, and it is as it was left then. */
static void test_over_another(void **state)
{
	CLEANUP(freep) char *first = NULL, *id = NULL;
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	first = apply_icc(&b, "true");
	id = half_back(&b, true, WITH_DNS("\"icc\": false, \"log-opts\": {\"max-size\": \"10m\"}"));
	assert_drift(&b, first, 1);
	assert_int_equal(roll_back(&b, id, NULL, CONFLICT_STOP), 0);
	assert_text(&b, FILE_PATH, WITH_DNS("\"icc\": true"));
	assert_drift(&b, first, 0);
	assert_undoable(&b, first);
	assert_int_equal(roll_back(&b, first, NULL, CONFLICT_STOP), 0);
	assert_text(&b, FILE_PATH, DNS);
	assert_undoable(&b, NULL);
}

/* What was put back in all of its parts is not a transaction to undo. */
static void test_put_back_whole(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(freep) char *id = NULL;
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	id = apply(&b, 0);
	kill_before_commit(&b, id);
	assert_int_equal(recover(&b.state, &b.temp->root, &b.stub.base, false, &recovery, NULL), 0);
	assert_undoable(&b, NULL);
	assert_int_equal(history_load(&b.state, id, &t, NULL), 0);
	assert_int_equal(revert_has_part(&b.state, &t, NULL, NULL), 0);
}

/* A rollback that was broken off and closed beside a foreign key: what it took away is told. */
static void test_rollback_half_back(void **state)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *id = NULL, *undo = NULL;
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	id = apply(&b, 0);
	assert_gone(&b, "");
	assert_int_equal(bench_plan_rollback_of(&b, id, NULL, CONFLICT_STOP, &conflicts), 0);
	b.of = id;
	undo = run(&b, 0);
	kill_before_commit(&b, undo);
	temp_directory_write(b.temp, &FILE_PATH[1],
			     WITH_DNS("\"log-opts\": {\"max-size\": \"10m\"}"));
	settle(&b);
	assert_text(&b, NEW_PATH, "x = 1\n");
	assert_undoable(&b, id);
	assert_gone(&b, "json:/icc of " FILE_PATH);
	assert_drift(&b, id, 1);
	assert_int_equal(roll_back(&b, id, NULL, CONFLICT_STOP), 0);
	assert_text(&b, FILE_PATH, DNS);
	assert_text(&b, NEW_PATH, NULL);
	assert_gone(&b, "");
	assert_left(&b, "");
	assert_undoable(&b, NULL);
}

/* Left to others by a first rollback, and then not: what the apply made to hold it goes as well. */
static void one_left(struct bench *b, size_t way)
{
	static const char *const theirs[] = {
		"{\"mtu\": 1, \"log-opts\": {\"max-size\": \"7m\"}}",
		"{\"mtu\": 1, \"log-opts\": {\"max-size\": \"7m\", \"tag\": \"x\"}}",
	};
	static const char *const after[] = {BEFORE, "{\"mtu\": 1, \"log-opts\": {\"tag\": \"x\"}}"};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *id = apply(b, 0);

	temp_directory_write(b->temp, &FILE_PATH[1], theirs[way]);
	temp_directory_write(b->temp, &NEW_PATH[1], "x = 2\n");
	assert_int_equal(roll_back(b, id, NULL, CONFLICT_KEEP), 0);
	assert_text(b, FILE_PATH, theirs[way]);
	assert_text(b, NEW_PATH, "x = 2\n");
	assert_int_equal(bench_plan_rollback_of(b, id, NULL, CONFLICT_BEFORE, &conflicts), 0);
	assert_int_equal(plan_find_change(&b->plan, FILE_PATH)->edits.count, 1);
	b->of = id;
	free(run(b, 0));
	assert_text(b, FILE_PATH, after[way]);
	assert_text(b, NEW_PATH, NULL);
	assert_text(b, "/etc/new", NULL);
	assert_left(b, "");
}

static void test_left_and_then_not(void **state)
{
	bench_each(one_left, 2);
}

/* Others put a link in the file's place: what dockerd reads through it counts, whoever wrote it. */
static void one_link(struct bench *b, size_t same)
{
	CLEANUP(freep) char *id = apply(b, 0);

	assert_int_equal(renameat(b->temp->fd, &FILE_PATH[1], b->temp->fd, "etc/real"), 0);
	assert_int_equal(symlinkat("real", b->temp->fd, &FILE_PATH[1]), 0);
	if (!same)
		temp_directory_write(b->temp, "etc/real", DNS);
	assert_int_equal(roll_back(b, id, NULL, CONFLICT_KEEP), 0);
	assert_left(b, same ? BOTH : "");
	assert_int_equal(roll_back(b, id, NULL, CONFLICT_BEFORE), 0);
	assert_text(b, FILE_PATH, BEFORE);
	assert_left(b, "");
}

static void test_link(void **state)
{
	bench_each(one_link, 2);
}

/* The same of two files: what was taken out of one says nothing about the other. */
static void test_two_files(void **state)
{
	static const char *const paths[] = {"/etc/a.conf", "/etc/b.conf"};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(freep) char *id = NULL;
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		edits_add(&edits, "limit", paths[i], subj("unit:Service/LimitCORE"), NULL, "0");
		edits_add_own(&edits, paths[i]);
	}
	bench_compose(&b, &edits, &(struct effects){0});
	plan_add_finding(&b.plan, "limit")->state = FINDING_PLANNED;
	id = run(&b, 0);
	temp_directory_write(b.temp, &paths[0][1], "[Service]\nLimitCORE=7\n");
	assert_int_equal(roll_back(&b, id, NULL, CONFLICT_KEEP), 0);
	assert_text(&b, paths[1], NULL);
	assert_left(&b, "unit:Service/LimitCORE of /etc/a.conf");
	assert_int_equal(roll_back(&b, id, NULL, CONFLICT_BEFORE), 0);
	assert_text(&b, paths[0], NULL);
	assert_left(&b, "");
}

#define UNIT "/etc/unit.conf"

/* A section that was made for our line goes with it, though others wrote to the file. */
static void one_section(struct bench *b, size_t before)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(freep) char *id = NULL;

	temp_directory_write(b->temp, &UNIT[1], "[Unit]\nA=1\n");
	edits_add(&edits, "limit", UNIT, subj("unit:Service/LimitCORE"), NULL, "0");
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, "limit")->state = FINDING_PLANNED;
	id = run(b, 0);
	temp_directory_write(b->temp, &UNIT[1],
			     before ? "[Unit]\nA=1\nB=2\n\n[Service]\nLimitCORE=7\n"
				    : "[Unit]\nA=1\nB=2\n\n[Service]\nLimitCORE=0\n");
	if (before)
		assert_int_equal(roll_back(b, id, NULL, CONFLICT_KEEP), 0);
	assert_int_equal(roll_back(b, id, NULL, before ? CONFLICT_BEFORE : CONFLICT_STOP), 0);
	assert_text(b, UNIT, "[Unit]\nA=1\nB=2\n");
}

static void test_section(void **state)
{
	bench_each(one_section, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_undone_by_subject),
		cmocka_unit_test(test_left_and_then_not),
		cmocka_unit_test(test_section),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_link),
		TEMP_DIRECTORY_TEST(test_two_files),
		TEMP_DIRECTORY_TEST(test_only),
		TEMP_DIRECTORY_TEST(test_taken_out_by_hand),
		TEMP_DIRECTORY_TEST(test_over_another),
		TEMP_DIRECTORY_TEST(test_put_back_whole),
		TEMP_DIRECTORY_TEST(test_rollback_half_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
