/*
 * Rollbacks where somebody broke what was applied: a file that does not parse, that is gone, or in
 * whose place something else stands. A person decides: stop, keep it, or put the recorded one back.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "rollback/history-left.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

static void as_text(const struct bench *b, const char *text)
{
	temp_directory_write(b->temp, &FILE_PATH[1], text);
}

static void cut(const struct bench *b)
{
	as_text(b, "{\n  \"mtu\": 1,\n  icc: false\n");
}

static void list(const struct bench *b)
{
	as_text(b, "[1]");
}

static void write_bytes(const struct bench *b, const char *path, const char *bytes, size_t n)
{
	int fd = openat(b->temp->fd, path, O_WRONLY | O_TRUNC | O_CREAT, 0644);

	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static void nul(const struct bench *b)
{
	static const char bytes[] = "{\"mtu\": 1,\n \"icc\": false}\n\0";

	write_bytes(b, &FILE_PATH[1], bytes, sizeof(bytes));
}

static void gone(const struct bench *b)
{
	assert_int_equal(unlinkat(b->temp->fd, &FILE_PATH[1], 0), 0);
}

static void linked(const struct bench *b)
{
	gone(b);
	assert_int_equal(symlinkat("/etc/elsewhere", b->temp->fd, &FILE_PATH[1]), 0);
}

static void directory(const struct bench *b)
{
	gone(b);
	assert_int_equal(mkdirat(b->temp->fd, &FILE_PATH[1], 0750), 0);
}

static void fifo(const struct bench *b)
{
	gone(b);
	assert_int_equal(mkfifoat(b->temp->fd, &FILE_PATH[1], 0600), 0);
}

static void full_directory(const struct bench *b)
{
	directory(b);
	temp_directory_write(b->temp, "etc/daemon.json/theirs", THEIRS);
}

static void moved_and_linked(const struct bench *b)
{
	assert_int_equal(renameat(b->temp->fd, "etc/deep", b->temp->fd, "etc/away"), 0);
	assert_int_equal(symlinkat("/etc/away", b->temp->fd, "etc/deep"), 0);
}

static void file_for_directory(const struct bench *b)
{
	assert_int_equal(renameat(b->temp->fd, "etc/deep", b->temp->fd, "etc/away"), 0);
	temp_directory_write(b->temp, "etc/deep", THEIRS);
}

static void emptied(const struct bench *b)
{
	as_text(b, "");
}

static void blanks(const struct bench *b)
{
	as_text(b, " \n\t\r\n");
}

static const struct {
	void (*meddle)(const struct bench *b);
	const char *says; /* "stop" names the file, and this */
	bool stays; /* "before" loses nothing that is in it */
} cases[] = {
	{cut, "'/etc/daemon.json': line 3, column ", false},
	{list, "'/etc/daemon.json'", false},
	{nul, "'/etc/daemon.json': line 3: a NUL byte", false},
	{emptied, "'/etc/daemon.json': was emptied (0 bytes)", false},
	{blanks, "'/etc/daemon.json': was emptied (5 bytes)", false},
	{gone, "'/etc/daemon.json': is gone", false},
	{linked, "'/etc/daemon.json': is now a symbolic link to '/etc/elsewhere', not a file",
	 false},
	{directory, "'/etc/daemon.json': is now a directory, not a file", false},
	{fifo, "'/etc/daemon.json': is now a device or a pipe, not a file", true},
	{full_directory, "'/etc/daemon.json': is now a directory, not a file", true},
};

static int meddle_and_plan(struct bench *b, size_t i, enum on_conflict how, struct strv *conflicts)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	bench_plan(b);
	assert_int_equal(bench_run(b, &result), 0);
	cases[i].meddle(b);
	return bench_plan_rollback(b, NULL, how, conflicts);
}

static void with_bench(size_t i, void (*test)(struct bench *b, size_t i))
{
	CLEANUP(bench_close) struct bench b;
	void *fresh = NULL;

	temp_directory_setup(&fresh);
	bench_open(&b, &fresh);
	test(&b, i);
	temp_directory_teardown(&fresh);
}

static void try_stop(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};

	/* "before" is no way on where something has to be moved away first */
	assert_int_equal(meddle_and_plan(b, i, CONFLICT_STOP, &conflicts),
			 cases[i].stays ? -EEXIST : -ESTALE);
	assert_int_equal(conflicts.count, 1);
	if (!starts_with(conflicts.items[0], cases[i].says))
		fail_msg("case %zu: %s", i, conflicts.items[0]);
}

