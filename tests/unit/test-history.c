/* The order of what was done here: it is that of the runs, whatever the clock was set to meanwhile. */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/journal.h"
#include "rollback/transaction-directory.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

static char *newest(const struct bench *b)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};

	return history_load(&b->state, NULL, &t, NULL) < 0 ? NULL : xstrdup(t.id);
}

/* One control, one key; the id of the transaction. */
static char *apply(struct bench *b, const char *control, const char *subject, const char *value)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	edits_add(&edits, control, FILE_PATH, subj(subject), NULL, value);
	b->of = b->only = NULL;
	plan_clear(&b->plan);
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, control)->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	return TAKE_PTR(result.id);
}

/* The newest, as it is chosen without an id. */
static void undo_newest(struct bench *b, const char *expected)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *id = newest(b);

	assert_string_equal(id, expected);
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(conflicts.count, 0);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
}

/* As if the clock had said this when the transaction began. */
static void set_began(const struct bench *b, const char *id, uint64_t usec)
{
	CLEANUP(transaction_head_clear) struct transaction_head head = {0};
	CLEANUP(records_clear) struct records r = {0};
	CLEANUP(close_fd) int directory = state_open_txn(&b->state, id, false, NULL);
	struct journal j = JOURNAL_INIT;

	assert_int_equal(journal_read(directory, &r, NULL), 0);
	assert_int_equal(transaction_head_parse(&head, r.items[0].payload, NULL), 0);
	head.started_usec = usec;
	free(r.items[0].payload);
	r.items[0].payload = transaction_head_format(&head);
	assert_int_equal(journal_create(directory, r.items, r.count, &j, NULL), 0);
	journal_close(&j);
}

/* Three applies to one file, at the times that a clock says which goes wrong in some way. */
static void test_clock_goes_wrong(void **state)
{
	static const uint64_t clocks[][3] = {
		{300, 200, 100}, /* back, and back again */
		{300, 100, 200}, /* back, and fixed */
		{100, 300, 200}, {100, 100, 100}, {0, 100, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		CLEANUP(bench_close) struct bench b;
		CLEANUP(freep) char *first = NULL, *second = NULL, *third = NULL;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		first = apply(&b, "c0", "json:/icc", "false");
		second = apply(&b, "c1", "json:/live-restore", "true");
		third = apply(&b, "c2", "json:/icc", "true");
		set_began(&b, first, clocks[i][0]);
		set_began(&b, second, clocks[i][1]);
		set_began(&b, third, clocks[i][2]);
		undo_newest(&b, third);
		assert_text(&b, FILE_PATH, "{\"mtu\": 1, \"icc\": false, \"live-restore\": true}");
		undo_newest(&b, second);
		assert_text(&b, FILE_PATH, "{\"mtu\": 1, \"icc\": false}");
		undo_newest(&b, first);
		assert_text(&b, FILE_PATH, BEFORE);
		assert_null(newest(&b));
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

/* Of an earlier version: within one second the ids say nothing. */
static void test_within_one_second(void **state)
{
	static const char *const ids[] = {"20260101-000000-cccccc", "20260101-000000-aaaaaa",
					  "20260101-000000-bbbbbb"};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(history_clear) struct history h = {0};

	bench_open(&b, state);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		CLEANUP(freep)
		char *id = apply(&b, "c0", "json:/mtu", (const char *[]){"2", "3", "4"}[i]);
		CLEANUP(freep) char *from = xasprintf("var/lib/harden/txn/%s", id);
		CLEANUP(freep) char *to = xasprintf("var/lib/harden/txn/%s", ids[i]);

		assert_int_equal(renameat(b.temp->fd, from, b.temp->fd, to), 0);
		set_began(&b, ids[i], 100 + i);
	}
	set_began(&b, ids[2], 0); /* not known: it may be the newest */
	assert_int_equal(history_open(&b.state, &h, NULL), 0);
	assert_int_equal(h.count, ARRAY_SIZE(ids));
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		assert_string_equal(h.items[i].id, ids[i]);
}

/* Ours was taken away, something else was applied, and others set ours again: it is in force. */
static const struct {
	const char *what;
	const char *before; /* the file, at first */
	const char *again; /* as the others left it */
	const char *second; /* what the second control sets icc to; NULL: another key */
	enum on_conflict on_conflict;
	int result;
	size_t conflicts;
	const char *after; /* the first apply is rolled back */
} again[] = {
	{"said so", BEFORE, "{\"mtu\": 1, \"debug\": true, \"icc\": false}", NULL, CONFLICT_STOP,
	 -ESTALE, 1, "{\"mtu\": 1, \"debug\": true, \"icc\": false}"},
	{"kept", BEFORE, "{\"mtu\": 1, \"debug\": true, \"icc\": false}", NULL, CONFLICT_KEEP, 0, 1,
	 "{\"mtu\": 1, \"debug\": true, \"icc\": false}"},
	{"as before", BEFORE, "{\"mtu\": 1, \"debug\": true, \"icc\": false}", NULL,
	 CONFLICT_BEFORE, 0, 1, "{\"mtu\": 1, \"debug\": true}"},
	{"another value", BEFORE, "{\"mtu\": 1, \"debug\": true, \"icc\": true}", NULL,
	 CONFLICT_STOP, 0, 0, "{\"mtu\": 1, \"debug\": true, \"icc\": true}"},
	{"by a control that stands", BEFORE, "{\"mtu\": 1, \"icc\": false}", "false", CONFLICT_STOP,
	 0, 0, "{\"mtu\": 1, \"icc\": false}"},
};

static void set_again(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *first = NULL, *second = NULL;
	int r;

	temp_directory_write(b->temp, &FILE_PATH[1], again[i].before);
	first = apply(b, "c0", "json:/icc", "false");
	temp_directory_write(b->temp, &FILE_PATH[1], again[i].before);
	second = apply(b, "c1", again[i].second ? "json:/icc" : "json:/debug",
		       again[i].second ? again[i].second : "true");
	temp_directory_write(b->temp, &FILE_PATH[1], again[i].again);
	r = bench_plan_rollback_of(b, first, NULL, again[i].on_conflict, &conflicts);
	if (r != again[i].result || conflicts.count != again[i].conflicts)
		fail_msg("%s: %d, %zu conflicts, %s", again[i].what, r, conflicts.count,
			 conflicts.count ? conflicts.items[0] : "none");
	b->of = first;
	if (r == 0)
		assert_int_equal(bench_run(b, &result), 0);
	assert_text(b, FILE_PATH, again[i].after);
}

static void test_set_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(again); i++) {
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		set_again(&b, i);
		temp_directory_teardown(&fresh);
	}
}

