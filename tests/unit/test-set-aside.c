/*
 * One bad transaction is named, stands in nobody else's way where it is over, and can be set
 * aside where it is not: no state is left that only editing by hand would end.
 */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/journal.h"
#include "rollback/recover.h"
#include "rollback/set-aside.h"
#include "tests/unit/journal-bytes.h"
#include "tests/unit/transaction-bench.h"

static int open_transaction(const struct bench *b, char **ret_id)
{
	CLEANUP(strv_clear) struct strv ids = {0};

	assert_int_equal(state_transactions(&b->state, &ids, NULL), 0);
	assert_int_equal(ids.count, 1);
	*ret_id = xstrdup(ids.items[0]);
	return state_open_txn(&b->state, ids.items[0], false, NULL);
}

static void put_journal(int directory, const char *bytes, size_t n)
{
	int fd = openat(directory, JOURNAL_FILE, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static int run_recover(struct bench *b, struct recovery *ret)
{
	strv_clear(&b->stub.asked);
	return recover(&b->state, &b->temp->root, &b->stub.base, false, ret, NULL);
}

static int set_aside(struct bench *b, const struct strv *open, const char *id, char **ret_id)
{
	CLEANUP(strv_clear) struct strv notes = {0};

	return transaction_set_aside(&b->state, &b->temp->root, open, id, ret_id, &notes, NULL);
}

static void commit(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	bench_plan(b);
	assert_int_equal(bench_run(b, &result), 0);
}

/* The only transaction is told, whatever became of it. */
static void assert_listed(const struct bench *b, const char *id, bool damaged)
{
	struct transaction_summary *all = NULL;
	size_t count = 0;

	assert_int_equal(history_list(&b->state, &all, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_string_equal(all[0].id, id);
	assert_int_equal(all[0].state == TRANSACTION_DAMAGED, damaged);
	if (damaged) {
		assert_true(all[0].decided);
		assert_non_null(all[0].note);
	}
	transaction_summary_clear(&all[0]);
	free(all);
}

/* Whichever byte of an old journal is damaged: it is named, and recovery has nothing to do. */
static void test_any_byte_of_an_old_one(void **state)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(close_fd) int directory = -1;
	CLEANUP(freep) char *id = NULL;

	bench_open(&b, state);
	commit(&b);
	directory = open_transaction(&b, &id);
	get_at(directory, JOURNAL_FILE, &bytes);
	/* a damaged last record is not a record */
	for (size_t at = 0; at + HEAD_LEN + 2 + 4 < bytes.len; at += at < 64 ? 1 : 13) {
		CLEANUP(recovery_clear) struct recovery recovery = {0};

		bytes.data[at] ^= 0x20;
		put_journal(directory, bytes.data, bytes.len);
		bytes.data[at] ^= 0x20;
		assert_listed(&b, id, true);
		assert_int_equal(run_recover(&b, &recovery), 0);
		assert_int_equal(recovery.notes.count, 1);
		assert_non_null(strstr(recovery.notes.items[0], id));
		assert_int_equal(b.stub.asked.count, 0);
		assert_after(&b);
	}
	put_journal(directory, bytes.data, bytes.len);
	assert_listed(&b, id, false);
}

/* As after a kill, and then a damaged byte: nobody knows what to do, and a person has a way out. */
static void test_open_and_damaged(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0}, later = {0};
	CLEANUP(freep) char *id = NULL, *aside = NULL, *kept = NULL;
	CLEANUP(asides_clear) struct asides asides = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(close_fd) int directory = -1;
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	commit(&b);
	directory = open_transaction(&b, &id);
	get_at(directory, JOURNAL_FILE, &bytes);
	bytes.data[offset_of(&bytes, 1) + 40] ^= 1;
	put_journal(directory, bytes.data, offset_of(&bytes, 3));
	assert_int_equal(run_recover(&b, &recovery), -EUCLEAN);
	assert_int_equal(recovery.open.count, 1);
	assert_string_equal(recovery.open.items[0], id);

	assert_int_equal(set_aside(&b, &recovery.open, "2", &aside), 0);
	assert_string_equal(aside, id);
	assert_int_equal(asides_list(&b.state, &asides, NULL), 0);
	assert_int_equal(asides.count, 1);
	assert_string_equal(asides.items[0].id, id);
	kept = xasprintf("aside/%s/RESTORE", id);
	assert_int_equal(faccessat(b.state.fd, kept, F_OK, 0), 0);
	assert_int_equal(run_recover(&b, &later), 0);
	assert_after(&b);
	assert_swept(&b);
}

/* Somebody took it away, or a check of the file system: what was saved is the only way back then. */
static void test_journal_is_gone(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0}, later = {0};
	CLEANUP(freep) char *id = NULL, *aside = NULL, *kept = NULL;
	struct transaction_summary *all = NULL;
	CLEANUP(close_fd) int directory = -1;
	CLEANUP(bench_close) struct bench b;
	size_t count = 0;

	bench_open(&b, state);
	commit(&b);
	directory = open_transaction(&b, &id);
	assert_int_equal(unlinkat(directory, JOURNAL_FILE, 0), 0);
	assert_int_equal(history_list(&b.state, &all, &count, NULL), 0);
	assert_int_equal(all[0].state, TRANSACTION_DAMAGED);
	assert_false(all[0].decided);
	assert_non_null(strstr(all[0].note, "the journal is gone"));
	transaction_summary_clear(&all[0]);
	free(all);
	assert_int_equal(run_recover(&b, &recovery), -EUCLEAN);
	assert_string_equal(recovery.open.items[0], id);
	assert_int_equal(faccessat(directory, "RESTORE", F_OK, 0), 0);

	assert_int_equal(set_aside(&b, &recovery.open, id, &aside), 0);
	kept = xasprintf("aside/%s/RESTORE", id);
	assert_int_equal(faccessat(b.state.fd, kept, F_OK, 0), 0);
	assert_int_equal(run_recover(&b, &later), 0);
	assert_after(&b);
}

/* A run that died before it began, or a removal that was broken off, has one that never was one. */
static void test_journal_never_was(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	CLEANUP(close_fd) int directory = -1;
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *id = NULL;

	bench_open(&b, state);
	commit(&b);
	directory = open_transaction(&b, &id);
	assert_int_equal(renameat(directory, JOURNAL_FILE, directory, JOURNAL_NEW), 0);
	assert_int_equal(run_recover(&b, &recovery), 0);
	assert_int_equal(recovery.finished, 1);
	assert_int_equal(state_transactions(&b.state, &ids, NULL), 0);
	assert_int_equal(ids.count, 0);
}

static void test_kept_is_not_set_aside(void **state)
{
	CLEANUP(bench_close) struct bench b;
	char *id = NULL;

	bench_open(&b, state);
	commit(&b);
	assert_int_equal(set_aside(&b, &(struct strv){0}, "2", &id), -EPERM);
	assert_int_equal(set_aside(&b, &(struct strv){0}, "3", &id), -ENOENT);
	assert_null(id);
}

/* An undo that fails for ever ends all the same. */
static void test_stuck(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0}, later = {0};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *aside = NULL;

	bench_open(&b, state);
	bench_plan(&b);
	b.stub.unhealthy = 1;
	b.stub.intruded = FILE_PATH;
	assert_true(bench_run(&b, &result) < 0);
	assert_int_equal(result.state, TRANSACTION_STUCK);
	assert_int_equal(run_recover(&b, &recovery), -EUCLEAN);
	assert_int_equal(recovery.open.count, 1);
	assert_int_equal(set_aside(&b, &recovery.open, result.id, &aside), 0);
	assert_int_equal(run_recover(&b, &later), 0);
	assert_text(&b, FILE_PATH, THEIRS);
	assert_swept(&b);
}

