/*
 * The executor on a directory of its own with a stub in place of systemd, dockerd and the kernel:
 * what it does when everything goes well, and when anything does not. Invariants as in journal.h.
 */

#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "rollback/journal.h"
#include "rollback/recover.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

static void test_commit(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	assert_int_equal(bench_run(&b, &result), 0);
	assert_int_equal(result.state, TRANSACTION_COMMITTED);
	assert_after(&b);
	assert_swept(&b);
	assert_int_equal(b.stub.asked.count, 1);
	assert_string_equal(b.stub.asked.items[0], "docker-restart false");
}

static void test_handler_fails(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;
	struct stat was, is;

	bench_open(&b, state);
	bench_plan(&b);
	assert_int_equal(fstatat(b.temp->fd, &FILE_PATH[1], &was, 0), 0);
	b.stub.fail_at = 1;
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_int_equal(result.state, TRANSACTION_ROLLED_BACK);
	assert_non_null(strstr(result.failure, "the stub fails"));
	assert_before(&b);
	assert_swept(&b);
	assert_int_equal(fstatat(b.temp->fd, &FILE_PATH[1], &is, 0), 0);
	assert_int_equal(was.st_ino, is.st_ino); /* the very file comes back */
	assert_int_equal(was.st_mtim.tv_nsec, is.st_mtim.tv_nsec);
	assert_int_equal(b.stub.asked.count, 2);
	assert_string_equal(b.stub.asked.items[1], "docker-restart true");
}

static void assert_journals(const struct bench *b, const char *const *want, size_t count)
{
	CLEANUP(freep) char *last = journal_text(&b->state);

	assert_int_equal(b->stub.journals.count, count - 1);
	for (size_t i = 0; i < count - 1; i++)
		assert_string_equal(b->stub.journals.items[i], want[i]);
	assert_string_equal(last, want[count - 1]);
}

/*
 * J2: when the handler runs, all is noted that undoes it; J3: and that it runs; J4, J5: COMMIT is
 * there when the run says that all is done, and not before the host was found well.
 */
static void test_journal_of_a_commit(void **state)
{
	static const char *const want[] = {
		"HEADER INTENT APPLIED EFFECT_BEGIN",
		"HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END",
		"HEADER INTENT APPLIED EFFECT_BEGIN EFFECT_END COMMIT SWEPT",
	};
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	assert_int_equal(bench_run(&b, &result), 0);
	assert_journals(&b, want, ARRAY_SIZE(want));
}

/* J5: UNDO_DONE is there when the run says that all was put back. */
static void test_journal_of_an_undo(void **state)
{
	static const char *const want[] = {
		"HEADER INTENT APPLIED EFFECT_BEGIN",
		"HEADER INTENT APPLIED EFFECT_BEGIN UNDO_BEGIN",
		"HEADER INTENT APPLIED EFFECT_BEGIN UNDO_BEGIN",
		"HEADER INTENT APPLIED EFFECT_BEGIN UNDO_BEGIN UNDO_DONE SWEPT",
	};
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	b.stub.fail_at = 1;
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_journals(&b, want, ARRAY_SIZE(want));
}

static void test_unhealthy(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	b.stub.unhealthy = 1;
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_int_equal(result.state, TRANSACTION_ROLLED_BACK);
	assert_false(result.still_fails);
	assert_before(&b);
}

#define SOMEBODY "'docker.service' was stopped by somebody meanwhile"

/* What fails for want of a dockerd that somebody stopped is no control's doing; a rollback needs none. */
static const struct {
	const char *what;
	bool rollback;
	int stopped_behind, fail_at; /* see struct stub */
	int result;
	bool outside;
	const char *failure; /* NULL: none */
} meanwhile_rows[] = {
	{"dockerd is stopped", false, 1, 0, -EIO, true, SOMEBODY},
	{"... and a handler needs it", false, 1, 1, -EIO, true, "the stub fails"},
	{"a handler fails beside a dockerd that runs", false, 0, 1, -EIO, false, "the stub fails"},
	{"a rollback", true, 1, 0, 0, false, NULL},
};

