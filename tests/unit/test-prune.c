/*
 * What a prune has to leave, for what stays in force to be undone whole: who made the directory that
 * holds a later one's file, though it is undone itself.
 */

#include "tests/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "rollback/prune.h"
#include "rollback/pruned.h"
#include "rollback/recover.h"
#include "rollback/transaction-remove.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define DIRECTORY "/etc/new"

/* Of one file below /etc, with the directories above it where they are not there. */
static char *apply(struct bench *b, const char *control, const char *path, bool makes_directory)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects none = {0};

	if (makes_directory) {
		edits_add(&edits, control, DIRECTORY, subj("exists"), NULL, "dir");
		edits_add_own(&edits, DIRECTORY);
	}
	edits_add(&edits, control, path, subj("kv:x"), NULL, "1");
	edits_add_own(&edits, path);
	plan_clear(&b->plan);
	bench_compose(b, &edits, &none);
	plan_add_finding(&b->plan, control)->state = FINDING_PLANNED;
	b->of = NULL;
	assert_int_equal(bench_run(b, &result), 0);
	return xstrdup(result.id);
}

static char *undo(struct bench *b, const char *id)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};

	assert_int_equal(bench_plan_rollback_of(b, id, NULL, CONFLICT_STOP, &conflicts), 0);
	b->of = id;
	assert_int_equal(bench_run(b, &result), 0);
	return TAKE_PTR(result.id);
}

static void prune_by(struct bench *b, size_t keep, uint64_t before_usec)
{
	const struct pruning_limits limits = {.keep = keep, .before_usec = before_usec};
	CLEANUP(pruning_clear) struct pruning p = {0};

	assert_int_equal(pruning_choose_old(&b->state, &b->temp->root, &limits, &p, NULL), 0);
	assert_int_equal(pruning_run(&b->state, &p, NULL), 0);
}

static void prune(struct bench *b)
{
	prune_by(b, 0, UINT64_MAX);
}

static bool is_kept(struct bench *b, const char *id)
{
	CLEANUP(strv_clear) struct strv ids = {0};

	assert_int_equal(state_transactions(&b->state, &ids, NULL), 0);
	return strv_contains(&ids, id);
}

static const struct {
	const char *later; /* the file of the later one */
	bool makes_again; /* the directory, which is gone by then */
	bool kept; /* who made it first */
} rows[] = {
	{DIRECTORY "/other", false, true},
	{"/etc/other", false, false},
	{DIRECTORY "/other", true, false},
};

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(freep) char *first = NULL, *second = NULL;

	print_message("# row %zu\n", i);
	first = apply(b, "a", NEW_PATH, true);
	if (rows[i].makes_again)
		free(undo(b, first));
	second = apply(b, "b", rows[i].later, rows[i].makes_again);
	if (!rows[i].makes_again)
		free(undo(b, first));
	prune(b);
	assert_int_equal(is_kept(b, first), rows[i].kept);
	assert_true(is_kept(b, second));
	free(undo(b, second));
	assert_int_equal(faccessat(b->temp->fd, &DIRECTORY[1], F_OK, 0), -1);
	/* nothing rests on it any more */
	prune(b);
	assert_false(is_kept(b, first));
	assert_false(is_kept(b, second));
}

static void test_directories(void **state)
{
	(void)state;
	bench_each(try_row, ARRAY_SIZE(rows));
}

/* The only ones that tell whose is what stayed in the kernel: both, or the first would count again. */
static void try_left(struct bench *b, size_t i)
{
	const struct pruning_limits limits = {.keep = 0, .before_usec = UINT64_MAX};
	CLEANUP(pruning_clear) struct pruning p = {0};
	CLEANUP(freep) char *first = apply(b, "a", NEW_PATH, true), *back = undo(b, first);
	CLEANUP(freep) char *why = NULL;

	(void)i;
	strv_add(&p.leaves, first);
	assert_int_equal(pruning_choose_old(&b->state, &b->temp->root, &limits, &p, NULL), 0);
	assert_int_equal(p.ids.count, 0);
	why = strv_join(&p.kept, "\n");
	assert_non_null(strstr(why, "left in the kernel is there still"));
	assert_true(is_kept(b, first) && is_kept(b, back));
	prune(b);
	assert_false(is_kept(b, first) || is_kept(b, back));
}

static void test_left_behind(void **state)
{
	(void)state;
	bench_each(try_left, 1);
}

/* What both limits let go of five: two applies with what undid each, and one in force. */
#define COUNT 5
#define ANY_AGE COUNT