/* How far a transaction came: what its journal is cut to, or how it was run. */
static const struct {
	const char *what;
	bool wait, over, fail, none; /* none: it died before it had a journal */
	enum record_type last; /* its journal ends with this one; 0: with its end */
} standings[] = {
	{.what = "open", .none = true},
	{.what = "prepared", .last = RECORD_INTENT},
	{.what = "applied", .last = RECORD_APPLIED},
	{.what = "committed", .last = RECORD_COMMIT},
	{.what = "committed and swept"},
	{.what = "waiting", .wait = true},
	{.what = "overdue", .wait = true, .over = true},
	{.what = "undoing", .fail = true, .last = RECORD_UNDO_BEGIN},
	{.what = "stuck", .fail = true},
};

static const struct {
	const char *place, *how;
} damages[] = {
	{JOURNAL_FILE, "byte"},      {JOURNAL_FILE, "empty"}, {JOURNAL_FILE, "mode"},
	{JOURNAL_FILE, "directory"}, {"staged", "byte"},      {"staged", "mode"},
	{"staged", "directory"},     {"blob", "byte"},        {"blob", "mode"},
	{"blobs", "gone"},
};

static void cut(struct records *r, void *data)
{
	size_t i = *(size_t *)data, count = 0;

	if (standings[i].over)
		for (size_t k = 0; k < r->count; k++)
			if (r->items[k].type == RECORD_WAITING) {
				free(r->items[k].payload);
				r->items[k].payload =
					xstrdup("{\"until_usec\":1,\"granted_usec\":1,"
						"\"boot_id\":\"x\",\"mono_usec\":1}");
			}
	if (!standings[i].last)
		return;
	while (count < r->count && r->items[count].type != standings[i].last)
		count++;
	for (size_t k = count + 1; k < r->count; k++)
		free(r->items[k].payload);
	r->count = count < r->count ? count + 1 : r->count;
}