/* "A": an apply; "R1 A": a rollback of it; "R1 A c": of that control of it. */
static const struct {
	const char *ledger[5];
	const char *so; /* whose part is so still, of "c" */
} chains[] = {
	{{"A"}, "A"},
	{{"A", "R1 A"}, "R1"},
	{{"A", "R1 A", "R2 R1"}, "A R2"},
	{{"A", "R1 A", "R2 R1", "R3 R2"}, "R1 R3"},
	{{"A", "R1 A", "R2 R1", "R3 A"}, "R3"}, /* R2 brought again what R3 took back */
	{{"A", "R1 A", "R2 R1", "R3 A", "R4 R3"}, "A R2 R4"},
	{{"A", "R1 A c"}, "R1"},
	{{"A", "R1 A d"}, "A"},
	{{"A", "R1 A c", "R2 R1", "R3 A c"}, "R3"},
	{{"A", "R1 A c", "R2 R1", "R3 A d"}, "A R2"},
	{{"R1 A"}, "R1"}, /* what it undid was pruned */
};

/* By search, or by the places that history_link() has found. */
static void assert_chain(size_t i, bool linked)
{
	struct transaction_summary items[5] = {{0}};
	struct history h = {.items = items};
	CLEANUP(strv_clear) struct strv so = {0};
	CLEANUP(freep) char *text = NULL;

	for (; h.count < 5 && chains[i].ledger[h.count]; h.count++) {
		struct transaction_summary *t = &items[h.count];
		CLEANUP(strv_clear) struct strv words = {0};

		strv_split(&words, chains[i].ledger[h.count], " ");
		t->id = xstrdup(words.items[0]);
		t->of = words.count > 1 ? xstrdup(words.items[1]) : NULL;
		t->only = words.count > 2 ? xstrdup(words.items[2]) : NULL;
		t->state = TRANSACTION_COMMITTED;
	}
	if (linked)
		history_link(&h);
	for (size_t n = 0; n < h.count; n++)
		if (!(items[n].only && strcmp(items[n].only, "c") != 0) &&
		    history_still_so(&h, &items[n], "c"))
			strv_add(&so, items[n].id);
	text = strv_join(&so, " ");
	if (strcmp(text, chains[i].so) != 0)
		fail_msg("row %zu%s: %s", i, linked ? ", linked" : "", text);
	for (size_t n = 0; n < h.count; n++)
		transaction_summary_clear(&items[n]);
}

static void test_what_is_so_still(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++)
		for (int linked = 0; linked <= 1; linked++)
			assert_chain(i, linked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clock_goes_wrong),
		cmocka_unit_test(test_set_again),
		cmocka_unit_test(test_what_is_so_still),
		TEMP_DIRECTORY_TEST(test_within_one_second),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
