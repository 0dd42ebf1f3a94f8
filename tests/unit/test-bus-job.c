/* A systemd that hangs up, at each point of each call: what was asked for is done, a restart once. */

#include "tests/unit/fake-systemd.h"
#include "tests/unit/temp-directory.h"

#include <time.h>

#include "engine/base/str.h"
#include "engine/base/strv.h"
#include "engine/host/ask/bus-impl.h"
#include "engine/host/write/bus-job.h"
#include "engine/host/write/bus-timer.h"

#define UNIT "docker.service"

static int job(struct bus *b, enum bus_job what, struct error *err)
{
	return bus_job(b, what, UNIT, &(struct bus_wait){.timeout_ms = 20000}, err);
}

static int restart(struct bus *b, struct error *err)
{
	return job(b, BUS_RESTART, err);
}

static int start(struct bus *b, struct error *err)
{
	return job(b, BUS_START, err);
}

static int stop(struct bus *b, struct error *err)
{
	return job(b, BUS_STOP, err);
}

static int reload(struct bus *b, struct error *err)
{
	return job(b, BUS_RELOAD, err);
}

static int reset_failed(struct bus *b, struct error *err)
{
	return bus_reset_failed(b, UNIT, err);
}

static int make_timer(struct bus *b, struct error *err)
{
	CLEANUP(strv_clear) struct strv argv = {0};

	strv_add(&argv, "/bin/true");
	return bus_timer_start(b,
			       &(const struct bus_timer){.name = "harden-test",
							 .description = "a test",
							 .argv = &argv,
							 .usec = 1000000},
			       err);
}

static int stop_timer(struct bus *b, struct error *err)
{
	return bus_timer_stop(b, "harden-test", err);
}

static int ask(struct bus *b, struct error *err)
{
	CLEANUP(freep) char *state = NULL;
	CLEANUP(strv_clear) struct strv names = {0};
	bool has;
	int r = bus_active_state(b, UNIT, &state, err);

	if (r >= 0)
		r = bus_has_job(b, UNIT, &has, err);
	return r < 0 ? r : bus_related(b, UNIT, "RequiredBy", &names, err);
}

/* Asked together, each is answered once. */
static int ask_many(struct bus *b, struct error *err)
{
	static const char *const properties[] = {"RequiredBy", NULL};
	CLEANUP(strv_clear) struct strv units = {0};
	struct strv answers[4] = {0};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		strv_addf(&units, "unit%zu.service", i);
	r = bus_relations_many(b, &units, properties, answers, err);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		if (r >= 0 &&
		    (answers[i].count != 1 || strcmp(answers[i].items[0], units.items[i]) != 0))
			r = error_set(err, -EBADMSG, "%zu answers", answers[i].count);
		strv_clear(&answers[i]);
	}
	return r;
}

static bool restarted(const struct fake_systemd *s)
{
	return s->restarts == 1 && strcmp(s->active, "active") == 0;
}

static bool started(const struct fake_systemd *s)
{
	return s->invocation == 2 && strcmp(s->active, "active") == 0;
}

static bool stopped(const struct fake_systemd *s)
{
	return strcmp(s->active, "inactive") == 0;
}

static bool reloaded(const struct fake_systemd *s)
{
	return s->reloads >= 1 && s->invocation == 1;
}

static bool read_again(const struct fake_systemd *s)
{
	return s->daemon_reloads >= 1;
}

static bool was_reset(const struct fake_systemd *s)
{
	return s->resets >= 1;
}

static bool has_timer(const struct fake_systemd *s)
{
	return s->timer && s->timers == 1;
}

static bool has_no_timer(const struct fake_systemd *s)
{
	return !s->timer;
}

static bool nothing(const struct fake_systemd *s)
{
	return s->restarts + s->starts + s->stops + s->reloads == 0;
}

static const struct call {
	const char *name;
	int (*call)(struct bus *b, struct error *err);
	bool (*is_done)(const struct fake_systemd *s);
	const char *active; /* before it */
} calls[] = {
	{"restart", restart, restarted, "active"},
	{"restart of one that is down", restart, restarted, "inactive"},
	{"start", start, started, "inactive"},
	{"stop", stop, stopped, "active"},
	{"reload", reload, reloaded, "active"},
	{"daemon-reload", bus_daemon_reload, read_again, "active"},
	{"reset-failed", reset_failed, was_reset, "failed"},
	{"a timer", make_timer, has_timer, "active"},
	{"a timer's end", stop_timer, has_no_timer, "active"},
	{"questions", ask, nothing, "active"},
	{"many questions", ask_many, nothing, "active"},
};

