/* What a restart of dockerd takes down comes up again, whichever step of it fails, and once. */

#include "tests/subject-text.h"
#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/live.h"
#include "engine/host/ask/docker-log.h"

#define UNITS 4
#define WEB 2

/* What systemd is played to have. The first two are dockerd's own; the others go down with it. */
static struct host {
	const char *names[UNITS];
	bool up[UNITS];
	uint64_t came_up[UNITS]; /* when it did last, by CLOCK_MONOTONIC */
	const char *fails; /* the step that fails in this run; NULL: none */

} host;

int __wrap_bus_open(struct bus **ret, struct error *err);
int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err);
int __wrap_bus_stopped_since(struct bus *b, const char *unit, uint64_t since_usec, bool *ret,
			     struct error *err);
int __wrap_bus_dependents(struct bus *b, const char *unit, struct strv *ret, struct error *err);
int __wrap_bus_stopped_with(struct bus *b, const char *unit, struct strv *ret, struct error *err);
int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err);
int __wrap_bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
			struct error *err);
int __wrap_docker_confirm(struct engine_api *api, const struct effects *towards, struct error *err);
int __wrap_bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err);
char *__wrap_docker_log_last_words(uint64_t since_usec, const char *but);
int __wrap_docker_wait_ping(struct engine_api *api, int timeout_ms,
			    const struct interrupt *interrupt, struct error *err);
int __wrap_live_api_open(struct live *l, struct engine_api **ret, struct error *err);
int __wrap_live_docker_job(struct live *l, enum bus_job job, const char *unit, struct error *err);
int __wrap_live_docker_settle(struct live *l, char **ret_active, struct error *err);
int __wrap_live_start_again(struct bus *b, const char *unit, struct error *err);
int __wrap_live_unit_job(struct live *l, enum bus_job job, const char *unit, int timeout_ms,
			 struct error *err);

static uint64_t now_usec;

static size_t at(const char *unit)
{
	for (size_t i = 0; i < UNITS; i++)
		if (strcmp(host.names[i], unit) == 0)
			return i;
	fail_msg("no unit %s", unit);
	return 0;
}

static int step(const char *name, struct error *err)
{
	return host.fails && strcmp(host.fails, name) == 0 ? error_set(err, -EIO, "no %s", name)
							   : 0;
}

int __wrap_bus_open(struct bus **ret, struct error *err)
{
	*ret = NULL;
	return 0;
}

int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	*ret = xstrdup(host.up[at(unit)] ? "active" : "inactive");
	return 0;
}

int __wrap_bus_stopped_since(struct bus *b, const char *unit, uint64_t since_usec, bool *ret,
			     struct error *err)
{
	*ret = !host.up[at(unit)] && host.came_up[at(unit)] > since_usec;
	return 0;
}

int __wrap_bus_dependents(struct bus *b, const char *unit, struct strv *ret, struct error *err)
{
	for (size_t i = 0; i < UNITS; i++)
		if (host.up[i] && strcmp(host.names[i], unit) != 0)
			strv_add_once(ret, host.names[i]);
	return 0;
}

int __wrap_bus_stopped_with(struct bus *b, const char *unit, struct strv *ret, struct error *err)
{
	for (size_t i = 0; i < UNITS; i++)
		strv_add(ret, host.names[i]);
	return 0;
}

int __wrap_bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		       struct error *err)
{
	strv_add(ret, unit);
	return 0;
}

int __wrap_bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
			struct error *err)
{
	return 0;
}

int __wrap_docker_confirm(struct engine_api *api, const struct effects *towards, struct error *err)
{
	int r = step("value", err);

	return r < 0 ? r : 1;
}

int __wrap_bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err)
{
	return -ENOENT;
}

char *__wrap_docker_log_last_words(uint64_t since_usec, const char *but)
{
	return NULL;
}

int __wrap_docker_wait_ping(struct engine_api *api, int timeout_ms,
			    const struct interrupt *interrupt, struct error *err)
{
	return step("answer", err);
}

int __wrap_live_api_open(struct live *l, struct engine_api **ret, struct error *err)
{
	*ret = NULL;
	return 0;
}

int __wrap_live_docker_settle(struct live *l, char **ret_active, struct error *err)
{
	*ret_active = xstrdup("active");
	return 0;
}

/* A restart takes all along, and brings dockerd's own two; the gate lets none through before that. */
int __wrap_live_docker_job(struct live *l, enum bus_job job, const char *unit, struct error *err)
{
	int r = step("gate", err);

	if (r < 0)
		return r;
	l->job_usec = ++now_usec;
	if (job == BUS_RESTART)
		memset(host.up, 0, sizeof(host.up));
	r = step("job", err);
	host.up[0] = host.up[1] = r >= 0;
	if (r >= 0)
		host.came_up[0] = host.came_up[1] = ++now_usec;
	return r;
}

