/*
 * The rollback of a transaction that was committed: that it is exact, what it does where somebody
 * changed the same file since, and that it can be had of one control.
 */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/plan/place-check.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

/* Commits, lets `meddle` change the host, and plans the rollback. */
static int commit_and_revert(struct bench *b, const char *meddle, const char *only,
			     enum on_conflict on_conflict, struct strv *conflicts)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	bench_plan(b);
	assert_int_equal(bench_run(b, &result), 0);
	if (meddle)
		temp_directory_write(b->temp, &FILE_PATH[1], meddle);
	return bench_plan_rollback(b, only, on_conflict, conflicts);
}

static void test_rollback_is_exact(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;
	struct stat was, is;

	bench_open(&b, state);
	assert_int_equal(fstatat(b.temp->fd, &FILE_PATH[1], &was, 0), 0);
	assert_int_equal(commit_and_revert(&b, NULL, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(bench_run(&b, &result), 0);
	assert_before(&b);
	assert_swept(&b);
	assert_int_equal(fstatat(b.temp->fd, &FILE_PATH[1], &is, 0), 0);
	assert_int_equal(was.st_mtim.tv_sec, is.st_mtim.tv_sec);
	assert_int_equal(was.st_mtim.tv_nsec, is.st_mtim.tv_nsec);
	assert_string_equal(b.stub.asked.items[1], "docker-restart true");
}

static void test_rollback_three_ways(void **state)
{
	static const struct {
		const char *meddle;
		enum on_conflict on_conflict;
		int result;
		size_t conflicts;
		const char *text;
	} cases[] = {
		/* another key was added: it stays */
		{"{\"mtu\": 1, \"icc\": false, \"b\": 2}", CONFLICT_STOP, 0, 0,
		 "{\"mtu\": 1, \"b\": 2}"},
		/* our key was taken back already */
		{"{\"mtu\": 3}", CONFLICT_STOP, 0, 0, "{\"mtu\": 3}"},
		/* our key has somebody else's value */
		{"{\"mtu\": 1, \"icc\": true}", CONFLICT_STOP, -ESTALE, 1,
		 "{\"mtu\": 1, \"icc\": true}"},
		{"{\"mtu\": 1, \"icc\": true}", CONFLICT_KEEP, 0, 1, "{\"mtu\": 1, \"icc\": true}"},
		{"{\"mtu\": 1, \"icc\": true}", CONFLICT_BEFORE, 0, 1, "{\"mtu\": 1}"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(strv_clear) struct strv conflicts = {0};
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;
		int r;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		r = commit_and_revert(&b, cases[i].meddle, NULL, cases[i].on_conflict, &conflicts);
		assert_int_equal(r, cases[i].result);
		assert_int_equal(conflicts.count, cases[i].conflicts);
		if (r == 0)
			assert_int_equal(bench_run(&b, &result), 0);
		assert_text(&b, FILE_PATH, cases[i].text);
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

static void test_rollback_of_one_control(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	assert_int_equal(commit_and_revert(&b, NULL, "daemon.icc", CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(bench_run(&b, &result), 0);
	assert_text(&b, FILE_PATH, BEFORE);
	assert_int_equal(mode_of(&b, FILE_PATH), 0600); /* another control's: stays */
	assert_text(&b, NEW_PATH, "x = 1\n");
}

/* A nested key whose object was made for it leaves no empty object behind. */
static void test_rollback_of_nested_key(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	edits_add(&edits, "limits", FILE_PATH, subj("json:/log-opts/max-size"), NULL, "\"10m\"");
	edits_add(&edits, "limits", FILE_PATH, subj("json:/log-opts/max-file"), NULL, "\"3\"");
	bench_compose(&b, &edits, &(struct effects){0});
	assert_int_equal(bench_run(&b, &applied), 0);
	temp_directory_write(
		b.temp, &FILE_PATH[1],
		"{\"mtu\": 2, \"log-opts\": {\"max-size\": \"10m\", \"max-file\": \"3\"}}");
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(bench_run(&b, &undone), 0);
	assert_text(&b, FILE_PATH, "{\"mtu\": 2}");
}

/* A file that the plan takes away is kept as a snapshot, too. */
static void test_taken_away_comes_back(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	edits_add(&edits, "gone", FILE_PATH, subj("exists"), "file", NULL);
	bench_compose(&b, &edits, &(struct effects){0});
	assert_int_equal(bench_run(&b, &applied), 0);
	assert_text(&b, FILE_PATH, NULL);
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(bench_run(&b, &undone), 0);
	assert_before(&b);
}

/* What harden made and somebody removed is as before: no conflict, and the rest goes. */
static void test_ours_was_removed(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	assert_int_equal(bench_run(&b, &applied), 0);
	assert_int_equal(unlinkat(b.temp->fd, &NEW_PATH[1], 0), 0);
	assert_int_equal(unlinkat(b.temp->fd, "etc/new", AT_REMOVEDIR), 0);
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(conflicts.count, 0);
	assert_int_equal(bench_run(&b, &undone), 0);
	assert_before(&b);
}

/* Bits of a mode meet like keys: what others closed stays closed, what harden closed opens again. */
static void test_bits_of_others(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b); /* 0644 to 0600 */
	assert_int_equal(bench_run(&b, &applied), 0);
	assert_int_equal(fchmodat(b.temp->fd, &FILE_PATH[1], 0400, 0), 0);
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_int_equal(bench_run(&b, &undone), 0);
	assert_int_equal(mode_of(&b, FILE_PATH), 0444);
	assert_text(&b, FILE_PATH, BEFORE);
}

/*
 * What somebody narrowed is a conflict, and so is what he made run as its owner: the value is his or
 * what it was, and no right that we had taken opens beside it unasked.
 */
static void test_narrowed_since(void **state)
{
	static const struct {
		mode_t theirs;
		enum on_conflict how;
		int result;
		mode_t mode;
	} cases[] = {{0604, CONFLICT_STOP, -ESTALE, 0604}, {0604, CONFLICT_KEEP, 0, 0604},
		     {0604, CONFLICT_BEFORE, 0, 0666},     {04755, CONFLICT_STOP, -ESTALE, 04755},
		     {04755, CONFLICT_KEEP, 0, 04755},     {04755, CONFLICT_BEFORE, 0, 0777}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(transaction_result_clear) struct transaction_result applied = {0};
		CLEANUP(transaction_result_clear) struct transaction_result undone = {0};
		CLEANUP(strv_clear) struct strv conflicts = {0};
		CLEANUP(edits_clear) struct edits edits = {0};
		CLEANUP(freep) char *told = NULL;
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		assert_int_equal(fchmodat(b.temp->fd, &FILE_PATH[1], 0666, 0), 0);
		edits_add(&edits, "mode", FILE_PATH, subj("mode"), "0666", "0644");
		bench_compose(&b, &edits, &(struct effects){0});
		assert_int_equal(bench_run(&b, &applied), 0);
		assert_int_equal(fchmodat(b.temp->fd, &FILE_PATH[1], cases[i].theirs, 0), 0);
		assert_int_equal(bench_plan_rollback(&b, NULL, cases[i].how, &conflicts),
				 cases[i].result);
		assert_int_equal(conflicts.count, 1);
		told = xasprintf("before 0666, applied 0644, now %04o", (unsigned)cases[i].theirs);
		assert_non_null(strstr(conflicts.items[0], told));
		if (cases[i].result == 0)
			assert_int_equal(bench_run(&b, &undone), 0);
		assert_int_equal(mode_of(&b, FILE_PATH), cases[i].mode);
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

#define DIRECTORY "/etc/keep"

static void narrow_directory(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	assert_int_equal(mkdirat(b->temp->fd, &DIRECTORY[1], 0700), 0);
	assert_int_equal(fchmodat(b->temp->fd, &DIRECTORY[1], 01777, 0), 0);
	edits_add(&edits, "directory", DIRECTORY, subj("mode"), NULL, "0755");
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, "directory")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &applied), 0);
	assert_int_equal(mode_of(b, DIRECTORY), 0755);
}

/* As after an umount: what is below is not the directory whose rights we took away. */
static void test_another_directory(void **state)
{
	static const struct {
		bool another;
		enum on_conflict how;
		int result;
		mode_t mode;
	} cases[] = {
		{false, CONFLICT_STOP, 0, 01777},
		{true, CONFLICT_STOP, -ESTALE, 0755},
		{true, CONFLICT_KEEP, 0, 0755},
		{true, CONFLICT_BEFORE, 0, 0755},
	};
	struct statfs fs;

	(void)state;
	if (statfs("/tmp", &fs) < 0 || fs.f_type == OVERLAYFS_SUPER_MAGIC)
		SKIP_BECAUSE("an overlay does not keep the inodes of directories");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(transaction_result_clear) struct transaction_result undone = {0};
		CLEANUP(strv_clear) struct strv conflicts = {0};
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		narrow_directory(&b);
		if (cases[i].another) {
			assert_int_equal(renameat(b.temp->fd, &DIRECTORY[1], b.temp->fd, "old"), 0);
			assert_int_equal(mkdirat(b.temp->fd, &DIRECTORY[1], 0755), 0);
		}
		assert_int_equal(bench_plan_rollback(&b, NULL, cases[i].how, &conflicts),
				 cases[i].result);
		assert_int_equal(conflicts.count, cases[i].another ? 1 : 0);
		if (cases[i].result == 0)
			assert_int_equal(bench_run(&b, &undone), 0);
		assert_int_equal(mode_of(&b, DIRECTORY), cases[i].mode);
		temp_directory_teardown(&fresh);
	}
}

/* Since the apply something was mounted where a changed file stands: known before anything is tried. */
static void test_closed_since(void **state)
{
	static const struct {
		const char *mounts;
		int result;
	} cases[] = {
		{"1 1 8:1 / / rw - ext4 /dev/a rw\n", 0},
		{"1 1 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 / /srv rw - ext4 /dev/b rw\n", 0},
		{"1 1 8:1 / / rw - ext4 /dev/a rw\n2 1 8:1 /x /etc/daemon.json rw - ext4 /dev/a "
		 "rw\n",
		 -EPERM},
		{"1 1 8:1 / / rw - ext4 /dev/a rw\n2 1 8:2 / /etc ro - ext4 /dev/b rw\n", -EPERM},
	};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	assert_int_equal(commit_and_revert(&b, NULL, NULL, CONFLICT_STOP, &conflicts), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};

		str_replace(&b.facts.mounts, cases[i].mounts);
		if (plan_check_places(&b.plan, &b.facts, &err) != cases[i].result)
			fail_msg("case %zu: %s", i, error_text(&err));
	}
}

/* Somebody gave our file another name: what reads its directory reads it all the same, or not. */
static void test_renamed_since(void **state)
{
	static const struct {
		const char *name, *more;
		enum on_conflict on_conflict;
		int result;
		size_t conflicts;
	} cases[] = {
		{"50-a.rules", NULL, CONFLICT_STOP, -ESTALE, 1},
		{"50-a.rules", NULL, CONFLICT_KEEP, 0, 1},
		{"50-a.rules", NULL, CONFLICT_BEFORE, -EPERM, 1},
		{".rules", NULL, CONFLICT_STOP, -ESTALE, 1}, /* dockerd reads ".crt" */
		{".a.rules", NULL, CONFLICT_STOP, -ESTALE, 1},
		{"60-ours.rules.off", NULL, CONFLICT_STOP, 0, 0},
		{"50-a.rules", "y = 2\n", CONFLICT_STOP, 0, 0}, /* written anew */
		{"../elsewhere", NULL, CONFLICT_STOP, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(strv_clear) struct strv conflicts = {0};
		CLEANUP(edits_clear) struct edits edits = {0};
		CLEANUP(freep) char *to = xasprintf("etc/rules.d/%s", cases[i].name);
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;
		int r;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		assert_int_equal(mkdirat(b.temp->fd, "etc/rules.d", 0755), 0);
		edits_add(&edits, "c", "/etc/rules.d/60-ours.rules", subj("kv:x"), NULL, "1");
		edits_add_own(&edits, "/etc/rules.d/60-ours.rules");
		bench_compose(&b, &edits, &(struct effects){0});
		plan_add_finding(&b.plan, "c")->state = FINDING_PLANNED;
		assert_int_equal(bench_run(&b, &result), 0);
		assert_int_equal(renameat(b.temp->fd, "etc/rules.d/60-ours.rules", b.temp->fd, to),
				 0);
		if (cases[i].more)
			temp_directory_write(b.temp, to, cases[i].more);
		r = bench_plan_rollback(&b, NULL, cases[i].on_conflict, &conflicts);
		if (r != cases[i].result || conflicts.count != cases[i].conflicts)
			fail_msg("case %zu: %d, %zu conflicts", i, r, conflicts.count);
		temp_directory_teardown(&fresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_rollback_is_exact),
		cmocka_unit_test(test_rollback_three_ways),
		TEMP_DIRECTORY_TEST(test_rollback_of_one_control),
		TEMP_DIRECTORY_TEST(test_rollback_of_nested_key),
		TEMP_DIRECTORY_TEST(test_taken_away_comes_back),
		TEMP_DIRECTORY_TEST(test_ours_was_removed),
		TEMP_DIRECTORY_TEST(test_bits_of_others),
		cmocka_unit_test(test_narrowed_since),
		cmocka_unit_test(test_another_directory),
		TEMP_DIRECTORY_TEST(test_closed_since),
		cmocka_unit_test(test_renamed_since),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
