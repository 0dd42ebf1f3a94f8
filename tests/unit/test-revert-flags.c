/*
 * Somebody made a file immutable, or append-only, between the apply and its rollback: who said that
 * wants it left as it is, so a person decides.
 */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/write/write.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

static int set_flags(const struct bench *b, unsigned flags)
{
	CLEANUP(close_fd)
	int fd = openat(b->temp->fd, &FILE_PATH[1], O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : write_flags(fd, flags, NULL);
}

static void apply(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};

	edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, "false");
	bench_compose(b, &edits, &(struct effects){0});
	plan_add_finding(&b->plan, "icc")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
}

static const struct {
	unsigned flags;
	enum on_conflict on_conflict;
	int want;
	const char *after; /* the file at the end */
	const char *says;
} rows[] = {
	{NODE_IMMUTABLE, CONFLICT_STOP, -ESTALE, AFTER, "immutable"},
	{NODE_IMMUTABLE, CONFLICT_KEEP, 0, AFTER, "immutable"},
	{NODE_IMMUTABLE, CONFLICT_BEFORE, 0, BEFORE, "immutable"},
	{NODE_APPEND_ONLY, CONFLICT_STOP, -ESTALE, AFTER, "append-only"},
	{0, CONFLICT_STOP, 0, BEFORE, NULL},
};

static void try_row(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(freep) char *all = NULL;

	if (bench_plan_rollback(b, NULL, rows[i].on_conflict, &conflicts) != rows[i].want)
		fail_msg("row %zu: not %d", i, rows[i].want);
	all = strv_join(&conflicts, "; ");
	if (!rows[i].says != !*all || (rows[i].says && !strstr(all, rows[i].says)))
		fail_msg("row %zu: '%s'", i, all);
	if (rows[i].want == 0)
		assert_int_equal(bench_run(b, &result), 0);
	assert_text(b, FILE_PATH, rows[i].after);
}

static void test_flags_of_others(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;
		int r;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		apply(&b);
		r = set_flags(&b, rows[i].flags);
		if (r >= 0)
			try_row(&b, i);
		set_flags(&b, 0);
		temp_directory_teardown(&fresh);
		if (r < 0)
			SKIP_BECAUSE(
				"a file system without such flags, or a user without the right");
	}
}

static int set_directory_flags(const struct bench *b, const char *directory, unsigned flags)
{
	CLEANUP(close_fd)
	int fd = openat(b->temp->fd, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : write_flags(fd, flags, NULL);
}

/* The second file cannot be staged, and the first one not be taken away again. */
static void test_staged_files_are_named(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *notes = NULL;
	bool flagged;

	bench_open(&b, state);
	assert_int_equal(mkdirat(b.temp->fd, "opt", 0755), 0);
	temp_directory_write(b.temp, "opt/daemon.json", BEFORE);
	edits_add(&edits, "icc", FILE_PATH, subj("json:/icc"), NULL, "false");
	edits_add(&edits, "icc", "/opt/daemon.json", subj("json:/icc"), NULL, "false");
	bench_compose(&b, &edits, &(struct effects){0});
	flagged = set_directory_flags(&b, "etc", NODE_APPEND_ONLY) >= 0 &&
		  set_directory_flags(&b, "opt", NODE_IMMUTABLE) >= 0;
	if (flagged) {
		assert_int_not_equal(bench_run(&b, &result), 0);
		notes = strv_join(&result.notes, "; ");
	}
	set_directory_flags(&b, "etc", 0);
	set_directory_flags(&b, "opt", 0);
	if (!flagged)
		SKIP_BECAUSE("a file system without such flags");
	assert_int_equal(result.state, TRANSACTION_OPEN);
	assert_non_null(strstr(notes, "'/etc/.daemon.json.harden-"));
	assert_null(strstr(notes, "/opt/"));
	assert_text(&b, FILE_PATH, BEFORE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags_of_others),
		TEMP_DIRECTORY_TEST(test_staged_files_are_named),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