int __wrap_live_start_again(struct bus *b, const char *unit, struct error *err)
{
	size_t i = at(unit);
	int r = i == WEB ? step("start", err) : 0;

	if (!host.up[0])
		fail_msg("%s is started without dockerd", unit);
	if (r < 0)
		return r;

	host.up[i] = true;
	return 0;
}

int __wrap_live_unit_job(struct live *l, enum bus_job job, const char *unit, int timeout_ms,
			 struct error *err)
{
	host.up[at(unit)] = job == BUS_START;
	return 0;
}

static int run(struct effector *e, enum handler handler, const char *fails, struct error *err)
{
	static const struct effects none = {0};
	struct live *l = (struct live *)e;

	host.fails = fails;
	return handler == HANDLER_DOCKER_SOCKET ? run_docker_socket(l, &none, err)
						: run_docker_restart(l, &none, err);
}

static struct effector *begin(void)
{
	struct effector *e = NULL;
	struct live *l;

	host = (struct host){
		.names = {"docker.service", "docker.socket", "web.service", "db.mount"},
		.up = {true, true, true, true}};
	assert_int_equal(effector_live(&e, NULL), 0);
	l = (struct live *)e;
	l->remembered = l->docker_ran = l->socket_listened = true;
	return e;
}

static void all_up(const char *what)
{
	for (size_t i = 0; i < UNITS; i++)
		if (!host.up[i])
			fail_msg("%s: %s is down", what, host.names[i]);
}

static void test_the_way_back_brings_them(void **state)
{
	static const char *const fails[] = {"gate", "job", "answer", "value", "start"};
	static const enum handler handlers[] = {HANDLER_DOCKER_SOCKET, HANDLER_DOCKER_RESTART};

	for (size_t i = 0; i < ARRAY_SIZE(fails) * ARRAY_SIZE(handlers); i++) {
		const char *what = fails[i / ARRAY_SIZE(handlers)];
		CLEANUP(error_clear) struct error err = {0};
		struct effector *e = begin();

		assert_int_equal(run(e, handlers[i % ARRAY_SIZE(handlers)], what, &err), -EIO);
		if ((strcmp(what, "gate") != 0) !=
		    (strstr(error_text(&err), "went down with") != NULL))
			fail_msg("%s: '%s'", what, error_text(&err));
		assert_int_equal(run(e, handlers[i % ARRAY_SIZE(handlers)], NULL, NULL), 0);
		all_up(what);
		e->ops->free(e);
	}
}

static void test_what_does_not_start_is_named(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	struct effector *e = begin();

	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, "start", &err), -EIO);
	assert_string_equal(error_text(&err), "'web.service' went down with dockerd: no start");
	assert_true(host.up[3]); /* the others are started all the same */
	e->ops->free(e);
}

/* Neither one that the plan stops, nor one that came up and was stopped by somebody since. */
static void test_what_is_to_be_down_stays_so(void **state)
{
	struct effector *e = begin();
	struct effects effects = {0};

	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, "job", NULL), -EIO);
	effects_add(&effects, "c", HANDLER_UNIT_STATE, subj("state:web.service"), "active",
		    "inactive");
	host.fails = NULL;
	assert_int_equal(run_unit_state((struct live *)e, &effects, NULL), 0);
	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
	assert_false(host.up[WEB]);
	assert_true(host.up[3]);
	host.up[3] = false;
	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
	assert_false(host.up[3]);
	effects_clear(&effects);
	e->ops->free(e);
}

#define KILLED 10

/* What recovery is told by the journal of a run that was killed in the middle of its restart. */
static struct effector *begin_recovery(const char *ran, struct strv *notes)
{
	static const uint64_t since[UNITS] = {KILLED, KILLED, KILLED, KILLED};
	CLEANUP(strv_clear) struct strv units = {0};
	struct effector *e = begin();

	memset(host.up, 0, sizeof(host.up));
	((struct live *)e)->remembered = false;
	e->notes = notes;
	strv_split(&units, ran, " ");
	e->ops->ran_before(e, &units, since);
	return e;
}

#define ALL "docker.service docker.socket web.service db.mount"

/* dockerd's two are inactive, as after a start that failed, and no shim says that they ran. */
static void test_recovery_brings_them(void **state)
{
	struct effector *e = begin_recovery(ALL, NULL);

	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
	all_up("recovery");
	e->ops->free(e);
}

