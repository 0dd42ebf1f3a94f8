/* The site's commands around a restart: in which order, and that the second runs however it ends. */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "rollback/recover.h"
#include "rollback/set-aside.h"
#include "tests/unit/transaction-bench.h"

#define BEGUN "HEADER INTENT APPLIED DRAIN "
#define RESTARTED BEGUN "EFFECT_BEGIN EFFECT_END "

static const struct row {
	int out, back; /* exit codes */
	int fail_at, unhealthy; /* of the stub */
	enum transaction_state ends;
	const char *log, *journal;
	size_t restarts, notes;
} rows[] = {
	{.ends = TRANSACTION_COMMITTED,
	 .log = "out back ",
	 .journal = RESTARTED "UNDRAINED COMMIT SWEPT",
	 .restarts = 1},
	/* nothing was restarted, and what it may have done all the same is put back */
	{.out = 1,
	 .ends = TRANSACTION_ROLLED_BACK,
	 .log = "out back ",
	 .journal = BEGUN "UNDO_BEGIN UNDRAINED UNDO_DONE SWEPT"},
	{.fail_at = 1,
	 .ends = TRANSACTION_ROLLED_BACK,
	 .log = "out back ",
	 .journal = BEGUN "EFFECT_BEGIN UNDO_BEGIN UNDRAINED UNDO_DONE SWEPT",
	 .restarts = 2},
	{.unhealthy = 1,
	 .ends = TRANSACTION_ROLLED_BACK,
	 .log = "out back ",
	 .journal = RESTARTED "UNDO_BEGIN UNDRAINED UNDO_DONE SWEPT",
	 .restarts = 2},
	{.unhealthy = 2,
	 .ends = TRANSACTION_STUCK,
	 .log = "out back ",
	 .journal = RESTARTED "UNDO_BEGIN UNDRAINED STUCK",
	 .restarts = 2},
	{.back = 1,
	 .ends = TRANSACTION_COMMITTED,
	 .log = "out back ",
	 .journal = RESTARTED "COMMIT SWEPT",
	 .restarts = 1,
	 .notes = 1},
	{.back = 1,
	 .fail_at = 1,
	 .ends = TRANSACTION_ROLLED_BACK,
	 .log = "out back ",
	 .journal = BEGUN "EFFECT_BEGIN UNDO_BEGIN UNDO_DONE SWEPT",
	 .restarts = 2,
	 .notes = 1},
};

/* A program that notes that it ran. */
static char *program(const struct bench *b, const char *name, int code)
{
	char *path = xasprintf("%s/%s", b->temp->path, name);
	CLEANUP(freep)
	char *text = xasprintf("#!/bin/sh\nprintf '%%s ' %s >>%s/log\nexit %d\n", name,
			       b->temp->path, code);

	b->temp->root.offline = false; /* commands run on it as on a host */
	temp_directory_write(b->temp, name, text);
	assert_int_equal(fchmodat(b->temp->fd, name, 0755, 0), 0);
	return path;
}

static void assert_log(const struct bench *b, size_t row, const char *log)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int fd = openat(b->temp->fd, "log", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		assert_int_equal(fd_read_all(fd, 1000, &text), 0);
	close(fd);
	if (strcmp(buf_str(&text), log) != 0)
		fail_msg("row %zu: '%s'", row, buf_str(&text));
}

static void one(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(freep) char *out = program(b, "out", rows[i].out);
	CLEANUP(freep) char *back = program(b, "back", rows[i].back);
	CLEANUP(freep) char *journal = NULL;

	bench_plan(b);
	b->drain = out;
	b->undrain = back;
	b->stub.fail_at = rows[i].fail_at;
	b->stub.unhealthy = rows[i].unhealthy;
	bench_run(b, &result);
	journal = journal_text(&b->state);
	if (result.state != rows[i].ends || strcmp(journal, rows[i].journal) != 0 ||
	    b->stub.asked.count != rows[i].restarts || result.notes.count != rows[i].notes)
		fail_msg("row %zu: %s, %s, %zu restarts", i,
			 transaction_state_to_string(result.state), journal, b->stub.asked.count);
	assert_log(b, i, rows[i].log);
}

