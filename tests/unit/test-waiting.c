/*
 * A transaction that waits to be confirmed: the reckoning of its time, the timers that stand for it, and
 * each way in which the wait ends. No change of the host and no WAITING comes before a timer is there that
 * undoes it (J11); what is kept is kept by COMMIT alone (J4).
 */

#include "rollback/waiting.h"

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/str.h"
#include "rollback/confirm.h"
#include "rollback/recover.h"
#include "rollback/transaction-directory.h"
#include "tests/own-edits.h"
#include "tests/subject-text.h"
#include "tests/unit/transaction-bench.h"

#define S UINT64_C(1000000)
#define MINUTE (60 * S)

static const struct {
	const char *what;
	char boot[2]; /* of now; the wait's is "a" */
	uint64_t real, mono; /* now; the wait is until 1000 s and 600 s, of 300 s */
	uint64_t left;
} times[] = {
	{"at its beginning", "a", 700 * S, 300 * S, 300 * S},
	{"half over", "a", 850 * S, 450 * S, 150 * S},
	{"the last moment", "a", 1000 * S - 1, 600 * S - 1, 1},
	{"at the deadline", "a", 1000 * S, 600 * S, 0},
	{"later", "a", 5000 * S, 6000 * S, 0},
	{"the wall clock was set ahead", "a", 9000 * S, 450 * S, 150 * S},
	{"... or back", "a", 1 * S, 450 * S, 150 * S},
	{"... or back, and it is over", "a", 1 * S, 600 * S, 0},
	{"another boot, half over", "b", 850 * S, 5 * S, 150 * S},
	{"another boot, over", "b", 1000 * S, 5 * S, 0},
	{"another boot that is up for longer", "b", 850 * S, 6000 * S, 150 * S},
	{"another boot, and its clock is behind", "b", 10 * S, 5 * S, 300 * S},
	{"a boot that is not known", "", 850 * S, 6000 * S, 150 * S},
};

static void test_left(void **state)
{
	const struct wait w = {.until_usec = 1000 * S,
			       .granted_usec = 300 * S,
			       .boot_id = (char[]){"a"},
			       .mono_usec = 600 * S};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		char boot[] = {*times[i].boot, 0};
		const struct instant now = {times[i].real, times[i].mono, boot};

		if (wait_left(&w, &now) != times[i].left)
			fail_msg("%s: %llu", times[i].what,
				 (unsigned long long)wait_left(&w, &now));
	}
}

/* ---- a transaction ---- */

static char *id_of(const struct bench *b)
{
	CLEANUP(strv_clear) struct strv ids = {0};

	assert_int_equal(state_transactions(&b->state, &ids, NULL), 0);
	assert_int_equal(ids.count, 1);
	return xstrdup(ids.items[0]);
}

/* "+ -0 +" : made and taken away, without what is the same in all. */
static char *timers(const struct bench *b)
{
	CLEANUP(freep) char *id = id_of(b), *whole = xasprintf("harden-confirm-%s", id);
	CLEANUP(freep) char *text = strv_join(&b->stub.timers, " ");
	struct buf short_text = {0};

	for (const char *at = text; *at;) {
		if (starts_with(at, whole))
			at += strlen(whole);
		else
			buf_putc(&short_text, *at++);
	}
	return buf_take(&short_text);
}

static void assert_timers(const struct bench *b, const char *wanted)
{
	CLEANUP(freep) char *text = timers(b);

	assert_string_equal(text, wanted);
}

static void assert_standing(const struct bench *b, enum transaction_state wanted,
			    const char *failure)
{
	CLEANUP(standing_clear) struct standing s = {0};
	CLEANUP(freep) char *id = id_of(b);

	assert_int_equal(standing_read(&b->state, id, &s, NULL), 0);
	assert_string_equal(transaction_state_to_string(s.state),
			    transaction_state_to_string(wanted));
	assert_true(s.waited);
	if (failure)
		assert_string_equal(s.failure, failure);
}

