/*
 * Links moved by a transaction: made, led elsewhere and taken away, put back with their inode
 * and time, and left alone where somebody else has his own. Files to which somebody else gave rights.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/write/write.h"
#include "rollback/recover.h"
#include "rollback/transaction-directory.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define MADE "etc/wants/made"
#define MOVED "etc/moved"
#define GONE "etc/gone"
#define OLD_TIME 1000000000

static void make_link(const struct bench *b, const char *name, const char *target)
{
	const struct timespec times[2] = {{OLD_TIME, 1}, {OLD_TIME, 2}};

	assert_int_equal(symlinkat(target, b->temp->fd, name), 0);
	assert_int_equal(utimensat(b->temp->fd, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

static void make_plan(struct bench *b)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	edits_add(&edits, "c", "/etc/wants", subj("exists"), NULL, "dir");
	edits_add_own(&edits, "/etc/wants");
	edits_add(&edits, "c", "/" MADE, subj("link"), NULL, "/lib/unit");
	edits_add_own(&edits, "/" MADE);
	edits_add(&edits, "c", "/" MOVED, subj("link"), NULL, "/dev/null");
	edits_add(&edits, "d", "/" GONE, subj("link"), NULL, NULL);
	effects_add(&effects, "c", HANDLER_SYSTEMD_RELOAD, subj("unit:x"), NULL, "read again");
	bench_compose(b, &edits, &effects);
}

static void links_open(struct bench *b, void **state)
{
	bench_open(b, state);
	make_link(b, MOVED, "/nowhere");
	make_link(b, GONE, "../lib/unit");
	make_plan(b);
}

static int run(struct bench *b, enum transaction_state *ret_state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	int r = bench_run(b, &result);

	*ret_state = result.state;
	return r;
}

/* NULL: there is none. */
static void assert_link(const struct bench *b, const char *name, const char *target)
{
	char is[100] = "";
	ssize_t n = readlinkat(b->temp->fd, name, is, sizeof(is) - 1);

	if (!target) {
		assert_int_equal(n, -1);
		assert_int_equal(faccessat(b->temp->fd, name, F_OK, AT_SYMLINK_NOFOLLOW), -1);
		return;
	}
	assert_true(n > 0);
	assert_string_equal(is, target);
}

static void assert_links_after(const struct bench *b)
{
	assert_link(b, MADE, "/lib/unit");
	assert_link(b, MOVED, "/dev/null");
	assert_link(b, GONE, NULL);
}

/* With the very times that they had. */
static void assert_links_before(const struct bench *b)
{
	static const char *const names[] = {MOVED, GONE};

	assert_link(b, "etc/wants", NULL);
	assert_link(b, MOVED, "/nowhere");
	assert_link(b, GONE, "../lib/unit");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct stat st;

		assert_int_equal(fstatat(b->temp->fd, names[i], &st, AT_SYMLINK_NOFOLLOW), 0);
		assert_int_equal(st.st_mtim.tv_sec, OLD_TIME);
		assert_int_equal(st.st_mtim.tv_nsec, 2);
	}
}

static void test_there_and_back(void **state)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;
	enum transaction_state how;

	links_open(&b, state);
	assert_int_equal(run(&b, &how), 0);
	assert_int_equal(how, TRANSACTION_COMMITTED);
	assert_links_after(&b);
	assert_swept(&b);
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(run(&b, &how), 0);
	assert_links_before(&b);
	assert_swept(&b);
}