/* One call of `s` as it shall be, with what came of it. */
static int try(void **state, struct fake_systemd *s, int (*call)(struct bus *b, struct error *err),
	       struct error *err)
{
	const struct temp_directory *t = *state;
	struct bus *b = NULL;
	int r;

	fake_systemd_begin(s, t->path);
	assert_int_equal(bus_open_at(s->path, &b, NULL), 0);
	r = call(b, err);
	fake_systemd_end(s);
	bus_free(b);
	return r;
}

static void try_at(void **state, const struct call *c, const struct fake_systemd *how)
{
	CLEANUP(error_clear) struct error err = {0};
	struct fake_systemd s = *how;
	int r = try(state, &s, c->call, &err);

	if (r < 0 || !c->is_done(&s))
		fail_msg("%s, hung up at %u (%d, %u times, %s): %d %s; restarts %u, %s", c->name,
			 how->hang_at, (int)how->how, how->hang_times,
			 how->over_meanwhile ? "over" : "going on", r, error_text(&err), s.restarts,
			 s.active);
}

static void try_everywhere(void **state, const struct call *c)
{
	struct fake_systemd calm = {.active = c->active};

	assert_true(try(state, &calm, c->call, NULL) >= 0 && c->is_done(&calm));
	for (unsigned i = 1; i <= calm.events; i++)
		for (unsigned how = 0; how < HANG_COUNT * 3; how++)
			try_at(state, c,
			       &(const struct fake_systemd){.active = c->active,
							    .hang_at = i,
							    .how = how / 3,
							    .hang_times = how % 3 == 2 ? 3 : 1,
							    .over_meanwhile = how % 3 > 0});
}

static void test_each_call_at_each_point(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		try_everywhere(state, &calls[i]);
}

/* The point at which a restart's own call comes. */
static unsigned point_of_restart(void **state)
{
	for (unsigned i = 1; i < 50; i++) {
		struct fake_systemd s = {.hang_at = i, .how = HANG_UNHEARD, .hang_times = 1};

		s.others = "stop"; /* tells: what was not heard gives way to it */
		if (try(state, &s, restart, NULL) < 0 && s.restarts == 0)
			return i;
	}
	fail_msg("its call is nowhere");
	return 0;
}

/* A start that failed while nobody listened has failed, and is not tried once more. */
static void test_failed_meanwhile(void **state)
{
	unsigned at = point_of_restart(state);

	for (int how = HANG_UNANSWERED; how < HANG_COUNT; how++) {
		CLEANUP(error_clear) struct error err = {0};
		struct fake_systemd s = {.hang_at = at,
					 .how = how,
					 .hang_times = 1,
					 .over_meanwhile = true,
					 .fails = true};

		assert_int_equal(try(state, &s, restart, &err), -EIO);
		assert_int_equal(s.restarts, 1);
		assert_string_equal(error_text(&err), "RestartUnit of 'docker.service' ended with "
						      "'unknown' (unit failed, result exit-code)");
	}
}

/* Somebody stops the unit in its place: that is theirs. */
static void test_gave_way(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	struct fake_systemd s = {.hang_at = point_of_restart(state),
				 .how = HANG_ANSWERED,
				 .hang_times = 1,
				 .others = "stop"};

	assert_int_equal(try(state, &s, restart, &err), -EIO);
	assert_int_equal(s.restarts, 1);
	assert_non_null(strstr(error_text(&err), "ended with 'canceled'"));
}

/* Somebody's start of what runs looks like the second half of a restart, and is none. */
static void test_anothers_start(void **state)
{
	struct fake_systemd s = {.hang_at = point_of_restart(state),
				 .how = HANG_UNHEARD,
				 .hang_times = 1,
				 .others = "start"};

	assert_int_equal(try(state, &s, restart, NULL), 0);
	assert_int_equal(s.restarts, 1);
	assert_int_equal(s.invocation, 2);
}