static void test_run(void **state)
{
	bench_each(one, ARRAY_SIZE(rows));
}

/* A reload alone has nobody taken out of service, two restarts once. */
static void run_handlers(void **state, enum handler handler, unsigned more, size_t count,
			 const char *log)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(bench_close) struct bench b;
	CLEANUP(freep) char *out = NULL;
	CLEANUP(freep) char *back = NULL;

	bench_open(&b, state);
	b.drain = out = program(&b, "out", 0);
	b.undrain = back = program(&b, "back", 0);
	edits_add(&edits, "a.b", FILE_PATH, subject_of(SCHEME_JSON, "/debug"), NULL, "true");
	effects_add(&effects, "a.b", handler, subject_of(SCHEME_DOCKER, "debug"), "false", "true");
	bench_compose(&b, &edits, &effects);
	b.plan.stages[b.plan.nstages - 1].up |= more;
	assert_int_equal(bench_run(&b, &result), 0);
	assert_int_equal(b.stub.asked.count, count);
	assert_log(&b, 0, log);
}

static void test_no_restart(void **state)
{
	run_handlers(state, HANDLER_DOCKER_RELOAD, 0, 1, "");
}

static void test_two_restarts(void **state)
{
	run_handlers(state, HANDLER_DOCKER_RESTART, HANDLER_BIT(HANDLER_DOCKER_SOCKET), 2,
		     "out back ");
}

/* Killed while the host is out of service. */
static void cut(struct records *r, void *data)
{
	enum record_type from = *(const enum record_type *)data;
	size_t count = 0;

	while (r->items[count].type != from)
		count++;
	for (size_t i = count; i < r->count; i++)
		free(r->items[i].payload);
	r->count = count;
}

/* Recovery puts it back, once. */
static void recovered(struct bench *b, size_t i)
{
	static const struct {
		enum record_type from;
		const char *log, *journal;
	} cuts[] = {
		{RECORD_UNDRAINED, "out back back ",
		 RESTARTED "UNDO_BEGIN UNDRAINED UNDO_DONE SWEPT"},
		{RECORD_EFFECT_BEGIN, "out back back ",
		 BEGUN "UNDO_BEGIN UNDRAINED UNDO_DONE SWEPT"},
		{RECORD_COMMIT, "out back ", RESTARTED "UNDRAINED UNDO_BEGIN UNDO_DONE SWEPT"},
		{RECORD_DRAIN, "out back ", "HEADER INTENT APPLIED UNDO_BEGIN UNDO_DONE SWEPT"},
	};
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *out = program(b, "out", 0);
	CLEANUP(freep) char *back = program(b, "back", 0);
	CLEANUP(freep) char *journal = NULL;
	enum record_type from = cuts[i].from;

	bench_plan(b);
	b->drain = out;
	b->undrain = back;
	assert_int_equal(bench_run(b, &result), 0);
	bench_rewrite(b, cut, &from);
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &recovery, NULL),
			 0);
	assert_int_equal(recover(&b->state, &b->temp->root, &b->stub.base, false, &recovery, NULL),
			 0);
	journal = journal_text(&b->state);
	if (strcmp(journal, cuts[i].journal) != 0)
		fail_msg("row %zu: %s", i, journal);
	assert_log(b, i, cuts[i].log);
}

static void test_recovered(void **state)
{
	bench_each(recovered, 4);
}

static int recover_host(struct bench *b, bool offline, struct recovery *ret)
{
	struct root root = b->temp->root; /* borrows */

	root.offline = offline;
	return recover(&b->state, &root, &b->stub.base, false, ret, NULL);
}

static bool says(const struct strv *lines, const char *what)
{
	for (size_t i = 0; i < lines->count; i++)
		if (strstr(lines->items[i], what))
			return true;
	return false;
}

static char *out_of_service(const struct bench *b)
{
	CLEANUP(history_clear) struct history h = {0};

	assert_int_equal(history_open(&b->state, &h, NULL), 0);
	return xstrdup_null(h.items[0].out_of_service);
}