static void wait_for(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};

	b->confirm_usec = MINUTE;
	bench_plan(b);
	assert_int_equal(bench_run(b, &result), 0);
	assert_int_equal(result.state, TRANSACTION_WAITING);
	assert_after(b);
}

struct rewritten {
	bool other_boot;
	int64_t left; /* by either clock */
};

/* The last WAITING as it was noted in another boot, or some time ago. */
static void rewrite(struct records *r, void *data)
{
	const struct rewritten *how = data;
	CLEANUP(instant_clear) struct instant now = {0};

	instant_now(&now);
	for (size_t i = 0; i < r->count; i++) {
		if (r->items[i].type == RECORD_HEADER && how->other_boot) {
			char *boot = strstr(r->items[i].payload, now.boot_id);

			*boot = *boot == '0' ? '1' : '0';
		}
		if (r->items[i].type != RECORD_WAITING)
			continue;
		free(r->items[i].payload);
		if (how->other_boot)
			*now.boot_id = *now.boot_id == '0' ? '1' : '0';
		r->items[i].payload = xasprintf(
			"{\"until_usec\":%lld,\"granted_usec\":%llu,\"boot_id\":\"%s\",\"mono_"
			"usec\":%lld}",
			(long long)now.real_usec + how->left, (unsigned long long)MINUTE,
			now.boot_id, how->other_boot ? 1 : (long long)now.mono_usec + how->left);
	}
}

static void set_left(struct bench *b, int64_t left, bool other_boot)
{
	struct rewritten how = {other_boot, left};

	bench_rewrite(b, rewrite, &how);
}

static int recover_now(struct bench *b, struct recovery *recovery)
{
	return recover(&b->state, &b->temp->root, &b->stub.base, false, recovery, NULL);
}

static void test_waits(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *journal = NULL;
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	assert_standing(&b, TRANSACTION_WAITING, NULL);
	assert_timers(&b, "+-0 + --0");
	/* nobody puts it back meanwhile */
	assert_int_equal(recover_now(&b, &recovery), 0);
	assert_int_equal(recovery.undone + recovery.finished, 0);
	assert_int_equal(recovery.waiting.count, 1);
	assert_after(&b);
	assert_timers(&b, "+-0 + --0 +");
	journal = journal_text(&b.state);
	assert_non_null(strstr(journal, "WAITING"));
	assert_null(strstr(journal, "COMMIT"));
	bench_close(&b);
}

/* A timer that elapsed before its time is followed by another; a bus that is gone takes no time away. */
static void test_elapsed(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(standing_clear) struct standing s = {0};
	CLEANUP(freep) char *id = NULL;
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	id = id_of(&b);
	set_left(&b, (int64_t)(30 * S), false);
	strv_clear(&b.stub.timers);
	b.stub.elapsed = true;
	assert_int_equal(recover_now(&b, &recovery), 0);
	assert_timers(&b, "+-2 -");
	assert_int_equal(standing_read(&b.state, id, &s, NULL), 0);
	assert_true(s.left_usec > 25 * S && s.left_usec <= 30 * S);
	assert_int_equal(recover_now(&b, &recovery), 0);
	assert_timers(&b, "+-2 - +-2");
	b.stub.arms_fail_from = 1;
	assert_int_equal(recover_now(&b, &recovery), 0);
	assert_standing(&b, TRANSACTION_WAITING, NULL);
	assert_after(&b);
	bench_close(&b);
}

/* No timer, no change; and none that is left to be undone by nobody. */
static void test_no_timer(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result first = {0}, second = {0};
	struct bench b;

	bench_open(&b, state);
	b.confirm_usec = MINUTE;
	b.stub.arms_fail_from = 1;
	bench_plan(&b);
	assert_true(bench_run(&b, &first) < 0);
	assert_int_equal(first.state, TRANSACTION_OPEN);
	assert_before(&b);
	b.stub.arms = 0;
	b.stub.arms_fail_from = 2;
	assert_true(bench_run(&b, &second) < 0);
	assert_int_equal(second.state, TRANSACTION_ROLLED_BACK);
	assert_non_null(strstr(second.failure, "no timer could be made"));
	assert_true(second.outside);
	assert_before(&b);
	assert_swept(&b);
	bench_close(&b);
}