/* It is waited for a bounded time, once. */
static void test_never_comes_back(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	struct fake_systemd s = {.hang_at = point_of_restart(state),
				 .how = HANG_ANSWERED,
				 .hang_times = 1,
				 .stays_away = true};
	time_t begun = time(NULL);

	assert_int_equal(try(state, &s, restart, &err), -ECONNRESET);
	assert_true(time(NULL) - begun < 20);
	assert_true(starts_with(error_text(&err), "lost the connection to systemd during "
						  "RestartUnit of 'docker.service'"));
}

/* As long as some twenty calls may take: what was asked for meanwhile is done once, and waited for. */
static void test_mute(void **state)
{
	const struct temp_directory *t = *state;

	for (size_t i = 0; i < 5; i++) { /* the jobs */
		struct fake_systemd calm = {.active = calls[i].active};

		assert_true(try(state, &calm, calls[i].call, NULL) >= 0);
		/* behind the first questions, which nothing was asked for before */
		for (unsigned at = 5; at <= calm.events; at++) {
			CLEANUP(error_clear) struct error err = {0};
			struct fake_systemd s = {
				.active = calls[i].active, .mute_at = at, .mute_ms = 100};
			CLEANUP(bus_freep) struct bus *b = NULL;
			int r;

			fake_systemd_begin(&s, t->path);
			assert_int_equal(bus_open_at(s.path, &b, NULL), 0);
			sd_bus_set_method_call_timeout(b->sd, 40000);
			r = calls[i].call(b, &err);
			fake_systemd_end(&s);
			if (r < 0 || !calls[i].is_done(&s) || s.restarts > 1)
				fail_msg("%s, mute at %u: %d %s; restarts %u, %s", calls[i].name,
					 at, r, error_text(&err), s.restarts, s.active);
		}
	}
}

/* It is not waited for for ever, and nothing is said of what came of it. */
static void test_mute_for_long(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(error_clear) struct error err = {0};
	struct fake_systemd s = {.mute_at = 6, .mute_ms = 600};
	CLEANUP(bus_freep) struct bus *b = NULL;

	fake_systemd_begin(&s, t->path);
	assert_int_equal(bus_open_at(s.path, &b, NULL), 0);
	sd_bus_set_method_call_timeout(b->sd, 40000);
	assert_int_equal(bus_job(b, BUS_RESTART, UNIT, &(struct bus_wait){.timeout_ms = 200}, &err),
			 -ETIMEDOUT);
	assert_true(starts_with(error_text(&err), "RestartUnit of 'docker.service' was not over"));
	fake_systemd_end(&s);
}

/* Of one that is down: whether it had come up since then. */
static void test_stopped_since(void **state)
{
	static const struct {
		const char *active;
		uint64_t up;
		bool stopped;
	} rows[] = {
		{"inactive", 101, true},   {"inactive", 100, false},     {"inactive", 0, false},
		{"failed", 101, false},    {"activating", 101, false},   {"active", 101, false},
		{"reloading", 101, false}, {"deactivating", 101, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct temp_directory *t = *state;
		struct fake_systemd s = {.active = rows[i].active, .up_usec = rows[i].up};
		CLEANUP(bus_freep) struct bus *b = NULL;
		bool stopped = !rows[i].stopped;

		fake_systemd_begin(&s, t->path);
		assert_int_equal(bus_open_at(s.path, &b, NULL), 0);
		assert_int_equal(bus_stopped_since(b, UNIT, 100, &stopped, NULL), 0);
		fake_systemd_end(&s);
		if (stopped != rows[i].stopped)
			fail_msg("%s, up since %d: %d", rows[i].active, (int)rows[i].up, stopped);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_each_call_at_each_point),
		TEMP_DIRECTORY_TEST(test_failed_meanwhile),
		TEMP_DIRECTORY_TEST(test_gave_way),
		TEMP_DIRECTORY_TEST(test_anothers_start),
		TEMP_DIRECTORY_TEST(test_never_comes_back),
		TEMP_DIRECTORY_TEST(test_mute),
		TEMP_DIRECTORY_TEST(test_mute_for_long),
		TEMP_DIRECTORY_TEST(test_stopped_since),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