static const struct again_row {
	const char *what, *ran;
	bool docker_up;
	const char *fails;
	bool leave; /* a person said that it stays down */
	int result;
	const char *up; /* then */
	const char *says; /* the error, or a note; NULL: none */
} again_rows[] = {
	{"nothing ran", "", true, NULL, false, 0, "docker.service docker.socket", NULL},
	{"all ran", ALL, false, NULL, false, 0, ALL, "'docker.service' ran before"},
	{"a dependent ran", "web.service", true, NULL, false, 0,
	 "docker.service docker.socket web.service", "'web.service' ran before, had gone down"},
	{"it does not start", "web.service db.mount", true, "start", false, -EIO,
	 "docker.service docker.socket db.mount", "'web.service' ran before, and does not run now"},
	{"... and may stay so", "web.service db.mount", true, "start", true, 0,
	 "docker.service docker.socket db.mount", "'web.service' does not start, and stays down"},
	{"without dockerd", "web.service", false, NULL, false, -EIO, "", "dockerd does not run"},
	{"dockerd does not start", ALL, false, "job", false, -EIO, "", "no job"},
};

static void check_again(const struct again_row *row)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv notes = {0}, up = {0};
	CLEANUP(freep) char *text = NULL, *said = NULL;
	struct effector *e = begin_recovery(row->ran, &notes);

	host.up[0] = host.up[1] = row->docker_up;
	host.fails = row->fails;
	e->starts.leave = row->leave;
	assert_int_equal(e->ops->start_again(e, &err), row->result);
	for (size_t i = 0; i < UNITS; i++)
		if (host.up[i])
			strv_add(&up, host.names[i]);
	text = strv_join(&up, " ");
	said = row->result < 0 ? xstrdup(error_text(&err)) : strv_join(&notes, "; ");
	if (strcmp(text, row->up) != 0)
		fail_msg("%s: up are '%s'", row->what, text);
	if (row->says ? !strstr(said, row->says) : *said != 0)
		fail_msg("%s: '%s'", row->what, said);
	e->ops->free(e);
}

static void test_recovery_starts_the_rest(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(again_rows); i++)
		check_again(&again_rows[i]);
}

/* One that the way back stops, since the plan had started it, and a recovery that is over. */
static void test_recovery_leaves_down(void **state)
{
	static const struct strv none = {0};
	struct effector *e = begin_recovery(ALL, NULL);
	struct effects effects = {0};

	host.up[0] = host.up[1] = true;
	effects_add(&effects, "c", HANDLER_UNIT_STATE, subj("state:web.service"), "active",
		    "inactive");
	assert_int_equal(run_unit_state((struct live *)e, &effects, NULL), 0);
	assert_int_equal(e->ops->start_again(e, NULL), 0);
	assert_false(host.up[WEB]);
	assert_true(host.up[3]);
	host.up[3] = false;
	e->ops->ran_before(e, &none, NULL);
	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
	assert_int_equal(e->ops->start_again(e, NULL), 0);
	assert_false(host.up[3]);
	effects_clear(&effects);
	e->ops->free(e);
}

/*
 * What somebody has stopped stays down, however the way back comes to it, and is said; what a job of our own left
 * down comes up.
 */
#define SOMEBODY "'docker.service' was stopped by somebody"

static const struct stopped_row {
	const char *what;
	bool recovered; /* else the run's own undo */
	const char *fails; /* the step of the restart before it that failed; NULL: none did */
	const char *listed; /* by the journal, as what ran before the handler that was killed */
	uint64_t came_up; /* the two of dockerd, before somebody stopped them; 0: nobody did */
	const char *up; /* then */
	const char *said; /* NULL: nothing */
	bool socket_of_boot; /* no job has touched the socket since: it came up long before */
} stopped_rows[] = {
	{"the undo, dockerd stopped in the gate", false, NULL, NULL, 1000, "", SOMEBODY},
	{"the undo of a job that failed", false, "job", NULL, 0, ALL, NULL},
	{"a kill in the restart, which came to its end", true, NULL, ALL, KILLED + 1, "", SOMEBODY},
	{"... which left the socket as it was", true, NULL, ALL, KILLED + 1, "", SOMEBODY, true},
	{"... and that stands first", true, NULL, "db.mount docker.socket docker.service",
	 KILLED + 1, "", SOMEBODY, true},
	{"... and to none", true, NULL, ALL, 0, ALL, NULL},
	{"a wait, behind all that was begun", true, NULL, "", KILLED + 1, "",
	 "'docker.service' does not run"},
};