static void test_confirmed(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *id = NULL;
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	id = id_of(&b);
	assert_int_equal(confirm_transaction(&b.state, &b.temp->root, &b.stub.base, id, NULL), 0);
	assert_standing(&b, TRANSACTION_COMMITTED, NULL);
	assert_timers(&b, "+-0 + --0 - --0");
	assert_swept(&b);
	assert_int_equal(confirm_transaction(&b.state, &b.temp->root, &b.stub.base, id, NULL),
			 -ESTALE);
	assert_int_equal(confirm_extend(&b.state, &b.stub.base, id, MINUTE, NULL), -ESTALE);
	assert_int_equal(recover_now(&b, &recovery), 0);
	assert_int_equal(recovery.undone, 0);
	assert_after(&b);
	bench_close(&b);
}

static void test_over(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *id = NULL;
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	id = id_of(&b);
	set_left(&b, 0, false);
	assert_int_equal(confirm_transaction(&b.state, &b.temp->root, &b.stub.base, id, NULL),
			 -ETIME);
	assert_int_equal(confirm_extend(&b.state, &b.stub.base, id, MINUTE, NULL), -ETIME);
	assert_after(&b);
	assert_int_equal(recover_now(&b, &recovery), 0);
	assert_int_equal(recovery.undone, 1);
	assert_non_null(strstr(recovery.notes.items[0], "was not confirmed in time; put back"));
	assert_standing(&b, TRANSACTION_ROLLED_BACK, "it was not confirmed in time");
	assert_before(&b);
	assert_swept(&b);
	assert_int_equal(confirm_transaction(&b.state, &b.temp->root, &b.stub.base, id, NULL),
			 -ESTALE);
	bench_close(&b);
}

/* Undone is undone: what cannot be swept behind that needs a person, and makes it stuck no more. */
static void test_over_unswept(void **state)
{
	static const char name[] = "/etc/not-staged";
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *id = NULL, *journal = NULL;
	CLEANUP(close_fd) int directory = -1, fd = -1;
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	id = id_of(&b);
	directory = state_open_txn(&b.state, id, false, NULL);
	fd = openat(directory, "staged", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, name, sizeof(name)), sizeof(name));
	set_left(&b, 0, false);
	assert_int_equal(recover_now(&b, &recovery), -EUCLEAN);
	assert_before(&b);
	assert_int_equal(recovery.undone, 1);
	assert_standing(&b, TRANSACTION_ROLLED_BACK, "it was not confirmed in time");
	journal = journal_text(&b.state);
	assert_string_equal(strstr(journal, "UNDO_BEGIN"), "UNDO_BEGIN UNDO_DONE");
	bench_close(&b);
}

static void test_extended(void **state)
{
	CLEANUP(standing_clear) struct standing s = {0};
	CLEANUP(freep) char *id = NULL;
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	id = id_of(&b);
	set_left(&b, (int64_t)(30 * S), false);
	assert_int_equal(confirm_extend(&b.state, &b.stub.base, id, MINUTE, NULL), 0);
	assert_int_equal(standing_read(&b.state, id, &s, NULL), 0);
	assert_true(s.left_usec > 80 * S && s.left_usec <= 90 * S);
	assert_timers(&b, "+-0 + --0 +-2 -");
	assert_int_equal(
		confirm_extend(&b.state, &b.stub.base, id, WAIT_MOST_MS * UINT64_C(1000), NULL),
		-ERANGE);
	/* a time that could not be given is not taken from what there was */
	b.stub.arms_fail_from = 1;
	assert_true(confirm_extend(&b.state, &b.stub.base, id, MINUTE, NULL) < 0);
	assert_standing(&b, TRANSACTION_WAITING, NULL);
	bench_close(&b);
}