static void check_meanwhile(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0}, applied = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	const char *what = meanwhile_rows[i].what;
	int r;

	bench_plan(b);
	if (meanwhile_rows[i].rollback) {
		assert_int_equal(bench_run(b, &applied), 0);
		assert_int_equal(bench_plan_rollback(b, NULL, CONFLICT_STOP, &conflicts), 0);
		b->of = applied.id;
	}
	b->stub.stopped_behind = meanwhile_rows[i].stopped_behind;
	b->stub.fail_at = meanwhile_rows[i].fail_at;
	r = bench_run(b, &result);
	if (r != meanwhile_rows[i].result || result.outside != meanwhile_rows[i].outside)
		fail_msg("%s: %d, outside: %d", what, r, result.outside);
	if (meanwhile_rows[i].failure ? !strstr(result.failure, meanwhile_rows[i].failure)
				      : result.failure != NULL)
		fail_msg("%s: '%s'", what, result.failure);
	assert_before(b);
}

static void test_stopped_meanwhile(void **state)
{
	bench_each(check_meanwhile, ARRAY_SIZE(meanwhile_rows));
}

static void test_undo_fails(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	b.stub.unhealthy = 2; /* not well after putting back either */
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_int_equal(result.state, TRANSACTION_STUCK);
	assert_int_equal(result.left.count, 1);
	assert_true(result.still_fails); /* so that no control of the plan is named as the cause */
	assert_before(&b);
}

static int run_recover(struct bench *b, bool keep_foreign, struct recovery *ret)
{
	strv_clear(&b->stub.asked);
	return recover(&b->state, &b->temp->root, &b->stub.base, keep_foreign, ret, NULL);
}

/* A run that is not well, in a plan of two stages, while somebody writes to that path. */
static void run_beside(struct bench *b, const char *path, void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	bench_open(b, state);
	b->live_restore = true;
	bench_plan(b);
	b->stub.unhealthy = 1;
	b->stub.intruded = path;
	assert_int_equal(bench_run(b, &result), -EIO);
	assert_int_equal(result.state, TRANSACTION_STUCK);
	assert_true(result.met_foreign);
	assert_false(result.still_fails); /* something is not back */
	assert_text(b, path, THEIRS);
}

/*
 * J3: dockerd is not made to read what others wrote to its file, however often recovery comes by.
 * When the file is as it was, the handlers of both stages go back.
 */
static void test_beside_foreign(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0}, later = {0};
	CLEANUP(bench_close) struct bench b;

	run_beside(&b, FILE_PATH, state);
	assert_int_equal(b.stub.asked.count, 2); /* on the way up */
	assert_int_equal(run_recover(&b, false, &recovery), -EUCLEAN);
	assert_int_equal(recovery.left.count, 2);
	assert_non_null(strstr(recovery.left.items[1], "restart of dockerd: left out"));
	assert_non_null(strstr(recovery.left.items[0], "'" FILE_PATH "' was changed by somebody"));
	assert_true(recovery.met_foreign);
	assert_int_equal(b.stub.asked.count, 0);
	assert_text(&b, FILE_PATH, THEIRS);
	assert_text(&b, NEW_PATH, NULL); /* what is ours is back */

	temp_directory_write(b.temp, &FILE_PATH[1], BEFORE);
	assert_int_equal(run_recover(&b, false, &later), 0);
	assert_before(&b);
	assert_int_equal(b.stub.asked.count, 2);
	assert_string_equal(b.stub.asked.items[0], "docker-restart true");
	assert_string_equal(b.stub.asked.items[1], "docker-reload false");
}

/*
 * Somebody takes the directory of a new daemon.json away. With his word that it stays so, the rest
 * goes back, and on the way nothing has dockerd read a file that is not there.
 */
