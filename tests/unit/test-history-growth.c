/*
 * What a longer ledger costs, in what does not depend on the machine: opens and parses of journals, bytes
 * that are read, comparisons of texts, allocations. However often a command asks what the transactions
 * are, each journal is read once, and once more with the contents of its images; ten times as many
 * transactions cost eleven times that at most.
 */

#include "tests/test.h"

#include <dirent.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/plan/image-follow.h"
#include "engine/plan/plan-json.h"
#include "rollback/blobs.h"
#include "rollback/history-gone.h"
#include "rollback/history-left.h"
#include "rollback/journal.h"
#include "rollback/prune.h"
#include "rollback/transaction-directory.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

static struct cost {
	size_t opened, parsed, bytes, comparisons, allocations, followed, listed;
} cost;

#define COUNTED(type, name, counter, by, params, args)                                             \
	type __real_##name params;                                                                 \
	type __wrap_##name params;                                                                 \
	type __wrap_##name params                                                                  \
	{                                                                                          \
		cost.counter += (by);                                                              \
		return __real_##name args;                                                         \
	}

COUNTED(int, openat64, opened, strcmp(path, JOURNAL_FILE) == 0,
	(int fd, const char *path, int flags, ...), (fd, path, flags, 0600))
COUNTED(DIR *, fdopendir, listed, 1, (int fd), (fd))
COUNTED(int, plan_from_json, parsed, 1,
	(struct plan * ret, const char *name, const struct buf *text, struct error *err),
	(ret, name, text, err))
COUNTED(int, image_follow, followed, 1,
	(const struct image *base, const struct image *other, struct image *ours, struct follow *f,
	 struct error *err),
	(base, other, ours, f, err))
COUNTED(int, strcmp, comparisons, 1, (const char *a, const char *b), (a, b))
COUNTED(void *, calloc, allocations, 1, (size_t n, size_t size), (n, size))
COUNTED(void *, reallocarray, allocations, 1, (void *p, size_t n, size_t size), (p, n, size))
COUNTED(char *, strdup, allocations, 1, (const char *s), (s))

int __real_fd_read_all(int fd, size_t max, struct buf *ret);
int __wrap_fd_read_all(int fd, size_t max, struct buf *ret);
int __wrap_fd_read_all(int fd, size_t max, struct buf *ret)
{
	size_t had = ret->len;
	int r = __real_fd_read_all(fd, max, ret);

	cost.bytes += ret->len - had;
	return r;
}

static char *id_of(size_t number)
{
	return xasprintf("20260101-%02zu%02zu%02zu-%06zx", number / 3600, number / 60 % 60,
			 number % 60, number);
}

static int open_txn(const struct bench *b, const char *id, bool create)
{
	int fd = state_open_txn(&b->state, id, create, NULL);

	assert_true(fd >= 0);
	return fd;
}

/* The same plan the other way: its rollback; and once more, and it is as it was. */
static void turn_round(struct plan *plan)
{
	for (size_t i = 0; i < plan->nchanges; i++) {
		struct change *c = &plan->changes[i];
		struct image first = c->images[0];

		c->images[0] = c->images[c->nimages - 1];
		c->images[c->nimages - 1] = first;
		for (size_t k = 0; k < c->edits.count; k++) {
			char *before = c->edits.items[k].before;

			c->edits.items[k].before = c->edits.items[k].after;
			c->edits.items[k].after = before;
		}
	}
}