static void try_keep(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	struct stat was, is;
	bool there, taken;

	assert_int_equal(meddle_and_plan(b, i, CONFLICT_KEEP, &conflicts), 0);
	there = fstatat(b->temp->fd, &FILE_PATH[1], &was, AT_SYMLINK_NOFOLLOW) == 0;
	strv_clear(&b->stub.asked);
	assert_int_equal(bench_run(b, &result), 0);
	assert_text(b, NEW_PATH, NULL); /* the rest is undone */
	assert_int_equal(fstatat(b->temp->fd, &FILE_PATH[1], &is, AT_SYMLINK_NOFOLLOW),
			 there ? 0 : -1);
	if (there)
		assert_int_equal(was.st_ino, is.st_ino);
	/* dockerd would not take that file; without one, and with an empty one, it has its defaults */
	taken = !there || cases[i].meddle == emptied || cases[i].meddle == blanks;
	assert_int_equal(b->stub.asked.count > 0, taken);
	assert_swept(b);
}

static void try_before(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	int r = meddle_and_plan(b, i, CONFLICT_BEFORE, &conflicts);

	assert_int_equal(r, cases[i].stays ? -EEXIST : 0);
	if (cases[i].stays) {
		if (cases[i].meddle == full_directory)
			assert_text(b, "/etc/daemon.json/theirs", THEIRS);
		return;
	}
	assert_int_equal(bench_run(b, &result), 0);
	assert_before(b);
	assert_swept(b);
}

/* Where the rollback fails it is undone: what somebody put there comes back, with its inode. */
static void try_before_and_fail(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	struct stat was, is;
	bool there;

	if (cases[i].stays)
		return;
	assert_int_equal(meddle_and_plan(b, i, CONFLICT_BEFORE, &conflicts), 0);
	there = fstatat(b->temp->fd, &FILE_PATH[1], &was, AT_SYMLINK_NOFOLLOW) == 0;
	b->stub.unhealthy = 1;
	assert_true(bench_run(b, &result) < 0);
	assert_int_equal(result.state, TRANSACTION_ROLLED_BACK);
	assert_int_equal(fstatat(b->temp->fd, &FILE_PATH[1], &is, AT_SYMLINK_NOFOLLOW),
			 there ? 0 : -1);
	if (there)
		assert_int_equal(was.st_ino, is.st_ino);
	assert_text(b, NEW_PATH, "x = 1\n");
	assert_swept(b);
}

static void test_each_case(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		with_bench(i, try_stop);
		with_bench(i, try_keep);
		with_bench(i, try_before);
		with_bench(i, try_before_and_fail);
	}
	(void)state;
}

/* Every format has bytes that it cannot read; none of them stands in the way of the others. */
static const struct {
	const char *subject, *before, *after, *broken;
	size_t n;
} formats[] = {
	{"json:/a", "{}\n", "1", "{\"a\":", 5},
	{"unit:Service/A", "[Service]\nB=1\n", "1", "[Service]\nA=1\nB=\0\n", 17},
	{"kv:a", "b = 1\n", "1", "a = 1\0\n", 7},
	{"entry:a", "b:1\n", "a:1", "a:1\0\n", 5},
	{"rule:-w /a -p wa -k a", "-D\n", "-w /a -p wa -k a", "-w /a\0 -p wa -k a\n", 17},
	{"aug:Shellvars:A", "B=1\n", "1", "A=1\n((\n", 7},
	{"text:all", "b\n", "a", "a\0\n", 3},
};

static void apply_one(struct bench *b, size_t i, const char *before)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	if (before)
		temp_directory_write(b->temp, "etc/other", before);
	edits_add(&edits, "a", "/etc/other", subj(formats[i].subject), NULL, formats[i].after);
	edits_add(&edits, "b", FILE_PATH, subj("json:/icc"), NULL, "false");
	bench_compose(b, &edits, &(struct effects){0});
	assert_int_equal(bench_run(b, &result), 0);
}

static void try_text(struct bench *b, size_t i, const char *bytes, size_t n)
{
	CLEANUP(transaction_result_clear) struct transaction_result undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};

	apply_one(b, i, formats[i].before);
	write_bytes(b, "etc/other", bytes, n);
	if (bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts) != -ESTALE)
		fail_msg("%s: no conflict", formats[i].subject);
	assert_int_equal(conflicts.count, 1);
	assert_non_null(strstr(conflicts.items[0], "'/etc/other': "));
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_BEFORE, &conflicts), 0);
	assert_int_equal(bench_run(b, &undone), 0);
	assert_text(b, "/etc/other", formats[i].before);
	assert_text(b, FILE_PATH, BEFORE);
}