/* Taken away; or a link to a file is in its place. */
static void directory_is_gone(void **state, const char *instead)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0}, later = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	assert_int_equal(unlinkat(b.temp->fd, &FILE_PATH[1], 0), 0);
	b.live_restore = true;
	bench_plan(&b);
	b.stub.unhealthy = 1;
	b.stub.removed = "etc";
	b.stub.instead = instead;
	assert_int_equal(bench_run(&b, &result), -EIO);
	assert_int_equal(result.state, TRANSACTION_STUCK);
	assert_int_equal(run_recover(&b, false, &recovery), -EUCLEAN);
	assert_true(recovery.met_foreign);
	assert_non_null(strstr(recovery.left.items[0], "the directory of '" FILE_PATH "' is gone"));
	assert_int_equal(run_recover(&b, true, &later), 0);
	assert_int_equal(later.undone, 1);
	assert_int_equal(b.stub.asked.count, 0);
}

static void test_directory_is_gone(void **state)
{
	directory_is_gone(state, NULL);
}

static void test_directory_is_a_link_to_a_file(void **state)
{
	temp_directory_write(*state, "his", "");
	directory_is_gone(state, "/his");
}

/* A person decides for what others wrote: then nothing is open any more. */
static void test_foreign_is_kept(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0}, later = {0};
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(bench_close) struct bench b;

	run_beside(&b, FILE_PATH, state);
	assert_int_equal(run_recover(&b, true, &recovery), 0);
	assert_int_equal(b.stub.asked.count, 0);
	assert_int_equal(recovery.left.count, 0);
	assert_int_equal(recovery.undone, 1);
	assert_text(&b, FILE_PATH, THEIRS);
	assert_text(&b, NEW_PATH, NULL);
	assert_swept(&b);
	assert_int_equal(history_load(&b.state, NULL, &t, NULL) < 0, true); /* none is in force */
	assert_int_equal(run_recover(&b, false, &later), 0);
	assert_int_equal(later.undone + later.finished, 0);
}

/* A file that no handler of the plan brings into force does not keep the others from going back. */
static void test_foreign_of_no_handler(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0}, later = {0};
	CLEANUP(bench_close) struct bench b;

	run_beside(&b, NEW_PATH, state);
	assert_int_equal(b.stub.asked.count, 4);
	assert_string_equal(b.stub.asked.items[2], "docker-restart true");
	assert_string_equal(b.stub.asked.items[3], "docker-reload false");
	assert_int_equal(run_recover(&b, false, &recovery), -EUCLEAN);
	assert_int_equal(b.stub.asked.count, 0);

	temp_directory_write(b.temp, &NEW_PATH[1], "x = 1\n");
	assert_int_equal(run_recover(&b, false, &later), 0);
	assert_int_equal(b.stub.asked.count, 0);
	assert_before(&b);
}