/* ---- timers that count down ---- */

static struct countdown {
	char *name;
	uint64_t due; /* by CLOCK_MONOTONIC */
} countdowns[8];

/* As systemd's: whatever is counted down under that name goes on. */
static int count_down(struct effector *e, const char *name, uint64_t usec, struct error *err)
{
	struct countdown *at = NULL;

	(void)e;
	(void)err;
	for (size_t i = 0; i < ARRAY_SIZE(countdowns); i++)
		if (strcmp_null(countdowns[i].name, name) == 0)
			return 0;
		else if (!at && !countdowns[i].name)
			at = &countdowns[i];
	assert_non_null(at);
	*at = (struct countdown){xstrdup(name), clock_usec(CLOCK_MONOTONIC) + usec};
	return 0;
}

static void stop_counting(struct effector *e, const char *name)
{
	(void)e;
	for (size_t i = 0; i < ARRAY_SIZE(countdowns); i++)
		if (strcmp_null(countdowns[i].name, name) == 0) {
			free(countdowns[i].name);
			countdowns[i] = (struct countdown){0};
		}
}

/* No undo comes later than the journal says. */
static void assert_in_time(const struct bench *b, const char *id, const char *what)
{
	CLEANUP(standing_clear) struct standing s = {0};
	uint64_t first = UINT64_MAX, now = clock_usec(CLOCK_MONOTONIC);

	assert_int_equal(standing_read(&b->state, id, &s, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(countdowns); i++)
		if (countdowns[i].name && countdowns[i].due < first)
			first = countdowns[i].due;
	if (first > now + s.left_usec + S)
		fail_msg("%s: it is undone after %lld s, and waits for %llu", what,
			 first == UINT64_MAX ? -1LL : (long long)((first - now) / S),
			 (unsigned long long)(s.left_usec / S));
}

/* A file that cannot grow: the record is written in part, and taken back. */
static int extend(struct bench *b, const char *id, uint64_t more, bool fails)
{
	const struct rlimit full = {1, RLIM_INFINITY};
	struct rlimit before;
	int r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_IGN);
	if (fails)
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	r = confirm_extend(&b->state, &b->stub.base, id, more, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	return r;
}

/* Each way in which three extensions of three lengths succeed, or cannot be noted. */
static void extend_often(struct bench *b, size_t row)
{
	static const uint64_t more[] = {10 * S, MINUTE, 60 * MINUTE};
	struct effector_ops ops = *b->stub.base.ops;
	CLEANUP(freep) char *id = NULL;

	ops.arm = count_down;
	ops.disarm = stop_counting;
	b->stub.base.ops = &ops;
	wait_for(b);
	id = id_of(b);
	assert_in_time(b, id, "at first");
	for (size_t i = 0; i < 3; i++, row /= 6) {
		CLEANUP(freep)
		char *what = xasprintf("%zu. extension, %s noted", i + 1, row % 2 ? "not" : "");

		assert_int_equal(extend(b, id, more[row / 2 % 3], row % 2) < 0, row % 2);
		assert_in_time(b, id, what);
	}
	for (size_t i = 0; i < ARRAY_SIZE(countdowns); i++)
		if (countdowns[i].name)
			stop_counting(NULL, countdowns[i].name);
}

static void test_extended_in_time(void **state)
{
	(void)state;
	bench_each(extend_often, 6 * 6 * 6);
}

static const struct {
	const char *what;
	int64_t left;
	bool no_timers;
	enum transaction_state state;
	const char *failure, *timers;
} boots[] = {
	{"before the deadline", 30 * 1000000, false, TRANSACTION_WAITING, NULL, "+-2 -"},
	{"after it", -1, false, TRANSACTION_ROLLED_BACK, "it was not confirmed in time", "- --0"},
	{"before it, and no timer can be made", 30 * 1000000, true, TRANSACTION_ROLLED_BACK,
	 "it waited to be confirmed, and no timer could be made that undoes it in time", "- --0"},
};

static void boot(struct bench *b, size_t i)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0}, again = {0};

	wait_for(b);
	set_left(b, boots[i].left, true);
	strv_clear(&b->stub.timers);
	b->stub.arms_fail_from = boots[i].no_timers;
	assert_int_equal(recover_now(b, &recovery), 0);
	assert_standing(b, boots[i].state, boots[i].failure);
	assert_timers(b, boots[i].timers);
	if (boots[i].state != TRANSACTION_WAITING) {
		assert_text(b, FILE_PATH, BEFORE);
		return;
	}
	assert_after(b);
	/* from here on this boot's clock counts */
	assert_int_equal(recover_now(b, &again), 0);
	assert_timers(b, "+-2 - +-2");
	set_left(b, 0, false);
	assert_int_equal(recover_now(b, &again), 0);
	assert_standing(b, TRANSACTION_ROLLED_BACK, "it was not confirmed in time");
}