/* A run that left the host out of service, however it ended. */
static const struct {
	const char *what;
	int back; /* exit code of what was to put it back */
	enum record_type from; /* the journal is cut here; 0: it is whole */
} outs[] = {
	{"decided, and it failed", 1, RECORD_HEADER},
	{"killed before the end", 0, RECORD_UNDRAINED},
	{"killed before the restart", 0, RECORD_EFFECT_BEGIN},
};

static void leave_out(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	enum record_type from = outs[i].from;

	bench_plan(b);
	assert_int_equal(bench_run(b, &result), 0);
	if (from != RECORD_HEADER)
		bench_rewrite(b, cut, &from);
	assert_int_equal(unlinkat(b->temp->fd, "log", 0), 0);
}

/*
 * Of an image nothing is run on the host that reads it; the image's own host runs it when it boots, as often
 * as it takes, once it has succeeded not again.
 */
static void out(struct bench *b, size_t i)
{
	CLEANUP(recovery_clear) struct recovery image = {0}, fails = {0}, well = {0}, again = {0};
	CLEANUP(freep) char *path = program(b, "out", 0), *back = program(b, "back", outs[i].back);
	CLEANUP(freep) char *before = NULL, *between = NULL, *after = NULL;

	b->drain = path;
	b->undrain = back;
	leave_out(b, i);
	before = out_of_service(b);
	assert_non_null(strstr(before, back));
	assert_int_equal(recover_host(b, true, &image), 0);
	assert_false(image.out_of_service);
	if (!says(&image.notes, "the host of this image may be out of service"))
		fail_msg("%s: of an image nothing is said", outs[i].what);
	assert_log(b, i, "");
	free(program(b, "back", 1));
	assert_int_equal(recover_host(b, false, &fails), 0);
	assert_true(fails.out_of_service);
	assert_true(says(&fails.notes, "the host may still be out of service"));
	between = out_of_service(b);
	assert_non_null(between);
	free(program(b, "back", 0));
	assert_int_equal(recover_host(b, false, &well), 0);
	assert_false(well.out_of_service);
	assert_true(says(&well.notes, "has put the host back into service"));
	assert_int_equal(recover_host(b, false, &again), 0);
	assert_log(b, i, "back back ");
	after = out_of_service(b);
	assert_null(after);
}

static void test_out(void **state)
{
	bench_each(out, ARRAY_SIZE(outs));
}

/* One that cannot be read says all the same what is to be done for the host. */
static void test_damaged(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(strv_clear) struct strv ids = {0}, notes = {0};
	CLEANUP(freep) char *path = NULL, *back = NULL, *at = NULL, *whole = NULL, *out = NULL;
	CLEANUP(bench_close) struct bench b;
	CLEANUP(close_fd) int fd = -1;

	bench_open(&b, state);
	b.drain = path = program(&b, "out", 0);
	b.undrain = back = program(&b, "back", 0);
	leave_out(&b, 1);
	assert_int_equal(state_transactions(&b.state, &ids, NULL), 0);
	at = xasprintf("txn/%s/" JOURNAL_FILE, ids.items[0]);
	fd = openat(b.state.fd, at, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "\377", 1, 20), 1); /* HEADER's payload */
	out = out_of_service(&b);
	assert_non_null(out);
	assert_int_equal(recover_host(&b, false, &recovery), -EUCLEAN);
	assert_true(says(&recovery.left, "the host may be out of service"));
	assert_log(&b, 0, "");
	assert_int_equal(transaction_set_aside(&b.state, &b.temp->root, &recovery.open,
					       ids.items[0], &whole, &notes, NULL),
			 0);
	assert_true(says(&notes, back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),
		TEMP_DIRECTORY_TEST(test_no_restart),
		TEMP_DIRECTORY_TEST(test_two_restarts),
		cmocka_unit_test(test_recovered),
		cmocka_unit_test(test_out),
		TEMP_DIRECTORY_TEST(test_damaged),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