/* A handler that cannot succeed here, up or down: the undo is judged by what is in force. */
static void test_undo_by_state(void **state)
{
	for (int in_force = 0; in_force < 2; in_force++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(recovery_clear) struct recovery recovery = {0};
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		b.live_restore = true;
		bench_plan(&b);
		b.stub.fail_from = 1;
		b.stub.in_force = in_force;
		assert_int_equal(bench_run(&b, &result), -EIO);
		assert_int_equal(result.state,
				 in_force ? TRANSACTION_ROLLED_BACK : TRANSACTION_STUCK);
		if (in_force) {
			assert_before(&b);
			assert_non_null(strstr(result.notes.items[0], "as it was all the same"));
		} else { /* nobody tells that live-restore is off */
			assert_text(&b, FILE_PATH, "{\"mtu\": 1, \"live-restore\": true}");
		}
		/* and what was stuck is closed as soon as it is told to be as it was */
		b.stub.in_force = 1;
		assert_int_equal(run_recover(&b, false, &recovery), 0);
		assert_int_equal(recovery.undone, !in_force);
		assert_before(&b);
		assert_swept(&b);
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

/* What lies in memory is of one boot: gone, made anew or as it was, it stops no recovery. */
static void test_other_boot(void **state)
{
	static const char *const after_boot[] = {NULL, "theirs"};

	for (size_t i = 0; i < ARRAY_SIZE(after_boot); i++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(recovery_clear) struct recovery recovery = {0};
		CLEANUP(edits_clear) struct edits edits = {0};
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		assert_int_equal(mkdirat(b.temp->fd, "run", 0755), 0);
		temp_directory_write(b.temp, "run/docker.sock", "x");
		edits_add(&edits, "a", FILE_PATH, subj("json:/icc"), NULL, "false");
		edits_add(&edits, "b", "/run/docker.sock", subj("mode"), NULL, "0600");
		bench_compose(&b, &edits, &(struct effects){0});
		assert_int_equal(bench_run(&b, &result), 0);
		bench_break_off_before_boot(&b);
		assert_int_equal(unlinkat(b.temp->fd, "run/docker.sock", 0), 0);
		if (after_boot[i]) {
			temp_directory_write(b.temp, "run/docker.sock", after_boot[i]);
			assert_int_equal(fchmodat(b.temp->fd, "run/docker.sock", 0640, 0), 0);
		}
		assert_int_equal(run_recover(&b, false, &recovery), 0);
		assert_int_equal(recovery.undone, 1);
		assert_text(&b, FILE_PATH, BEFORE);
		if (after_boot[i])
			assert_int_equal(mode_of(&b, "/run/docker.sock"), 0640);
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

/*
 * After a boot dockerd is left alone where it was not started yet; where nobody recovered at boot, and
 * it was started on the new files, it goes back, step by step.
 */
static void test_started_since(void **state)
{
	for (int started = 0; started <= 1; started++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(recovery_clear) struct recovery recovery = {0};
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		b.live_restore = true;
		bench_plan(&b);
		assert_int_equal(bench_run(&b, &result), 0);
		bench_break_off_before_boot(&b);
		b.facts.docker.running = started;
		assert_int_equal(run_recover(&b, false, &recovery), 0);
		assert_before(&b);
		assert_int_equal(b.stub.asked.count, started ? 2 : 0);
		if (started) {
			assert_string_equal(b.stub.asked.items[0], "docker-restart true");
			assert_string_equal(b.stub.asked.items[1], "docker-reload false");
		}
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

static void test_stale(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	bench_plan(&b);
	temp_directory_write(b.temp, &FILE_PATH[1], "{\"mtu\": 2}");
	assert_int_equal(bench_run(&b, &result), -ESTALE);
	assert_int_equal(result.state, TRANSACTION_OPEN);
	assert_text(&b, FILE_PATH, "{\"mtu\": 2}");
	assert_int_equal(state_transactions(&b.state, &ids, NULL), 0);
	assert_int_equal(ids.count, 0);
}

static void test_lock(void **state)
{
	CLEANUP(bench_close) struct bench b;
	struct state second = STATE_INIT;

	bench_open(&b, state);
	assert_int_equal(state_open(&second, &b.temp->root, false, NULL), 0);
	assert_int_equal(state_lock(&second, 0, NULL), -EWOULDBLOCK);
	state_close(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_commit),
		TEMP_DIRECTORY_TEST(test_handler_fails),
		TEMP_DIRECTORY_TEST(test_journal_of_a_commit),
		TEMP_DIRECTORY_TEST(test_journal_of_an_undo),
		TEMP_DIRECTORY_TEST(test_unhealthy),
		cmocka_unit_test(test_stopped_meanwhile),
		TEMP_DIRECTORY_TEST(test_undo_fails),
		TEMP_DIRECTORY_TEST(test_beside_foreign),
		TEMP_DIRECTORY_TEST(test_foreign_is_kept),
		TEMP_DIRECTORY_TEST(test_directory_is_gone),
		TEMP_DIRECTORY_TEST(test_directory_is_a_link_to_a_file),
		TEMP_DIRECTORY_TEST(test_foreign_of_no_handler),
		cmocka_unit_test(test_undo_by_state),
		cmocka_unit_test(test_other_boot),
		cmocka_unit_test(test_started_since),
		TEMP_DIRECTORY_TEST(test_stale),
		TEMP_DIRECTORY_TEST(test_lock),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
