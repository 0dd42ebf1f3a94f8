/*
 * A dockerd that starts on a file without live-restore ends the containers that it finds. So its
 * file loses live-restore only beside a dockerd that runs; what cannot be undone waits for it.
 */

#include "tests/test.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/plan/borrow.h"
#include "rollback/recover.h"
#include "tests/unit/transaction-bench.h"

#define BETWEEN "{\"mtu\": 1, \"live-restore\": true}"

static int run_recover(struct bench *b, struct recovery *ret)
{
	strv_clear(&b->stub.asked);
	return recover(&b->state, &b->temp->root, &b->stub.base, false, ret, NULL);
}

struct row {
	const char *what;
	int fail_at, fail_from, down_from; /* see struct stub */
	const char *left; /* what must be done is said */
	const char *recover; /* what recovery runs when dockerd is well again */
};

static const struct row rows[] = {
	{"the restart fails on the way back", 0, 2, 0, "until 'harden recover' can undo the rest",
	 "docker-restart true|docker-reload false"},
	{"... and dockerd is down", 0, 2, 1, "until 'harden recover' can undo the rest",
	 "docker-restart true|docker-reload false"},
	{"dockerd goes down behind it", 2, 0, 1,
	 "dockerd is down; when dockerd runs and answers again", "docker-reload false"},
	{"dockerd goes down in the reload", 2, 4, 2, "until 'harden recover' can undo the rest",
	 "docker-reload false"},
	{"dockerd refuses the reload", 2, 4, 0, "until 'harden recover' can undo the rest",
	 "docker-reload false"},
};

static void break_off(struct bench *b, const struct row *row)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(freep) char *left = NULL;

	b->live_restore = true;
	bench_plan(b);
	b->stub.fail_at = row->fail_at;
	b->stub.fail_from = row->fail_from;
	b->stub.down_from = row->down_from;
	assert_int_equal(bench_run(b, &result), -EIO);
	left = strv_join(&result.left, "\n");
	if (result.state != TRANSACTION_STUCK || !strstr(left, row->left))
		fail_msg("%s: state %d, left '%s'", row->what, (int)result.state, left);
}

/*
 * The way back is killed in the reload that gives live-restore up, and dockerd was not told yet: the file
 * has it again, whether recovery finds dockerd mute or is refused.
 */