static void test_boots(void **state)
{
	(void)state;
	bench_each(boot, ARRAY_SIZE(boots));
}

/*
 * After a reboot: what this boot started on the applied files is undone by the handlers, once it was let wait
 * on in this boot; where it was not, nothing was begun that is known of, and what may be is named.
 */
static const struct {
	const char *what;
	bool waits_here;
	const char *unit; /* its state now */
	const char *asked;
	size_t named;
} deadlines[] = {
	{"it waited in this boot", true, "active",
	 "systemd-reload -, unit-state inactive, docker-restart -", 0},
	{"it did not, and the units run", false, "active", "systemd-reload -", 3},
	{"it did not, and nothing runs yet", false, "inactive", "systemd-reload -", 0},
};

static size_t deadline;

static int unit_now(struct effector *e, struct subject subject, char **ret)
{
	(void)e;
	assert_int_equal(subject.scheme, SCHEME_STATE);
	*ret = xstrdup(deadlines[deadline].unit);
	return 1;
}

static void wait_with_units(struct bench *b)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};

	b->confirm_usec = MINUTE;
	edits_add(&edits, "x", FILE_PATH, subj("json:/icc"), NULL, "false");
	effects_add(&effects, "x", HANDLER_SYSTEMD_RELOAD, subj("unit:one.service"), NULL,
		    "read again");
	effects_add(&effects, "x", HANDLER_UNIT_STATE, subj("state:one.service"), "inactive",
		    "active");
	effects_add(&effects, "x", HANDLER_UNIT_STATE, subj("restart:two.service"), NULL, "anew");
	effects_add(&effects, "x", HANDLER_DOCKER_RESTART, subj("start:docker.service"), NULL,
		    "anew");
	bench_compose(b, &edits, &effects);
	plan_add_finding(&b->plan, "x")->state = FINDING_PLANNED;
	assert_int_equal(bench_run(b, &result), 0);
	assert_int_equal(result.state, TRANSACTION_WAITING);
}

static void reach_deadline(struct bench *b, size_t i)
{
	CLEANUP(recovery_clear) struct recovery early = {0}, recovery = {0};
	CLEANUP(freep) char *asked = NULL;
	struct effector_ops ops = *b->stub.base.ops;
	size_t named = 0;

	deadline = i;
	ops.value_now = unit_now;
	b->stub.base.ops = &ops;
	wait_with_units(b);
	strv_clear(&b->stub.asked);
	set_left(b, deadlines[i].waits_here ? (int64_t)(30 * S) : 0, true);
	if (deadlines[i].waits_here) {
		assert_int_equal(recover_now(b, &early), 0);
		assert_int_equal(b->stub.asked.count, 0);
		set_left(b, 0, false);
	}
	assert_int_equal(recover_now(b, &recovery), 0);
	assert_standing(b, TRANSACTION_ROLLED_BACK, "it was not confirmed in time");
	asked = strv_join(&b->stub.asked, ", ");
	if (strcmp(asked, deadlines[i].asked) != 0)
		fail_msg("%s: asked '%s'", deadlines[i].what, asked);
	for (size_t k = 0; k < recovery.notes.count; k++)
		named += strstr(recovery.notes.items[k], "this boot may have started it") != NULL;
	if (named != deadlines[i].named)
		fail_msg("%s: named %zu", deadlines[i].what, named);
}