static size_t told_of(const struct strv *notes, const char *unit)
{
	size_t n = 0;

	for (size_t i = 0; i < notes->count; i++)
		n += starts_with(notes->items[i], unit);
	return n;
}

static void check_stopped(const struct stopped_row *row, enum handler handler)
{
	CLEANUP(strv_clear) struct strv notes = {0}, up = {0};
	CLEANUP(freep) char *text = NULL, *said = NULL;
	struct effector *e = row->recovered ? NULL : begin();

	if (e)
		run(e, HANDLER_DOCKER_RESTART, row->fails, NULL);
	else
		e = begin_recovery("", NULL);
	e->notes = &notes;
	if (row->came_up)
		memset(host.up, 0, sizeof(host.up));
	for (size_t i = 0; i < UNITS && row->came_up; i++)
		host.came_up[i] = row->came_up;
	if (row->socket_of_boot)
		host.came_up[1] = KILLED - 1;
	if (row->listed) {
		static const uint64_t since[UNITS] = {KILLED, KILLED, KILLED, KILLED};
		CLEANUP(strv_clear) struct strv units = {0};

		strv_split(&units, row->listed, " ");
		e->ops->ran_before(e, &units, since);
	}
	assert_int_equal(run(e, handler, NULL, NULL), 0);
	assert_int_equal(e->ops->start_again(e, NULL), 0);
	for (size_t i = 0; i < UNITS; i++)
		if (host.up[i])
			strv_add(&up, host.names[i]);
	text = strv_join(&up, " ");
	said = strv_join(&notes, "; ");
	if (strcmp(text, row->up) != 0)
		fail_msg("%s: up are '%s'", row->what, text);
	if (row->said ? !strstr(said, row->said) : *said != 0)
		fail_msg("%s: '%s'", row->what, said);
	if (!*row->up && strstr(said, "started again"))
		fail_msg("%s: all is down, and '%s'", row->what, said);
	if (strstr(said, SOMEBODY) && strstr(said, "does not run, and"))
		fail_msg("%s: who stopped it is known, and '%s'", row->what, said);
	assert_int_equal(told_of(&notes, "'docker.service'"), row->said ? 1 : 0);
	e->ops->free(e);
}

static void test_what_was_stopped_stays_down(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(stopped_rows); i++) {
		check_stopped(&stopped_rows[i], HANDLER_DOCKER_RESTART);
		check_stopped(&stopped_rows[i], HANDLER_DOCKER_SOCKET);
	}
}

/* Recovery was told that all ran; somebody stops dockerd behind a job of its own, seen by a handler or by none. */
static void test_recovery_obeys_a_stop(void **state)
{
	for (int handlers = 0; handlers < 2; handlers++) {
		CLEANUP(strv_clear) struct strv notes = {0};
		CLEANUP(freep) char *said = NULL;
		struct effector *e = begin_recovery("docker.service docker.socket", &notes);

		assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
		assert_true(host.up[0] && host.up[1]);
		host.up[0] = host.up[1] = false;
		host.came_up[1] = 0; /* the job of docker.service left that alone */
		if (handlers)
			assert_int_equal(run(e, HANDLER_DOCKER_SOCKET, NULL, NULL), 0);
		assert_int_equal(e->ops->start_again(e, NULL), 0);
		said = strv_join(&notes, "; ");
		if (host.up[0] || host.up[1] || !strstr(said, SOMEBODY) ||
		    strstr(said, "started again"))
			fail_msg("%d handlers: '%s'", handlers, said);
		e->ops->free(e);
	}
}

/* Two transactions by one process: what the first could not start somebody did, and stopped, before the second. */
static void test_stop_ends_what_is_owed(void **state)
{
	static const uint64_t since = KILLED;
	CLEANUP(strv_clear) struct strv notes = {0}, units = {0};
	struct effector *e = begin();

	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, "start", NULL), -EIO);
	host.came_up[WEB] = KILLED + 1;
	e->notes = &notes;
	strv_add(&units, "web.service");
	e->ops->ran_before(e, &units, &since);
	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
	assert_int_equal(e->ops->start_again(e, NULL), 0);
	assert_false(host.up[WEB]);
	assert_int_equal(notes.count, 1);
	e->ops->free(e);
}