static void test_killed_in_the_reload(void **state)
{
	for (int mute = 0; mute < 2; mute++) {
		CLEANUP(recovery_clear) struct recovery recovery = {0}, again = {0};
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;
		int status;
		pid_t pid;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		break_off(&b, &rows[2]); /* the reload is left */
		b.stub.fail_at = b.stub.fail_from = b.stub.down_from = 0;
		pid = fork();
		if (pid == 0) {
			b.stub.dies = true;
			run_recover(&b, &recovery);
			_exit(1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		assert_text(&b, FILE_PATH, "{\"mtu\": 1, \"live-restore\": false}");
		b.stub.fail_from = 1;
		b.stub.down_from = mute;
		assert_int_equal(run_recover(&b, &recovery), -EUCLEAN);
		assert_text(&b, FILE_PATH, BETWEEN);
		b.stub.fail_from = b.stub.down_from = 0;
		assert_int_equal(run_recover(&b, &again), 0);
		assert_before(&b);
		assert_swept(&b);
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

/* The file keeps live-restore, all else is as it was, however often recovery comes by. */
static void assert_kept(struct bench *b)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};

	for (int i = 0; i < 2; i++) {
		assert_text(b, FILE_PATH, BETWEEN);
		assert_text(b, NEW_PATH, NULL);
		b->stub.fail_at = 0;
		b->stub.fail_from = 1;
		b->stub.down_from = i; /* refused, then mute */
		assert_int_equal(run_recover(b, &recovery), -EUCLEAN);
	}
}

static void test_way_back(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(recovery_clear) struct recovery recovery = {0};
		CLEANUP(freep) char *asked = NULL;
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		break_off(&b, &rows[i]);
		assert_kept(&b);

		b.stub.fail_from = b.stub.down_from = 0;
		assert_int_equal(run_recover(&b, &recovery), 0);
		asked = strv_join(&b.stub.asked, "|");
		assert_string_equal(asked, rows[i].recover);
		assert_int_equal(recovery.undone, 1);
		assert_before(&b);
		assert_swept(&b);
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

/* A host where a path unit looks at the file; *data: whether a container runs. */
static int look_watched(void *data, struct facts *ret, struct error *err)
{
	struct watched_path *w = facts_add_watched(ret);

	w->path = xstrdup("/etc");
	w->brings = xstrdup("systemd starts dr.service when '/etc' changes (dr.path)");
	ret->docker.running = true;
	settings_put(&ret->docker.now, "live-restore", "true", SOURCE_API, "");
	ret->docker.config_file = xstrdup(FILE_PATH);
	container_list_add(&ret->docker.containers)->name = xstrdup("keep");
	ret->docker.containers.seen[0].running = *(bool *)data;
	containers_known(&ret->docker.containers);
	return 0;
}

/* Nobody has consented to what the path unit starts: recovery leaves live-restore where it is. */
static void test_recovery_beside_a_path_unit(void **state)
{
	for (int runs = 0; runs < 2; runs++) {
		CLEANUP(recovery_clear) struct recovery recovery = {0}, again = {0};
		CLEANUP(freep) char *left = NULL;
		CLEANUP(bench_close) struct bench b;
		bool container = runs;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		break_off(&b, &rows[0]);
		b.stub.fail_at = b.stub.fail_from = b.stub.down_from = 0;
		b.stub.base.look = look_watched;
		b.stub.base.look_data = &container;
		assert_int_equal(run_recover(&b, &recovery), runs ? -EUCLEAN : 0);
		left = strv_join(&recovery.left, "\n");
		if (runs) {
			assert_non_null(strstr(left, "' keeps live-restore: systemd starts "
						     "dr.service when '/etc' changes"));
			assert_text(&b, FILE_PATH, BETWEEN);
			container = false;
			assert_int_equal(run_recover(&b, &again), 0);
		}
		assert_before(&b);
		temp_directory_teardown(&fresh);
	}
	(void)state;
}

/* Where a rollback is to give it up and dockerd does not run any more, all stays as applied. */
static void test_way_up(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result applied = {0}, undone = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	CLEANUP(bench_close) struct bench b;

	bench_open(&b, state);
	b.live_restore = true;
	bench_plan(&b);
	assert_int_equal(bench_run(&b, &applied), 0);
	assert_int_equal(bench_plan_rollback(&b, NULL, CONFLICT_STOP, &conflicts), 0);
	b.stub.down_from = 1;
	assert_int_equal(bench_run(&b, &undone), -EPERM);
	assert_non_null(
		strstr(undone.failure, "'" FILE_PATH "' keeps live-restore: dockerd is down"));
	assert_int_equal(undone.state, TRANSACTION_ROLLED_BACK);
	assert_text(&b, FILE_PATH, "{\"mtu\": 1, \"icc\": false, \"live-restore\": true}");
}

/*
 * Somebody took the file away during the restart: dockerd runs without live-restore, and the gate lets
 * no restart through. On the way back it is in force again before the restart, by a reload.
 */
static void test_lost_by_the_restart(void **state)
{
	static const struct {
		bool loses, stopped;
		const char *asked;
	} starts[] = {
		{true, false,
		 "docker-reload true, docker-restart false, docker-reload true, docker-restart "
		 "true, "
		 "docker-reload false"},
		{false, false,
		 "docker-reload true, docker-restart false, docker-restart true, docker-reload "
		 "false"},
		/* of one that does not run nothing is in force, and nothing is lent */
		{true, true,
		 "docker-reload true, docker-restart false, docker-restart true, docker-reload "
		 "false"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(freep) char *asked = NULL;
		CLEANUP(bench_close) struct bench b;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		b.live_restore = true;
		b.stub.loses_live = starts[i].loses;
		b.stub.unhealthy = 1;
		b.facts.docker.running = !starts[i].stopped;
		bench_plan(&b);
		assert_int_equal(bench_run(&b, &result), -EIO);
		assert_int_equal(result.state, TRANSACTION_ROLLED_BACK);
		asked = strv_join(&b.stub.asked, ", ");
		assert_string_equal(asked, starts[i].asked);
		assert_before(&b);
		assert_swept(&b);
		temp_directory_teardown(&fresh);
	}
}

/* --- live-restore for the time of the restart alone --------------------------------------------- */

#define TAKE "docker-reload true"
#define RETURN "docker-reload false"
#define UP TAKE "|docker-restart false|" RETURN

static const struct {
	int fail_at; /* the call that fails; 0: none */
	const char *asked;
} borrowed[] = {
	{0, UP},
	{1, TAKE "|" RETURN},
	{2, TAKE "|docker-restart false|docker-restart true|" RETURN},
	{3, UP "|" TAKE "|docker-restart true|" RETURN},
};

static void borrow(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(freep) char *asked = NULL;

	b->borrows = true;
	b->stub.fail_at = borrowed[i].fail_at;
	bench_plan(b);
	assert_int_equal(bench_run(b, &result), borrowed[i].fail_at ? -EIO : 0);
	asked = strv_join(&b->stub.asked, "|");
	assert_string_equal(asked, borrowed[i].asked);
	if (borrowed[i].fail_at)
		assert_before(b);
	else
		assert_after(b);
	assert_swept(b);
}

static void test_borrowed(void **state)
{
	bench_each(borrow, ARRAY_SIZE(borrowed));
	(void)state;
}

/* A boot in the middle, and dockerd has started since: what it has in force says what is undone. */
static const struct {
	const char *live, *icc; /* in force */
	const char *asked; /* by recovery */
} booted[] = {
	{"false", "true", ""},
	{"true", "true", RETURN},
	{"false", "false", TAKE "|docker-restart true|" RETURN},
	{"true", "false", TAKE "|docker-restart true|" RETURN},
};

static void boot_between(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *asked = NULL;

	b->borrows = true;
	bench_plan(b);
	assert_int_equal(bench_run(b, &result), 0);
	bench_break_off_before_boot(b);
	settings_put(&b->facts.docker.now, "live-restore", booted[i].live, SOURCE_API, "");
	settings_put(&b->facts.docker.now, "icc", booted[i].icc, SOURCE_API, "");
	assert_int_equal(run_recover(b, &recovery), 0);
	asked = strv_join(&b->stub.asked, "|");
	assert_string_equal(asked, booted[i].asked);
	assert_before(b);
}

static void test_borrowed_before_a_boot(void **state)
{
	bench_each(boot_between, ARRAY_SIZE(booted));
	(void)state;
}

/* Somebody edits the file while live-restore is in it: it stays his, and what is ours in it is named. */
static const struct {
	const char *text;
	bool named;
} edited[] = {
	{"{\"mtu\": 2, \"live-restore\": true}", true},
	{"{\"mtu\": 2, \"live-restore\": false}", false},
	{"{\"mtu\": 2}", false},
	{"{", false},
};

static void edit_between(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *notes = NULL;

	b->borrows = true;
	bench_plan(b);
	assert_int_equal(bench_run(b, &result), 0);
	bench_break_off_before_boot(b);
	temp_directory_write(b->temp, &FILE_PATH[1], edited[i].text);
	recover(&b->state, &b->temp->root, &b->stub.base, true, &recovery, NULL);
	notes = strv_join(&recovery.notes, "\n");
	assert_text(b, FILE_PATH, edited[i].text);
	if (!strstr(notes, "borrowed for a restart") == edited[i].named)
		fail_msg("%s: '%s'", edited[i].text, notes);
}

static void test_borrowed_beside_others(void **state)
{
	bench_each(edit_between, ARRAY_SIZE(edited));
	(void)state;
}

/* No file, and no directory for it, before and after; and where the restart fails. */
static void lend_directory(struct bench *b, size_t fails)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	struct docker_facts *d = &b->facts.docker;

	str_replace(&d->config_file, "/etc/docker/daemon.json");
	d->swarm = xstrdup("inactive");
	settings_put(&d->now, "live-restore", "false", SOURCE_API, "");
	container_list_add(&d->containers)->name = xstrdup("web");
	d->containers.seen[0].running = true;
	containers_known(&d->containers);
	effects_add(&effects, "c", HANDLER_DOCKER_RESTART, subject_of(SCHEME_DOCKER, "log-level"),
		    "\"info\"", "\"warn\"");
	assert_int_equal(compose_effects(&b->plan, &b->temp->root, &b->facts, NULL, &effects, NULL),
			 0);
	assert_true(b->plan.borrows);
	b->stub.fail_at = fails ? 2 : 0;
	assert_int_equal(bench_run(b, &result), fails ? -EIO : 0);
	assert_before(b);
	assert_swept(b);
	assert_int_equal(faccessat(b->temp->fd, "etc/docker", F_OK, 0), -1);
}

static void test_lent_directory(void **state)
{
	bench_each(lend_directory, 2);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_way_back),
		cmocka_unit_test(test_killed_in_the_reload),
		cmocka_unit_test(test_recovery_beside_a_path_unit),
		TEMP_DIRECTORY_TEST(test_way_up),
		cmocka_unit_test(test_lost_by_the_restart),
		cmocka_unit_test(test_borrowed),
		cmocka_unit_test(test_borrowed_before_a_boot),
		cmocka_unit_test(test_borrowed_beside_others),
		cmocka_unit_test(test_lent_directory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
