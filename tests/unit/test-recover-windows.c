/*
 * A run that dies within the window of a handler: between the record that the handler begins and its
 * job, or after the job and before the record that it ended. Recovery says that all was put back
 * exactly when it is: it ran the handler back, or who keeps the values tells that they are as before.
 */

#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "rollback/recover.h"
#include "rollback/transaction-directory.h"
#include "tests/unit/transaction-bench.h"

#define DIED 7

static int (*run_of_stub)(struct effector *e, enum handler handler, const struct effects *towards,
			  struct error *err);
static size_t die_at; /* the call of run() in which the process ends, from 1 */
static bool die_after; /* when the job is done */

static int dying_run(struct effector *e, enum handler handler, const struct effects *towards,
		     struct error *err)
{
	struct stub *stub = (struct stub *)e;
	bool now = stub->asked.count + 1 == die_at;
	int r;

	if (now && !die_after)
		_exit(DIED);
	r = run_of_stub(e, handler, towards, err);
	if (now)
		_exit(DIED);
	return r;
}

/* In a process of its own, which shares the disk and nothing else. */
static void die_in(struct bench *b, size_t at, bool after)
{
	struct effector_ops ops = *b->stub.base.ops;
	int status;
	pid_t pid;

	run_of_stub = ops.run;
	ops.run = dying_run;
	die_at = at;
	die_after = after;
	b->live_restore = true;
	bench_plan(b);
	pid = fork();
	if (pid == 0) {
		struct transaction_result result = {0};

		b->stub.base.ops = &ops;
		bench_run(b, &result);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), DIED);
}

static bool says(const struct strv *lines, const char *text)
{
	for (size_t i = 0; i < lines->count; i++)
		if (strstr(lines->items[i], text))
			return true;
	return false;
}

static int run_recover(struct bench *b, struct recovery *ret)
{
	strv_clear(&b->stub.asked);
	return recover(&b->state, &b->temp->root, &b->stub.base, false, ret, NULL);
}

/* The handler runs back, though it may never have run: who reads the file again finds it as before. */
static void handlers_work(struct bench *b, size_t at, bool after)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};

	die_in(b, at, after);
	assert_int_equal(run_recover(b, &recovery), 0);
	assert_int_equal(recovery.undone, 1);
	assert_true(says(&recovery.notes, "put back"));
	assert_int_equal(b->stub.asked.count, at);
	assert_before(b);
	assert_swept(b);
}

/* dockerd refuses whatever it is asked for, and has the values of before. */
static void refused_and_as_before(struct bench *b, size_t at, bool after)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};

	die_in(b, at, after);
	b->stub.fail_from = 1;
	b->stub.in_force = 1;
	assert_int_equal(run_recover(b, &recovery), 0);
	assert_int_equal(recovery.undone, 1);
	assert_true(says(&recovery.notes, "as it was all the same"));
	assert_before(b);
	assert_swept(b);
}

/* It refuses, and has not: nothing is said to be put back, then or later, until it is. */
static void refused_and_not(struct bench *b, size_t at, bool after)
{
	CLEANUP(recovery_clear) struct recovery first = {0}, second = {0}, last = {0};

	die_in(b, at, after);
	b->stub.fail_from = 1;
	assert_int_equal(run_recover(b, &first), -EUCLEAN);
	assert_int_equal(first.undone, 0);
	assert_true(says(&first.left, "failed"));
	assert_false(says(&first.notes, "put back"));
	assert_int_equal(run_recover(b, &second), -EUCLEAN);
	assert_int_equal(second.undone, 0);
	b->stub.fail_from = 0;
	assert_int_equal(run_recover(b, &last), 0);
	assert_int_equal(last.undone, 1);
	assert_before(b);
	assert_swept(b);
}

static bool lost;

/* A dockerd that left a container out of its list, for want of room at its start. */
static int look_at_lost(void *data, struct facts *ret, struct error *err)
{
	if (lost) {
		struct container *c = container_list_add(&ret->docker.containers);

		c->name = xstrdup("web");
		c->unlisted = true;
		c->unread = xstrdup("it is not listed, though its process runs");
	}
	containers_known(&ret->docker.containers);
	return 0;
}

/* The files are as before, and containers are lost: that is not put back, until they are listed. */
static void put_back_without_container(struct bench *b, size_t at, bool after)
{
	CLEANUP(recovery_clear) struct recovery first = {0}, last = {0};

	die_in(b, at, after);
	lost = true;
	b->stub.base.look = look_at_lost;
	assert_int_equal(run_recover(b, &first), -EUCLEAN);
	assert_int_equal(first.undone, 0);
	assert_true(says(&first.left, "'web'"));
	assert_false(says(&first.notes, "put back"));
	lost = false;
	assert_int_equal(run_recover(b, &last), 0);
	assert_int_equal(last.undone, 1);
	assert_before(b);
}