/* An apply, or the rollback of the one before. */
static void write_transaction(struct bench *b, size_t number)
{
	CLEANUP(freep) char *id = id_of(number), *of = number % 2 ? id_of(number - 1) : NULL;
	CLEANUP(close_fd) int directory = open_txn(b, id, true);
	char apply[] = "apply", rollback[] = "rollback", boot[] = "boot";
	const struct transaction_head head = {.id = id,
					      .kind = of ? rollback : apply,
					      .of = of,
					      .boot_id = boot,
					      .started_usec = number + 1};
	CLEANUP(freep) char *payload = transaction_head_format(&head);
	CLEANUP(buf_clear) struct buf plan = {0};
	struct journal j = JOURNAL_INIT;

	assert_int_equal(blobs_store(directory, &b->plan, NULL), 0);
	assert_int_equal(plan_to_json(&b->plan, false, &plan, NULL), 0);
	assert_int_equal(journal_create(directory,
					(const struct record[]){{RECORD_HEADER, payload},
								{RECORD_INTENT, plan.data}},
					2, &j, NULL),
			 0);
	assert_int_equal(journal_note(&j, RECORD_COMMIT, "{}", NULL), 0);
	assert_int_equal(journal_note(&j, RECORD_SWEPT, "{}", NULL), 0);
	journal_close(&j);
}

/* What the bench has planned, or its way back. */
static void add_transaction(struct bench *b, size_t number)
{
	if (number % 2)
		turn_round(&b->plan);
	write_transaction(b, number);
	if (number % 2)
		turn_round(&b->plan);
}

/* Older than what a file system's clock could tell apart. */
static void grow_old(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 80000000L}, NULL);
}

/* n pairs of an apply and its rollback, and one apply that is in force. */
static void make_ledger(struct bench *b, size_t n)
{
	plan_add_finding(&b->plan, "c0")->state = FINDING_PLANNED;
	for (size_t i = 0; i < 2 * n + 1; i++)
		add_transaction(b, i);
	grow_old();
}

static void reopen(struct bench *b)
{
	state_close(&b->state);
	assert_int_equal(state_open(&b->state, &b->temp->root, false, NULL), 0);
	cost = (struct cost){0};
}

static void ask_history(const struct bench *b, enum transaction_state newest)
{
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(strv_clear) struct strv left = {0}, gone = {0};

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	assert_int_equal(h.items[h.count - 1].state, newest);
	history_left(&h, &b->temp->root, &left);
	assert_int_equal(history_gone(&b->state, &h, &b->temp->root, &gone, NULL), 0);
	for (size_t i = 0; i + 1 < h.count; i += 2)
		assert_string_equal(h.items[i].rolled_back_by, h.items[i + 1].id);
}

static void ask_all(const struct bench *b)
{
	const struct pruning_limits limits = {.keep = 1, .before_usec = UINT64_MAX};
	CLEANUP(pruning_clear) struct pruning pruning = {0};
	CLEANUP(strv_clear) struct strv controls = {0};

	ask_history(b, TRANSACTION_COMMITTED);
	assert_int_equal(history_controls(&b->state, &controls, NULL), 0);
	assert_int_equal(controls.count, 1);
	assert_int_equal(pruning_choose_old(&b->state, &b->temp->root, &limits, &pruning, NULL), 0);
	assert_int_equal(pruning.kept.count, 0);
}

