/*
 * What it costs to replace files, by their number, in what does not depend on the machine: syncs and walks
 * from the root do not grow with it, and what is opened and looked at grows with it and no faster.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define DIRECTORIES 5
#define PASSES                                                                                     \
	8 /* over the plan's paths: room, start, stage, 2 x sync, move, sweep, and one for all else */
#define OPENED 11 /* a file: 4 x to look and to read, staged, 2 blobs */
#define LOOKS 5
#define ROOT_SYNCS                                                                                 \
	7 /* nothing is staged: list, targets, state, journal and its name, moved, COMMIT */

static struct cost {
	size_t syncs, walks, opened, looks;
} cost;

#define COUNTED(type, name, counter, params, args)                                                 \
	type __real_##name params;                                                                 \
	type __wrap_##name params;                                                                 \
	type __wrap_##name params                                                                  \
	{                                                                                          \
		cost.counter++;                                                                    \
		return __real_##name args;                                                         \
	}

COUNTED(int, syncfs, syncs, (int fd), (fd))
COUNTED(int, fsync, syncs, (int fd), (fd))
COUNTED(int, fdatasync, syncs, (int fd), (fd))
COUNTED(int, root_walk, walks,
	(const struct root *r, const char *path, struct walk *ret, struct error *err),
	(r, path, ret, err))
COUNTED(int, root_walk_nofollow, walks,
	(const struct root *r, const char *path, struct walk *ret, struct error *err),
	(r, path, ret, err))
COUNTED(int, root_look, walks,
	(const struct root *r, const char *path, struct walk *ret, struct error *err),
	(r, path, ret, err))
COUNTED(int, openat64, opened, (int fd, const char *path, int flags, ...), (fd, path, flags, 0600))
COUNTED(int, open64, opened, (const char *path, int flags, ...), (path, flags, 0600))
COUNTED(int, statx, looks, (int fd, const char *path, int flags, unsigned mask, struct statx *ret),
	(fd, path, flags, mask, ret))

/* Some are there, and those of the other half are made, with their directories. */
static void compose(struct bench *b, size_t n, bool made)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	for (size_t i = 0; i < n; i++) {
		CLEANUP(freep) char *directory = xasprintf("/etc/d%zu", i % DIRECTORIES);
		CLEANUP(freep) char *path = xasprintf("%s/f%zu", directory, i);
		CLEANUP(freep) char *text = xasprintf("x = 1\ny = %zu\n", i);

		if (!made && i < DIRECTORIES)
			assert_int_equal(mkdirat(b->temp->fd, directory + 1, 0755), 0);
		if (made && i < DIRECTORIES) {
			edits_add(&edits, "c", directory, subj("exists"), NULL, "dir");
			edits_add_own(&edits, directory);
		}
		if (!made)
			temp_directory_write(b->temp, path + 1, text);
		edits_add(&edits, "c", path, subj("kv:x"), NULL, "2");
		if (made)
			edits_add_own(&edits, path);
	}
	bench_compose(b, &edits, &effects);
}

static struct cost run(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	cost = (struct cost){0};
	assert_int_equal(bench_run(b, &result), 0);
	assert_int_equal(result.state, TRANSACTION_COMMITTED);
	return cost;
}

/* There, and what the way back costs. */
static void measure(void **state, size_t n, bool made, struct cost *up, struct cost *down)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;
	void *own = NULL;

	assert_int_equal(temp_directory_setup(&own), 0);
	bench_open(&b, &own);
	compose(&b, n, made);
	*up = run(&b);
	assert_text(&b, "/etc/d0/f0", made ? "x = 2\n" : "x = 2\ny = 0\n");
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	*down = run(&b);
	assert_text(&b, "/etc/d0/f0", made ? NULL : "x = 1\ny = 0\n");
	temp_directory_teardown(&own);
}

static void assert_at_most(const char *what, size_t is, size_t most)
{
	if (is > most)
		fail_msg("%s: %zu, %zu at most", what, is, most);
}

static void judge(const struct cost *few, const struct cost *many, size_t more)
{
	print_message("# %zu syncs, %zu walks, %zu opened, %zu looks\n", many->syncs, many->walks,
		      many->opened, many->looks);
	assert_int_equal(few->syncs, many->syncs);
	assert_int_equal(few->walks, many->walks);
	assert_at_most("walks", many->walks, PASSES * DIRECTORIES + 10);
	assert_at_most("opened", many->opened - few->opened, OPENED * more);
	assert_at_most("looks", many->looks - few->looks, LOOKS * more);
}

static void test_there(void **state)
{
	struct cost few[2], many[2];

	measure(state, 10, false, &few[0], &few[1]);
	measure(state, 200, false, &many[0], &many[1]);
	judge(&few[0], &many[0], 190);
	judge(&few[1], &many[1], 190);
}

/* Where the plan makes the directories, the files can only be staged when those are there. */
static void test_made(void **state)
{
	struct cost few[2], many[2];

	measure(state, 10, true, &few[0], &few[1]);
	measure(state, 200, true, &many[0], &many[1]);
	print_message("# %zu and %zu syncs, %zu and %zu walks\n", few[0].syncs, many[0].syncs,
		      few[0].walks, many[0].walks);
	assert_int_equal(few[0].syncs, many[0].syncs);
	assert_int_equal(few[1].syncs, many[1].syncs);
}

/* The root itself, which no directory holds, is changed and made durable as all else. */
static void test_root(void **state)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;
	void *own = NULL;

	assert_int_equal(temp_directory_setup(&own), 0);
	bench_open(&b, &own);
	assert_int_equal(fchmod(b.temp->fd, 0755), 0);
	edits_add(&edits, "c", "/", subj("mode"), NULL, "0700");
	bench_compose(&b, &edits, &effects);
	assert_int_equal(run(&b).syncs, ROOT_SYNCS);
	assert_int_equal(mode_of(&b, "/."), 0700);
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(run(&b).syncs, ROOT_SYNCS);
	assert_int_equal(mode_of(&b, "/."), 0755);
	temp_directory_teardown(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there),
		cmocka_unit_test(test_made),
		cmocka_unit_test(test_root),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