/* One that dockerd did not list before either, by the plan, was not lost by it. */
static void never_listed(struct bench *b, size_t at, bool after)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};

	stopped_add(&b->plan.stopped, "web", COMES_BACK_UNKNOWN, "not known: it is not listed");
	die_in(b, at, after);
	lost = true;
	b->stub.base.look = look_at_lost;
	assert_int_equal(run_recover(b, &recovery), 0);
	assert_int_equal(recovery.undone, 1);
	lost = false;
	assert_before(b);
}

/*
 * One that dockerd's start gave up has its process, and what it lost is not a file's to bring back.
 */
static int look_at_given_up(void *data, struct facts *ret, struct error *err)
{
	struct container *c = container_list_add(&ret->docker.containers);

	c->name = xstrdup("shop");
	c->running = c->given_up = true;
	containers_known(&ret->docker.containers);
	return 0;
}

static void given_up_is_told(struct bench *b, size_t at, bool after)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};

	die_in(b, at, after);
	b->stub.base.look = look_at_given_up;
	assert_int_equal(run_recover(b, &recovery), 0);
	assert_int_equal(recovery.undone, 1);
	assert_true(says(&recovery.notes, "'docker restart shop'"));
	assert_before(b);
}

/* So with networks and ports: whoever put the files back is not done. */
static int look_at_lost_ways(void *data, struct facts *ret, struct error *err)
{
	struct container *c = container_list_add(&ret->docker.containers);

	c->name = xstrdup("shop");
	c->running = true;
	strv_add(&c->networks, "bridge");
	c = container_list_add(&ret->docker.containers);
	c->name = xstrdup("mail");
	c->running = true;
	strv_add(&c->lost_ports, "25/tcp on 0.0.0.0");
	c = container_list_add(&ret->docker.containers);
	c->name = xstrdup("filter");
	c->running = true;
	c->network_mode = xstrdup("container:mail");
	c = container_list_add(&ret->docker.containers);
	c->name = xstrdup("till");
	c->running = true;
	c->network_mode = xstrdup("container:shop");
	containers_known(&ret->docker.containers);
	strv_add(&ret->docker.lost_networks, "bridge: ZONE_CONFLICT");
	return 0;
}

static void lost_ways_are_told(struct bench *b, size_t at, bool after)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};

	die_in(b, at, after);
	b->stub.base.look = look_at_lost_ways;
	assert_int_equal(run_recover(b, &recovery), 0);
	assert_int_equal(recovery.undone, 1);
	assert_true(says(&recovery.notes, "dockerd has lost the network bridge: ZONE_CONFLICT"));
	assert_true(says(&recovery.notes, "only then 'docker restart shop'"));
	assert_true(says(&recovery.notes, "25/tcp on 0.0.0.0; once the address"));
	/* who has the network of one of them is as much cut off */
	assert_true(says(&recovery.notes, "only then 'docker restart shop till'"));
	assert_true(says(&recovery.notes, "are free here, 'docker restart mail filter'"));
	assert_before(b);
}

static void test_each_window(void **state)
{
	static void (*const answers[])(struct bench * b, size_t at, bool after) = {
		handlers_work, refused_and_as_before, refused_and_not,   put_back_without_container,
		never_listed,  given_up_is_told,      lost_ways_are_told};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		for (size_t at = 1; at <= 2; at++) /* the reload, the restart */
			for (int after = 0; after < 2; after++) {
				CLEANUP(bench_close) struct bench b;
				void *fresh = NULL;

				temp_directory_setup(&fresh);
				bench_open(&b, &fresh);
				answers[i](&b, at, after);
				temp_directory_teardown(&fresh);
			}
}

/*
 * What ran and went down with the handler: only the journal can tell it whoever comes after a kill.
 */
static const char *up; /* units that run now and go down with dockerd, separated by blanks */
static struct strv told; /* as ran_before() had them when a handler was run back, or last */
static int starts; /* calls of start_again() with some */
static bool starts_fail;

static const char
	*up_behind; /* those that run once the restart on the way back is done; NULL: as `up` */

static int stub_takes_along(struct effector *e, enum handler handler, const struct effects *towards,
			    struct strv *ret, struct error *err)
{
	bool behind = up_behind && ((struct stub *)e)->asked.count == 3;

	if (HANDLER_BIT(handler) & HANDLERS_RESTART)
		strv_split(ret, behind ? up_behind : up, " ");
	return 0;
}

/* Each is told with when its handler began, by the clock of this boot. */
static void stub_ran_before(struct effector *e, const struct strv *units,
			    const uint64_t *since_usec)
{
	for (size_t i = 0; i < units->count; i++)
		if (strcmp(units->items[i], "new.service") != 0) /* by an older journal */
			assert_in_range(since_usec[i], 1, clock_usec(CLOCK_MONOTONIC));
	strv_clear(&told);
	strv_add_all(&told, units);
}