/* dockerd first, and its socket a moment later: what was seen once counts for the rest of the way. */
static void test_stop_of_both_takes_time(void **state)
{
	CLEANUP(strv_clear) struct strv notes = {0};
	struct effector *e = begin();
	struct live *l = (struct live *)e;

	e->notes = &notes;
	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
	host.up[0] = host.up[WEB] = host.up[3] = false;
	strv_add(&l->owed, "web.service"); /* its start would be one of dockerd, past the gate */
	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
	host.up[1] = false;
	l->job_usec = ++now_usec; /* of another unit, which takes dockerd along */
	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
	assert_int_equal(run(e, HANDLER_DOCKER_SOCKET, NULL, NULL), 0);
	for (size_t i = 0; i < UNITS; i++)
		assert_false(host.up[i]);
	assert_int_equal(notes.count, 2);
	host.up[0] = host.up[1] = true; /* by somebody: it is as any that runs */
	assert_int_equal(run(e, HANDLER_DOCKER_RESTART, NULL, NULL), 0);
	assert_true(host.up[0] && host.up[1]);
	e->ops->free(e);
}

/* That somebody stopped dockerd, and not that it never ran, or that a job of our own left it down. */
static void test_stopped_on_the_way_up(void **state)
{
	static const struct {
		const char *what;
		bool ran;
		const char *
			fails; /* of our own job for it; NULL: it comes to its end, "": none is run */
		bool stopped; /* by somebody, behind that */
		int result;
	} rows[] = {
		{"nobody did", true, NULL, false, 0},
		{"behind the restart", true, NULL, true, 1},
		{"before there was one", true, "", true, 1},
		{"our job failed", true, "job", false, 0},
		{"it did not run", false, "", true, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv notes = {0};
		struct effector *e = begin();
		int r;

		e->notes = &notes;
		((struct live *)e)->docker_ran = rows[i].ran;
		host.came_up[0] = ++now_usec;
		if (!rows[i].fails || *rows[i].fails)
			run(e, HANDLER_DOCKER_RESTART, rows[i].fails, NULL);
		if (rows[i].stopped)
			host.up[0] = false;
		r = e->ops->stopped_meanwhile(e);
		if (r != rows[i].result || notes.count != (size_t)rows[i].result)
			fail_msg("%s: %d, %zu notes", rows[i].what, r, notes.count);
		e->ops->free(e);
	}
}

/* A unit that has failed since its file was changed ran before, and has to run with its old one. */
static void test_recovery_restarts_what_failed(void **state)
{
	for (int ran = 0; ran < 2; ran++) {
		struct effector *e = begin_recovery(ran ? "web.service" : "", NULL);
		struct effects effects = {0};

		host.up[0] = host.up[1] = true;
		effects_add(&effects, "c", HANDLER_UNIT_STATE, subj("restart:web.service"), NULL,
			    "x");
		assert_int_equal(run_unit_state((struct live *)e, &effects, NULL), 0);
		assert_int_equal(host.up[WEB], ran);
		effects_clear(&effects);
		e->ops->free(e);
	}
}

/* What is noted before a handler, so that recovery can be told. */
static void test_what_is_taken_along(void **state)
{
	static const struct {
		enum handler handler;
		const char *subject, *units;
	} rows[] = {
		{HANDLER_DOCKER_RESTART, NULL, ALL},
		{HANDLER_DOCKER_SOCKET, NULL, ALL},
		{HANDLER_DOCKER_RELOAD, NULL, ""},
		{HANDLER_SYSTEMD_RELOAD, NULL, ""},
		{HANDLER_UNIT_STATE, "state:web.service", ""},
		{HANDLER_UNIT_STATE, "restart:web.service",
		 "web.service docker.service docker.socket db.mount"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv units = {0};
		CLEANUP(freep) char *text = NULL;
		struct effector *e = begin();
		struct effects effects = {0};

		if (rows[i].subject)
			effects_add(&effects, "c", rows[i].handler, subj(rows[i].subject), NULL,
				    "x");
		assert_int_equal(e->ops->takes_along(e, rows[i].handler, &effects, &units, NULL),
				 0);
		text = strv_join(&units, " ");
		assert_string_equal(text, rows[i].units);
		effects_clear(&effects);
		e->ops->free(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_way_back_brings_them),
		cmocka_unit_test(test_what_does_not_start_is_named),
		cmocka_unit_test(test_what_is_to_be_down_stays_so),
		cmocka_unit_test(test_recovery_brings_them),
		cmocka_unit_test(test_recovery_starts_the_rest),
		cmocka_unit_test(test_recovery_leaves_down),
		cmocka_unit_test(test_what_was_stopped_stays_down),
		cmocka_unit_test(test_recovery_obeys_a_stop),
		cmocka_unit_test(test_stop_ends_what_is_owed),
		cmocka_unit_test(test_stop_of_both_takes_time),
		cmocka_unit_test(test_stopped_on_the_way_up),
		cmocka_unit_test(test_recovery_restarts_what_failed),
		cmocka_unit_test(test_what_is_taken_along),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