static void plan_undo(struct bench *b)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(history_load(&b->state, NULL, &t, &err), 0);
	assert_int_equal(revert_has_part(&b->state, &t, NULL, &err), 1);
	if (revert_plan(&b->state, &t, NULL, CONFLICT_BEFORE, &b->temp->root, &b->facts, &plan,
			&conflicts, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void test_read_once(void **state)
{
	CLEANUP(bench_close) struct bench b;
	struct cost once;

	bench_open(&b, state);
	make_ledger(&b, 10);
	reopen(&b);
	ask_all(&b);
	assert_int_equal(cost.opened, 21);
	assert_int_equal(cost.parsed, 21);
	once = cost;
	ask_all(&b);
	assert_int_equal(cost.opened, once.opened);
	assert_int_equal(cost.bytes, once.bytes);
	for (int i = 0; i < 3; i++)
		plan_undo(&b);
	print_message("# %zu opens, %zu parses, %zu bytes\n", cost.opened, cost.parsed, cost.bytes);
	assert_true(cost.opened <= 2 * 21);
	assert_int_equal(cost.parsed, cost.opened);
}

static void put_in_place(int directory, const struct records *r)
{
	struct journal j = JOURNAL_INIT;

	assert_int_equal(journal_create(directory, r->items, r->count, &j, NULL), 0);
	journal_close(&j);
}

/* Whatever is written to a journal, or put in its place, is seen by the next who asks: at once, or later. */
static void written_since(struct bench *b, bool later)
{
	CLEANUP(freep) char *id = id_of(4);
	CLEANUP(close_fd) int directory = -1;
	struct journal j = JOURNAL_INIT;
	struct records r = {0};
	static const struct {
		enum record_type last; /* of the same length: the file has the same size */
		enum transaction_state state;
	} ends[] = {{RECORD_UNDO_DONE, TRANSACTION_ROLLED_BACK},
		    {RECORD_SWEPT, TRANSACTION_COMMITTED},
		    {RECORD_STUCK, TRANSACTION_STUCK}};

	make_ledger(b, 2);
	reopen(b);
	ask_history(b, TRANSACTION_COMMITTED);
	directory = open_txn(b, id, false);
	assert_int_equal(journal_open(directory, &j, &r, NULL), 0);
	assert_int_equal(journal_append(&j, RECORD_UNDO_BEGIN, "{}", NULL), 0);
	journal_close(&j);
	if (later)
		grow_old();
	ask_history(b, TRANSACTION_UNDOING);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		r.items[r.count - 1].type = ends[i].last;
		put_in_place(directory, &r);
		if (later)
			grow_old();
		ask_history(b, ends[i].state);
	}
	records_clear(&r);
}

static void test_written_since(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	written_since(&b, false);
}

static void test_written_long_since(void **state)
{
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	written_since(&b, true);
}

static struct cost measure(size_t pairs)
{
	CLEANUP(bench_close) struct bench b;
	void *state = NULL;
	struct cost ret;

	assert_int_equal(temp_directory_setup(&state), 0);
	bench_open(&b, &state);
	make_ledger(&b, pairs);
	reopen(&b);
	ask_all(&b);
	ret = cost;
	for (int i = 0; i < 3; i++)
		plan_undo(&b);
	print_message("# %zu transactions: %zu opens, %zu comparisons, %zu allocations, and with "
		      "three plans of an undo %zu, %zu, %zu\n",
		      2 * pairs + 1, ret.opened, ret.comparisons, ret.allocations, cost.opened,
		      cost.comparisons, cost.allocations);
	temp_directory_teardown(&state);
	return ret;
}

/* Journals of earlier versions name nobody, and nobody looks through all of them for each that goes. */
static struct cost measure_prune(size_t pairs)
{
	const struct pruning_limits limits = {.keep = 1, .before_usec = UINT64_MAX};
	CLEANUP(pruning_clear) struct pruning p = {0};
	CLEANUP(bench_close) struct bench b;
	void *state = NULL;
	struct cost ret;

	assert_int_equal(temp_directory_setup(&state), 0);
	bench_open(&b, &state);
	make_ledger(&b, pairs);
	assert_int_equal(pruning_choose_old(&b.state, &b.temp->root, &limits, &p, NULL), 0);
	assert_int_equal(p.ids.count, 2 * pairs);
	cost = (struct cost){0};
	assert_int_equal(pruning_run(&b.state, &p, NULL), 0);
	ret = cost;
	print_message("# a prune of %zu: %zu opens, %zu bytes, %zu comparisons, %zu allocations\n",
		      2 * pairs, ret.opened, ret.bytes, ret.comparisons, ret.allocations);
	temp_directory_teardown(&state);
	return ret;
}

static void test_growth_of_prune(void **state)
{
	struct cost few = measure_prune(10), many = measure_prune(100);

	assert_true(many.opened <= 11 * few.opened);
	assert_true(many.bytes <= 11 * few.bytes);
	assert_true(many.allocations <= 11 * few.allocations);
	(void)state;
}

/* What those hold that would go is asked for without the three questions more that opendir(3) has for each directory. */
static size_t lists_of_choice(size_t pairs)
{
	const struct pruning_limits limits = {.keep = 1, .before_usec = UINT64_MAX};
	CLEANUP(pruning_clear) struct pruning p = {0};
	CLEANUP(bench_close) struct bench b;
	void *state = NULL;

	assert_int_equal(temp_directory_setup(&state), 0);
	bench_open(&b, &state);
	make_ledger(&b, pairs);
	cost = (struct cost){0};
	assert_int_equal(pruning_choose_old(&b.state, &b.temp->root, &limits, &p, NULL), 0);
	assert_int_equal(p.ids.count, 2 * pairs);
	assert_true(p.bytes > 2 * pairs * 1000); /* a journal is longer than that */
	temp_directory_teardown(&state);
	return cost.listed;
}

static void test_sizes(void **state)
{
	assert_int_equal(lists_of_choice(30), lists_of_choice(3));
}

/* A mode, and a directory that is made; `touched`: others write the file in front of each apply. */
static void make_ledger_of_changes(struct bench *b, size_t pairs, bool touched)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	const struct effects none = {0};

	temp_directory_write(b->temp, "etc/options", "x = 1\n");
	assert_int_equal(fchmodat(b->temp->fd, "etc/options", 0666, 0), 0);
	edits_add(&edits, "c0", "/etc/options", subj("mode"), NULL, "0600");
	edits_add(&edits, "c0", "/etc/own", subj("exists"), NULL, "dir");
	edits_add_own(&edits, "/etc/own");
	bench_compose(b, &edits, &none);
	plan_add_finding(&b->plan, "c0")->state = FINDING_PLANNED;
	for (size_t i = 0; i < 2 * pairs + 1; i++) {
		const struct change *c = plan_find_change(&b->plan, "/etc/options");

		if (touched)
			c->images[0].node.mode = 0666 ^ (i / 2 % 2);
		add_transaction(b, i);
	}
	grow_old();
}