static char told_at_start[200];

static int stub_start_again(struct effector *e, struct error *err)
{
	CLEANUP(freep) char *text = strv_join(&told, " ");

	starts += told.count > 0;
	snprintf(told_at_start, sizeof(told_at_start), "%s", text);
	return told.count && starts_fail ? error_set(err, -EIO, "'web.service' does not start") : 0;
}

static const struct along_row {
	const char *what;
	size_t at; /* 1: the reload; 2: the restart; 3: none, it waits to be confirmed */
	bool after;
	const char *up;
	const char *told;
	bool other_boot;
	const char *undone_in; /* by an undo that was killed in turn: the boot; NULL: none */
} along_rows[] = {
	{"killed in the reload", 1, true, "web.service", "", false},
	{"killed before the restart", 2, false, "docker.service web.service",
	 "docker.service web.service", false},
	{"killed after the restart", 2, true, "docker.service web.service",
	 "docker.service web.service", false},
	{"nothing goes down with it", 2, true, "", "", false},
	{"the restart ended well", 3, false, "web.service", "", false},
	{"a boot in between", 2, true, "web.service", "", true},
	{"... and the undo was killed after it", 2, true, "web.service", "new.service", true,
	 "now"},
	{"... and the undo was killed before another one", 2, true, "web.service", "", true,
	 "then"},
};

static void fill_along(struct bench *b, struct effector_ops *ops)
{
	*ops = *b->stub.base.ops;
	ops->takes_along = stub_takes_along;
	ops->ran_before = stub_ran_before;
	ops->start_again = stub_start_again;
	b->stub.base.ops = ops;
	strv_clear(&told);
	starts = 0;
	starts_fail = false;
	*told_at_start = 0;
}

static void leave_waiting(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};

	b->live_restore = true;
	b->confirm_usec = 60000000;
	bench_plan(b);
	assert_int_equal(bench_run(b, &result), 0);
	assert_int_equal(recover_taking_back(&b->state, &b->temp->root, &b->stub.base, result.id,
					     &recovery, NULL),
			 0);
}

/* An undo of a later boot has begun a handler. */
static void begin_undo_in(struct records *r, void *data)
{
	const char *when = *(const char **)data;
	CLEANUP(freep) char *boot = current_boot_id();
	struct record *new = array_append(&r->items, &r->count, sizeof(*new));

	*new = (struct record){.type = RECORD_UNDO_BEGIN, .payload = xstrdup("{}")};
	new = array_append(&r->items, &r->count, sizeof(*new));
	*new = (struct record){
		.type = RECORD_EFFECT_BEGIN,
		.payload = xasprintf("{\"stage\":1,\"handler\":\"docker-restart\",\"up\":[\"new."
				     "service\"],\"boot_id\":\"%s\"}",
				     strcmp(when, "now") == 0 ? boot : when)};
}

static void test_what_went_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(along_rows); i++) {
		const struct along_row *row = &along_rows[i];
		CLEANUP(recovery_clear) struct recovery recovery = {0};
		CLEANUP(bench_close) struct bench b;
		const char *undone_in = row->undone_in;
		struct effector_ops ops;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		fill_along(&b, &ops);
		up = row->up;
		if (row->at < 3)
			die_in(&b, row->at, row->after);
		else
			leave_waiting(&b);
		up = "";
		if (row->other_boot)
			bench_break_off_before_boot(&b);
		if (row->undone_in)
			bench_rewrite(&b, begin_undo_in, &undone_in);
		if (row->at < 3)
			assert_int_equal(run_recover(&b, &recovery), 0);
		if (strcmp(told_at_start, row->told) != 0)
			fail_msg("%s: '%s' ran before", row->what, told_at_start);
		assert_int_equal(told.count, 0); /* forgotten, for what is run next */
		assert_before(&b);
		temp_directory_teardown(&fresh);
	}
}

/* One that does not start is for a person, and is not forgotten; what came since runs, and needs nobody. */
static void test_what_does_not_start(void **state)
{
	CLEANUP(recovery_clear) struct recovery first = {0}, last = {0};
	CLEANUP(bench_close) struct bench b;
	struct effector_ops ops;
	void *fresh = NULL;

	(void)state;
	temp_directory_setup(&fresh);
	bench_open(&b, &fresh);
	fill_along(&b, &ops);
	up = "web.service";
	die_in(&b, 2, true);
	up = "new.service";
	starts_fail = true;
	assert_int_equal(run_recover(&b, &first), -EUCLEAN);
	assert_true(says(&first.left, "'web.service' does not start"));
	up = "";
	starts_fail = false;
	assert_int_equal(run_recover(&b, &last), 0);
	assert_string_equal(told_at_start, "web.service");
	assert_int_equal(starts, 2);
	assert_before(&b);
	temp_directory_teardown(&fresh);
}