static ino_t inode_of(const struct bench *b, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(b->temp->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_ino;
}

static void test_a_failure_puts_the_very_links_back(void **state)
{
	CLEANUP(bench_close) struct bench b;
	enum transaction_state how;
	ino_t moved, gone;

	links_open(&b, state);
	moved = inode_of(&b, MOVED);
	gone = inode_of(&b, GONE);
	b.stub.fail_at = 1; /* the way back goes well */
	assert_int_equal(run(&b, &how), -EIO);
	assert_int_equal(how, TRANSACTION_ROLLED_BACK);
	assert_links_before(&b);
	assert_swept(&b);
	assert_int_equal(inode_of(&b, MOVED), moved);
	assert_int_equal(inode_of(&b, GONE), gone);
}

static void test_one_control_alone_goes_back(void **state)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;
	enum transaction_state how;

	links_open(&b, state);
	plan_add_finding(&b.plan, "d")->state = FINDING_PLANNED;
	assert_int_equal(run(&b, &how), 0);
	assert_int_equal(bench_plan_rollback(&b, "d", CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(run(&b, &how), 0);
	assert_link(&b, GONE, "../lib/unit");
	assert_link(&b, MADE, "/lib/unit");
	assert_link(&b, MOVED, "/dev/null");
}

static void test_a_link_that_drifted_is_stale(void **state)
{
	CLEANUP(bench_close) struct bench b;
	enum transaction_state how;

	links_open(&b, state);
	assert_int_equal(unlinkat(b.temp->fd, MOVED, 0), 0);
	make_link(&b, MOVED, "/theirs");
	assert_int_equal(run(&b, &how), -ESTALE);
	assert_int_equal(how, TRANSACTION_OPEN);
	assert_link(&b, MOVED, "/theirs");
	assert_link(&b, MADE, NULL);
	assert_swept(&b);
}

/* A link that somebody led elsewhere since, and a file where a link was: neither is overwritten. */
static void test_what_others_put_there_is_a_conflict(void **state)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;
	enum transaction_state how;

	links_open(&b, state);
	assert_int_equal(run(&b, &how), 0);
	assert_int_equal(unlinkat(b.temp->fd, MOVED, 0), 0);
	make_link(&b, MOVED, "/theirs");
	temp_directory_write(b.temp, GONE, "theirs\n");
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), -ESTALE);
	assert_int_equal(conflicts.count, 2);
	assert_non_null(strstr(conflicts.items[0], "now (a file)"));
	assert_non_null(strstr(conflicts.items[1], "now /theirs"));
}

static int recover_it(struct bench *b, bool keep_foreign, struct recovery *ret)
{
	return recover(&b->state, &b->temp->root, &b->stub.base, keep_foreign, ret, NULL);
}

static void use_all_names(const struct bench *b)
{
	CLEANUP(strv_clear) struct strv ids = {0};

	assert_int_equal(state_transactions(&b->state, &ids, NULL), 0);
	for (size_t k = 0; k < b->plan.changes[0].nimages; k++) {
		CLEANUP(freep) char *tag = xasprintf("%s%zu", transaction_tag(ids.items[0]), k);
		CLEANUP(freep) char *name = staged_name("daemon.json", tag);
		CLEANUP(freep) char *path = xasprintf("etc/%s", name);

		temp_directory_write(b->temp, path, BEFORE);
	}
}

/* Others gave the file another mode, and that stays: what we wrote in it goes back all the same. */
static void test_rights_of_others(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery stops = {0}, recovery = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	b.live_restore = true;
	bench_plan(&b);
	assert_int_equal(bench_run(&b, &result), 0);
	bench_break_off_before_boot(&b);
	assert_int_equal(fchmodat(b.temp->fd, &FILE_PATH[1], 0604, 0), 0);
	assert_int_equal(fchmodat(b.temp->fd, &NEW_PATH[1], 0604, 0), 0);
	assert_int_equal(recover_it(&b, false, &stops), -EUCLEAN);
	use_all_names(&b); /* as a run may that is killed in the middle */
	assert_int_equal(recover_it(&b, true, &recovery), 0);
	assert_text(&b, FILE_PATH, BEFORE);
	assert_int_equal(mode_of(&b, FILE_PATH), 0604);
	assert_text(&b, NEW_PATH, NULL);
	assert_swept(&b);
	assert_non_null(strstr(recovery.notes.items[1], "keeps what somebody else gave it: mode"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_there_and_back),
		TEMP_DIRECTORY_TEST(test_a_failure_puts_the_very_links_back),
		TEMP_DIRECTORY_TEST(test_one_control_alone_goes_back),
		TEMP_DIRECTORY_TEST(test_a_link_that_drifted_is_stale),
		TEMP_DIRECTORY_TEST(test_what_others_put_there_is_a_conflict),
		TEMP_DIRECTORY_TEST(test_rights_of_others),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