static const struct {
	size_t keep;
	int began; /* the limit is when this one began; -1: before all, ANY_AGE: none */
	size_t left; /* so many of the newest stay */
} limits
	[] =
		{
			{0, ANY_AGE, 1},   {3, ANY_AGE, 3}, {9, ANY_AGE, COUNT}, {0, -1, COUNT},
			{0, 1, 3},         {4, 1, 4},       {2, 1, 3},           {0, 0, 4},
			{0, COUNT - 1, 1}, /* however old, what is in force stays */
};

static uint64_t began(const struct bench *b, const char *id)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};

	assert_int_equal(history_load(&b->state, id, &t, NULL), 0);
	return t.started_usec;
}

static void try_limits(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv left = {0};
	char *ids[COUNT] = {0};
	uint64_t before = UINT64_MAX;

	print_message("# row %zu\n", i);
	for (size_t k = 0; k < COUNT; k++)
		ids[k] = k % 2 ? undo(b, ids[k - 1]) : apply(b, "a", NEW_PATH, true);
	if (limits[i].began < 0)
		before = began(b, ids[0]) - 1;
	else if (limits[i].began < ANY_AGE)
		before = began(b, ids[limits[i].began]);
	prune_by(b, limits[i].keep, before);
	assert_int_equal(state_transactions(&b->state, &left, NULL), 0);
	assert_int_equal(left.count, limits[i].left);
	for (size_t k = 0; k < COUNT; k++) {
		assert_int_equal(strv_contains(&left, ids[k]), k >= COUNT - left.count);
		free(ids[k]);
	}
}

static void test_limits(void **state)
{
	(void)state;
	bench_each(try_limits, ARRAY_SIZE(limits));
}

static size_t count_pruned(struct bench *b)
{
	CLEANUP(strv_clear) struct strv pruned = {0};

	assert_int_equal(pruned_list(&b->state, &pruned, NULL), 0);
	return pruned.count;
}

/* Broken off behind the note: what is in the ledger was not pruned, and may be undone, or pruned, yet. */
static void test_broken_off_behind_note(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *id = NULL;

	bench_open(&b, state);
	id = apply(&b, "a", NEW_PATH, true);
	assert_int_equal(pruned_note(&b.state, id, NULL), 0);
	assert_int_equal(count_pruned(&b), 0);
	free(undo(&b, id));
	prune(&b);
	assert_false(is_kept(&b, id));
	assert_int_equal(count_pruned(&b), 0); /* it was undone by then */
}

/* A note that a crash has left without its end: the next one stands on a line of its own. */
static void test_note_behind_torn_one(void **state)
{
	CLEANUP(bench_close) struct bench b;
	CLEANUP(strv_clear) struct strv pruned = {0};
	CLEANUP(close_fd) int fd = -1;

	bench_open(&b, state);
	fd = openat(b.state.fd, "pruned", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(fd_write_all(fd, "2026", 4), 0);
	assert_int_equal(pruned_note(&b.state, "20261129-064959-575d65", NULL), 0);
	assert_int_equal(pruned_list(&b.state, &pruned, NULL), 0);
	assert_true(strv_contains(&pruned, "20261129-064959-575d65"));
}

static bool is_empty(int directory)
{
	DIR *dir = fdopendir(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	size_t count = 0;

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		count += *e->d_name != '.';
	closedir(dir);
	return count == 0;
}

/* Broken off in the middle of a removal: the rest goes, and nobody says that it had changed nothing. */
static void test_broken_off_removal(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(close_fd) int directory = -1;
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *id = NULL;

	bench_open(&b, state);
	id = apply(&b, "a", NEW_PATH, true);
	assert_int_equal(pruned_note(&b.state, id, NULL), 0);
	directory = state_open_txn(&b.state, id, false, NULL);
	assert_int_equal(transaction_empty_directory(&b.state, id, NULL), 0);
	assert_int_equal(faccessat(directory, JOURNAL_NEW, F_OK, 0), 0);
	assert_int_equal(unlinkat(directory, JOURNAL_NEW, 0), 0);
	assert_true(is_empty(directory)); /* nothing that would tell of a lost journal */
	close_fd(&directory);
	assert_int_equal(count_pruned(&b), 1);
	assert_int_equal(recover(&b.state, &b.temp->root, &b.stub.base, false, &recovery, NULL), 0);
	assert_int_equal(recovery.notes.count, 1);
	assert_non_null(strstr(recovery.notes.items[0], "was pruned while it was in force"));
	assert_false(is_kept(&b, id));
	assert_int_equal(count_pruned(&b), 1);
	assert_text(&b, NEW_PATH, "x = 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directories),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_left_behind),
		TEMP_DIRECTORY_TEST(test_broken_off_behind_note),
		TEMP_DIRECTORY_TEST(test_note_behind_torn_one),
		TEMP_DIRECTORY_TEST(test_broken_off_removal),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