/*
 * Settings that the kernel writes along with a handler: whoever comes after a kill is told those of before the
 * first one that was broken off.
 */
static const char *setting_now; /* of the one there is, before a handler runs */
static struct strv told_names; /* as it had them last */
static char told_settings[100]; /* as wrote_along() had them first */

static void stub_writes_along(struct effector *e, enum handler handler,
			      const struct effects *towards, struct strv *ret_names,
			      struct strv *ret_values)
{
	if (HANDLER_BIT(handler) & HANDLERS_RESTART) {
		strv_add(ret_names, "net/x");
		strv_add(ret_values, setting_now);
	}
}

static void stub_wrote_along(struct effector *e, const struct strv *names,
			     const struct strv *values)
{
	assert_int_equal(names->count, values->count);
	assert_true(names->count <= 1);
	if (names->count > 0)
		snprintf(told_settings, sizeof(told_settings), "%s=%s", names->items[0],
			 values->items[0]);
	strv_clear(&told_names);
	strv_add_all(&told_names, names);
}

static void test_settings_along(void **state)
{
	static const struct {
		const char *what;
		size_t at; /* where it was killed, as of struct along_row */
		bool after, other_boot;
		int fail_at; /* of the recovery's handlers */
		const char *told, *then; /* to the first recovery, and to a second one */
	} rows[] = {
		{"killed in the reload", 1, true, false, 0, "", NULL},
		{"killed before the restart", 2, false, false, 0, "net/x=was", NULL},
		{"killed after it", 2, true, false, 0, "net/x=was", NULL},
		{"... and the recovery fails in it", 2, true, false, 1, "net/x=was", "net/x=was"},
		{"... and behind it", 2, true, false, 2, "net/x=was", ""},
		{"a boot in between", 2, true, true, 0, "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(recovery_clear) struct recovery first = {0}, second = {0};
		CLEANUP(bench_close) struct bench b;
		struct effector_ops ops;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		ops = *b.stub.base.ops;
		ops.writes_along = stub_writes_along;
		ops.wrote_along = stub_wrote_along;
		b.stub.base.ops = &ops;
		setting_now = "was";
		die_in(&b, rows[i].at, rows[i].after);
		if (rows[i].other_boot)
			bench_break_off_before_boot(&b);
		setting_now = "made";
		*told_settings = 0;
		b.stub.fail_at = rows[i].fail_at;
		assert_int_equal(run_recover(&b, &first), rows[i].then ? -EUCLEAN : 0);
		if (strcmp(told_settings, rows[i].told) != 0)
			fail_msg("%s: told '%s'", rows[i].what, told_settings);
		*told_settings = 0;
		b.stub.fail_at = 0;
		assert_int_equal(run_recover(&b, &second), 0);
		if (strcmp(told_settings, rows[i].then ? rows[i].then : "") != 0)
			fail_msg("%s: then told '%s'", rows[i].what, told_settings);
		assert_int_equal(told_names.count, 0); /* forgotten, for what is run next */
		assert_before(&b);
		temp_directory_teardown(&fresh);
	}
}

/*
 * The restart ended well on the way back, and something else is left: what ran with it runs again, and who stops
 * it then is obeyed. One that did not come up is not forgotten.
 */
static void test_stopped_behind_the_undo(void **state)
{
	static const struct {
		const char *behind, *told;
	} ends[] = {
		{"docker.service web.service", ""},
		{"docker.service", "web.service"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		CLEANUP(transaction_result_clear) struct transaction_result result = {0};
		CLEANUP(recovery_clear) struct recovery recovery = {0};
		CLEANUP(bench_close) struct bench b;
		struct effector_ops ops;
		void *fresh = NULL;

		temp_directory_setup(&fresh);
		bench_open(&b, &fresh);
		fill_along(&b, &ops);
		up = "docker.service web.service";
		up_behind = ends[i].behind;
		b.live_restore = true;
		b.stub.unhealthy = 1;
		b.stub.fail_at = 4; /* the reload, behind the restart */
		bench_plan(&b);
		assert_true(bench_run(&b, &result) < 0);
		assert_int_equal(result.state, TRANSACTION_STUCK);
		up = "";
		up_behind = NULL;
		b.stub.fail_at = 0;
		assert_int_equal(run_recover(&b, &recovery), 0);
		assert_string_equal(told_at_start, ends[i].told);
		assert_before(&b);
		temp_directory_teardown(&fresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_window),
		cmocka_unit_test(test_what_went_down),
		cmocka_unit_test(test_what_does_not_start),
		cmocka_unit_test(test_stopped_behind_the_undo),
		cmocka_unit_test(test_settings_along),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