static void test_deadline_after_boot(void **state)
{
	(void)state;
	bench_each(reach_deadline, ARRAY_SIZE(deadlines));
}

/* Nobody is there to be asked: what others wrote stays, and it is said; also when the undo was broken off. */
static void test_foreign(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *notes = NULL;
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	set_left(&b, 0, false);
	temp_directory_write(b.temp, &FILE_PATH[1], THEIRS);
	assert_int_equal(recover_now(&b, &recovery), 0);
	notes = strv_join(&recovery.notes, "\n");
	assert_non_null(strstr(notes, "put back but for what others changed"));
	assert_non_null(strstr(notes, FILE_PATH));
	assert_text(&b, FILE_PATH, THEIRS);
	assert_text(&b, NEW_PATH, NULL);
	assert_standing(&b, TRANSACTION_ROLLED_BACK, "it was not confirmed in time");
	bench_close(&b);
}

#define RULES "/etc/60-ours.rules"

static const struct {
	const char *to;
	bool named;
} moved[] = {{"etc/70-theirs.rules", true}, {"etc/70-theirs.off", false}};

/* What somebody moved away is read by its new name, where it is of a kind: that is not told as put back. */
static void move_away(struct bench *b, size_t i)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(freep) char *notes = NULL;

	b->confirm_usec = MINUTE;
	edits_add(&edits, "c", RULES, subj("kv:x"), NULL, "1");
	edits_add_own(&edits, RULES);
	bench_compose(b, &edits, &(struct effects){0});
	assert_int_equal(bench_run(b, &result), 0);
	set_left(b, 0, false);
	assert_int_equal(renameat(b->temp->fd, &RULES[1], b->temp->fd, moved[i].to), 0);
	assert_int_equal(recover_now(b, &recovery), 0);
	notes = strv_join(&recovery.notes, "\n");
	assert_int_equal(strstr(notes, "put back but for what others changed") != NULL,
			 moved[i].named);
	assert_int_equal(strstr(notes, moved[i].to) != NULL, moved[i].named);
}

static void test_moved_away(void **state)
{
	(void)state;
	bench_each(move_away, ARRAY_SIZE(moved));
}

static int look_stopped(void *data, struct facts *ret, struct error *err)
{
	struct container *c = container_list_add(&ret->docker.containers);

	(void)data;
	(void)err;
	c->name = xstrdup("web");
	c->id = xstrdup("0123456789abcdef");
	c->state = xstrdup("exited");
	containers_known(&ret->docker.containers);
	ret->docker.running = true;
	return 0;
}

/* Whoever counts the time in another session is told whom the undo stopped. */
static void test_told_elsewhere(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(standing_clear) struct standing s = {0};
	struct bench b;

	bench_open(&b, state);
	b.confirm_usec = MINUTE;
	bench_plan(&b);
	stopped_add(&b.plan.stopped, "web", COMES_BACK_NO, "web: it has no restart policy");
	assert_int_equal(bench_run(&b, &result), 0);
	set_left(&b, 0, false);
	b.stub.base.look = look_stopped;
	assert_int_equal(recover_now(&b, &recovery), 0);
	assert_int_equal(standing_read(&b.state, result.id, &s, NULL), 0);
	assert_non_null(s.told);
	assert_non_null(strstr(s.told, "'web' was stopped by the restart of dockerd"));
	assert_string_equal(s.left, ""); /* nothing of it is in force */
	bench_close(&b);
}