static void try_broken(struct bench *b, size_t i)
{
	try_text(b, i, formats[i].broken, formats[i].n);
}

static void try_emptied(struct bench *b, size_t i)
{
	try_text(b, i, "", 0);
}

/* Of what is all ours nothing comes back: it is an edit like others that somebody took all out of it. */
static void try_emptied_of_ours(struct bench *b, size_t i)
{
	static const char *const befores[] = {NULL, "", " \n"};

	for (size_t k = 0; k < ARRAY_SIZE(befores); k++) {
		CLEANUP(strv_clear) struct strv conflicts = {0};
		CLEANUP(bench_close) struct bench own;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&own, &fresh);
		apply_one(&own, i, befores[k]);
		write_bytes(&own, "etc/other", "", 0);
		bench_plan_rollback(&own, NULL, CONFLICT_STOP, &conflicts);
		for (size_t c = 0; c < conflicts.count; c++)
			assert_null(strstr(conflicts.items[c], "emptied"));
		temp_directory_teardown(&fresh);
	}
	(void)b;
}

/* A rollback left it without a byte, as it was before: whoever undoes that finds nothing of anybody's. */
static void try_left_empty(struct bench *b, size_t i)
{
	static const char *const befores[] = {"", " \n"};

	for (size_t k = 0; k < ARRAY_SIZE(befores); k++) {
		CLEANUP(transaction_result_clear) struct transaction_result back = {0}, again = {0};
		CLEANUP(strv_clear) struct strv conflicts = {0};
		CLEANUP(bench_close) struct bench own;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&own, &fresh);
		apply_one(&own, i, befores[k]);
		assert_int_equal(bench_plan_rollback(&own, NULL, CONFLICT_STOP, &conflicts), 0);
		assert_int_equal(bench_run(&own, &back), 0);
		assert_int_equal(bench_plan_rollback(&own, NULL, CONFLICT_STOP, &conflicts), 0);
		assert_int_equal(conflicts.count, 0);
		assert_int_equal(bench_run(&own, &again), 0);
		temp_directory_teardown(&fresh);
	}
	(void)b;
}

static void test_each_format(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		with_bench(i, try_broken);
		with_bench(i, try_emptied);
		with_bench(i, try_emptied_of_ours);
		with_bench(i, try_left_empty);
	}
	(void)state;
}

/* One control's share of a broken file: what was applied, but for that. */
static void test_only_one_control(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	assert_int_equal(bench_run(&b, &applied), 0);
	cut(&b);
	assert_int_equal(bench_plan_rollback(&b, "daemon.icc", CONFLICT_BEFORE, &conflicts), 0);
	assert_int_equal(bench_run(&b, &undone), 0);
	assert_text(&b, FILE_PATH, BEFORE);
	assert_int_equal(mode_of(&b, FILE_PATH), 0600); /* another control's: stays */
	assert_text(&b, NEW_PATH, "x = 1\n");
}

static void apply_below(struct bench *b, const char *file)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	assert_int_equal(mkdirat(b->temp->fd, "etc/deep", 0750), 0);
	assert_int_equal(mkdirat(b->temp->fd, "etc/deep/er", 0755), 0);
	temp_directory_write(b->temp, file + 1, BEFORE);
	edits_add(&edits, "a", "/etc/deep", subj("mode"), NULL, "0700");
	edits_add(&edits, "a", file, subj("json:/icc"), NULL, "false");
	edits_add(&edits, "b", file, subj("mode"), NULL, "0600");
	bench_compose(b, &edits, &(struct effects){0});
	assert_int_equal(bench_run(b, &applied), 0);
	assert_int_equal(unlinkat(b->temp->fd, file + 1, 0), 0);
	assert_int_equal(unlinkat(b->temp->fd, "etc/deep/er", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(b->temp->fd, "etc/deep", AT_REMOVEDIR), 0);
}

/* A file whose directories are gone, too: they are made again, as far as known as they were. */
static void test_directories_gone(void **state)
{
	static const char file[] = "/etc/deep/er/file";
	CLEANUP(transaction_result_clear) struct transaction_result undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	apply_below(&b, file);
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), -ESTALE);
	assert_int_equal(conflicts.count, 1); /* the directory's mode went with it */
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_BEFORE, &conflicts), 0);
	assert_int_equal(bench_run(&b, &undone), 0);
	assert_text(&b, file, BEFORE);
	assert_int_equal(mode_of(&b, file), 0644);
	assert_int_equal(mode_of(&b, "/etc/deep"), 0750);
	assert_int_equal(mode_of(&b, "/etc/deep/er"), 0755);
}