static void stand(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(close_fd) int directory = -1;
	CLEANUP(freep) char *id = NULL;

	bench_plan(b);
	b->confirm_usec = standings[i].wait ? 60000000 : 0;
	if (standings[i].fail) {
		b->stub.unhealthy = 1;
		b->stub.intruded = FILE_PATH;
	}
	bench_run(b, &result);
	bench_rewrite(b, cut, &i);
	directory = open_transaction(b, &id);
	if (!standings[i].none)
		return;
	assert_int_equal(unlinkat(directory, JOURNAL_FILE, 0), 0);
	assert_int_equal(unlinkat(directory, "RESTORE", 0), 0);
	assert_int_equal(renameat(directory, "blobs", directory, "no-blobs"), 0);
}

static void harm(const struct bench *b, const char *place, const char *how)
{
	CLEANUP(close_fd) int directory = -1;
	CLEANUP(freep) char *id = NULL, *command = NULL;
	static const char script[] =
		"cd '%s/var/lib/harden/txn/%s' || exit 1; f='%s'; [ $f != blob ] || f=$(ls -d "
		"blobs/* 2>/dev/null | head -n 1); [ -e \"$f\" ] || exit 0; case %s in byte) "
		"printf '\\377' | dd of=\"$f\" bs=1 seek=0 conv=notrunc 2>/dev/null;; empty) "
		": > \"$f\";; gone) rm -r \"$f\";; mode) chmod 0666 \"$f\";; "
		"directory) rm -r \"$f\"; mkdir \"$f\";; esac";

	directory = open_transaction(b, &id);
	command = xasprintf(script, b->temp->path, id, place, how);
	assert_int_equal(system(command), 0);
}

/* Recovery, then what it advises, in turn: nothing needs a person any more. */
static void get_out(struct bench *b, const char *what)
{
	CLEANUP(recovery_clear) struct recovery first = {0}, last = {0};
	struct transaction_summary *all = NULL;
	size_t count = 0;

	run_recover(b, &first);
	for (size_t i = 0; i < first.open.count; i++) {
		CLEANUP(recovery_clear) struct recovery again = {0};
		CLEANUP(freep) char *aside = NULL;

		run_recover(b, &again); /* as the command does */
		if (set_aside(b, &again.open, first.open.items[i], &aside) < 0)
			fail_msg("%s: the advice to set it aside does not work", what);
	}
	if (run_recover(b, &last) < 0)
		fail_msg("%s: still needs a person: %s", what, last.left.items[0]);
	if (history_list(&b->state, &all, &count, NULL) < 0)
		fail_msg("%s: the ledger cannot be read", what);
	for (size_t i = 0; i < count; i++)
		transaction_summary_clear(&all[i]);
	free(all);
}

static void try_way_out(struct bench *b, size_t row)
{
	size_t i = row / ARRAY_SIZE(damages);
	const char *place = damages[row % ARRAY_SIZE(damages)].place;
	const char *how = damages[row % ARRAY_SIZE(damages)].how;
	CLEANUP(freep) char *what = xasprintf("%s, %s: %s", standings[i].what, place, how);

	stand(b, i);
	harm(b, place, how);
	get_out(b, what);
}

/* Every state, each thing that recovery reads, every kind of damage. */
static void test_a_way_out_of_each(void **state)
{
	(void)state;
	bench_each(try_way_out, ARRAY_SIZE(standings) * ARRAY_SIZE(damages));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_any_byte_of_an_old_one),
		TEMP_DIRECTORY_TEST(test_open_and_damaged),
		TEMP_DIRECTORY_TEST(test_journal_is_gone),
		TEMP_DIRECTORY_TEST(test_journal_never_was),
		TEMP_DIRECTORY_TEST(test_kept_is_not_set_aside),
		TEMP_DIRECTORY_TEST(test_stuck),
		cmocka_unit_test(test_a_way_out_of_each),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