static struct cost measure_undo(size_t pairs, bool touched)
{
	CLEANUP(bench_close) struct bench b;
	void *state = NULL;
	struct cost ret;

	assert_int_equal(temp_directory_setup(&state), 0);
	bench_open(&b, &state);
	make_ledger_of_changes(&b, pairs, touched);
	reopen(&b);
	plan_undo(&b);
	ret = cost;
	print_message("# an undo behind %zu%s: %zu opens, %zu comparisons, %zu allocations, %zu "
		      "steps of others followed\n",
		      2 * pairs, touched ? ", with others between" : "", ret.opened,
		      ret.comparisons, ret.allocations, ret.followed);
	temp_directory_teardown(&state);
	return ret;
}

/* One path in every transaction: none of them is replayed anew for each that comes behind it. */
static void test_growth_of_undo(void **state)
{
	for (int touched = 0; touched < 2; touched++) {
		struct cost few = measure_undo(20, touched), many = measure_undo(200, touched);

		assert_true(many.opened <= 11 * few.opened);
		assert_true(many.comparisons <= 11 * few.comparisons);
		assert_true(many.allocations <= 11 * few.allocations);
		assert_true(few.followed > 0 && many.followed <= 11 * few.followed);
	}
	(void)state;
}

static void test_growth(void **state)
{
	struct cost few = measure(10), many = measure(100);

	assert_true(many.opened <= 11 * few.opened);
	assert_true(many.bytes <= 11 * few.bytes);
	assert_true(many.comparisons <= 60 * 201); /* most are the sorts' */
	assert_true(many.allocations <= 11 * few.allocations);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_read_once),
		TEMP_DIRECTORY_TEST(test_written_since),
		TEMP_DIRECTORY_TEST(test_written_long_since),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_growth_of_prune),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_growth_of_undo),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