/* What was only given other attributes, and is no more, needs no decision, and leaves nothing. */
static void test_attributes_went_with_it(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0}, left = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(history_clear) struct history h = {0};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *id = NULL;

	bench_open(&b, state);
	edits_add(&edits, "a", FILE_PATH, subj("mode"), NULL, "0600");
	edits_add(&edits, "b", "/etc/other", subj("entry:a"), NULL, "a:1");
	bench_compose(&b, &edits, &(struct effects){0});
	assert_int_equal(bench_run(&b, &applied), 0);
	gone(&b);
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	assert_null(plan_find_change(&b.plan, FILE_PATH));
	assert_int_equal(history_open(&b.state, &h, NULL), 0);
	b.of = id = xstrdup(h.items[0].id);
	assert_int_equal(bench_run(&b, &undone), 0);
	b.of = NULL;
	history_clear(&h);
	assert_int_equal(history_open(&b.state, &h, NULL), 0);
	history_left(&h, &b.temp->root, &left);
	assert_int_equal(left.count, 0);
}

/* What stands where a thing was of which the ledger has the rights alone. */
static const struct {
	void (*meddle)(const struct bench *b);
	const char *path;
} others[] = {
	{linked, FILE_PATH}, {directory, FILE_PATH},          {full_directory, FILE_PATH},
	{fifo, FILE_PATH},   {moved_and_linked, "/etc/deep"}, {file_for_directory, "/etc/deep"},
};

static void apply_mode(struct bench *b, const char *path)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	edits_add(&edits, "a", path, subj("mode"), NULL, "0700");
	edits_add(&edits, "b", "/etc/other", subj("entry:a"), NULL, "a:1");
	bench_compose(b, &edits, &(struct effects){0});
	assert_int_equal(bench_run(b, &applied), 0);
}

/* The rights went with the thing: nothing of ours is left, and there is nothing to put back. */
static void keep_and_leave_nothing(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0}, left = {0};
	CLEANUP(history_clear) struct history before = {0}, after = {0};

	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_KEEP, &conflicts), 0);
	assert_int_equal(history_open(&b->state, &before, NULL), 0);
	b->of = before.items[0].id;
	assert_int_equal(bench_run(b, &undone), 0);
	assert_text(b, "/etc/other", NULL);
	assert_int_equal(history_open(&b->state, &after, NULL), 0);
	history_left(&after, &b->temp->root, &left);
	assert_int_equal(left.count, 0);
	assert_int_equal(bench_plan_rollback_of(b, b->of, NULL, CONFLICT_BEFORE, &conflicts), 0);
	assert_true(plan_is_empty(&b->plan));
	b->of = NULL;
}

static void try_rights_alone(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};

	assert_int_equal(mkdirat(b->temp->fd, "etc/deep", 0750), 0);
	apply_mode(b, others[i].path);
	others[i].meddle(b);
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), -EEXIST);
	assert_int_equal(conflicts.count, 1);
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_BEFORE, &conflicts), -EEXIST);
	keep_and_leave_nothing(b);
}

static void test_rights_alone(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		with_bench(i, try_rights_alone);
	(void)state;
}

/* Who may write above it can put a link or a file in the path of a file that root changed. */
static void try_led_away(struct bench *b, size_t i)
{
	CLEANUP(strv_clear) struct strv conflicts = {0};

	assert_int_equal(mkdirat(b->temp->fd, "etc/deep", 0750), 0);
	temp_directory_write(b->temp, "etc/deep/file", THEIRS);
	apply_mode(b, "/etc/deep/file");
	assert_int_equal(renameat(b->temp->fd, "etc/deep", b->temp->fd, "etc/away"), 0);
	if (i)
		temp_directory_write(b->temp, "etc/deep", THEIRS);
	else
		assert_int_equal(symlinkat("deep", b->temp->fd, "etc/deep"), 0); /* a loop */
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), -EEXIST);
	assert_int_equal(conflicts.count, 1);
	assert_non_null(strstr(conflicts.items[0], "'/etc/deep"));
	assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_BEFORE, &conflicts), -EEXIST);
	keep_and_leave_nothing(b);
}

static void test_led_away(void **state)
{
	for (size_t i = 0; i < 2; i++)
		with_bench(i, try_led_away);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_case),
		cmocka_unit_test(test_each_format),
		TEMP_DIRECTORY_TEST(test_only_one_control),
		TEMP_DIRECTORY_TEST(test_directories_gone),
		TEMP_DIRECTORY_TEST(test_attributes_went_with_it),
		cmocka_unit_test(test_rights_alone),
		cmocka_unit_test(test_led_away),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