#define LAID_BY WITNESS ".before"
#define WITNESS "var/lib/harden/" STATE_WITNESS
#define WITNESSED(invocation, config)                                                              \
	"{\"config\":\"" config "\",\"format_version\":\"1.0\",\"invocation_id\":\"" invocation    \
	"\",\"settings\":{}}"

/* What was known before the wait is so again when all is undone, and not while something is stuck. */
static void test_witness_of_stuck(void **state)
{
	CLEANUP(recovery_clear) struct recovery stuck = {0}, undone = {0};
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	temp_directory_write(b.temp, LAID_BY, WITNESSED("0a01", "of-before"));
	temp_directory_write(b.temp, WITNESS, WITNESSED("0a02", "applied"));
	set_left(&b, 0, false);
	b.stub.fail_from = 1;
	assert_int_equal(recover_now(&b, &stuck), -EUCLEAN);
	assert_standing(&b, TRANSACTION_STUCK, NULL);
	assert_text(&b, "/" WITNESS, WITNESSED("", "applied"));
	b.stub.fail_from = 0;
	assert_int_equal(recover_now(&b, &undone), 0);
	assert_text(&b, "/" WITNESS, WITNESSED("0a01", "of-before"));
	assert_text(&b, "/" LAID_BY, NULL);
	bench_close(&b);
}

static void begin_undo(struct records *r, void *data)
{
	struct record *more = calloc(r->count + 1, sizeof(*more));

	(void)data;
	memcpy(more, r->items, r->count * sizeof(*more));
	more[r->count] = (struct record){
		RECORD_UNDO_BEGIN, transaction_note_format("it was not confirmed in time", NULL)};
	free(r->items);
	r->items = more;
	r->count++;
}

static void test_undo_broken_off(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	set_left(&b, (int64_t)(30 * S), false);
	bench_rewrite(&b, begin_undo, NULL);
	temp_directory_write(b.temp, &FILE_PATH[1], THEIRS);
	assert_int_equal(recover_now(&b, &recovery), 0);
	assert_text(&b, FILE_PATH, THEIRS);
	assert_text(&b, NEW_PATH, NULL);
	assert_standing(&b, TRANSACTION_ROLLED_BACK, "it was not confirmed in time");
	bench_close(&b);
}

static void test_taken_back(void **state)
{
	CLEANUP(recovery_clear) struct recovery recovery = {0};
	CLEANUP(freep) char *id = NULL;
	struct bench b;

	bench_open(&b, state);
	wait_for(&b);
	id = id_of(&b);
	assert_int_equal(recover_taking_back(&b.state, &b.temp->root, &b.stub.base, "another",
					     &recovery, NULL),
			 0);
	assert_after(&b);
	assert_int_equal(
		recover_taking_back(&b.state, &b.temp->root, &b.stub.base, id, &recovery, NULL), 0);
	assert_before(&b);
	assert_standing(&b, TRANSACTION_ROLLED_BACK, "it was taken back before it was confirmed");
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left),
		TEMP_DIRECTORY_TEST(test_waits),
		TEMP_DIRECTORY_TEST(test_elapsed),
		TEMP_DIRECTORY_TEST(test_no_timer),
		TEMP_DIRECTORY_TEST(test_confirmed),
		TEMP_DIRECTORY_TEST(test_over),
		TEMP_DIRECTORY_TEST(test_over_unswept),
		TEMP_DIRECTORY_TEST(test_extended),
		cmocka_unit_test(test_extended_in_time),
		cmocka_unit_test(test_boots),
		cmocka_unit_test(test_deadline_after_boot),
		TEMP_DIRECTORY_TEST(test_foreign),
		cmocka_unit_test(test_moved_away),
		TEMP_DIRECTORY_TEST(test_told_elsewhere),
		TEMP_DIRECTORY_TEST(test_witness_of_stuck),
		TEMP_DIRECTORY_TEST(test_undo_broken_off),
		TEMP_DIRECTORY_TEST(test_taken_back),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
