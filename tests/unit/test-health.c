/* The gate, where systemd and dockerd do not answer all the time. */

#include "tests/test.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "tests/unit/listener.h"

#define MOST 16

struct bus {
	bool freed, broken;
};

static struct host {
	struct bus buses[MOST];
	size_t opened, freed, states;
	size_t breaks; /* the question of this number for dockerd's state breaks its connection */
	bool answers; /* dockerd's API */
	size_t lists, most_lists; /* dockerd ends behind so many of its lists; 0: never */
	size_t inspected, well_at; /* the container's check is well by then, and somebody listens */
	unsigned port;
	struct listener web; /* behind the container's port */
	bool stopped; /* dockerd, cleanly */
} host;

int __wrap_bus_open(struct bus **ret, struct error *err);
void __wrap_bus_free(struct bus *b);
int __wrap_bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err);
int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err);
int __wrap_bus_stopped_since(struct bus *b, const char *unit, uint64_t since_usec, bool *ret,
			     struct error *err);
int __wrap_live_docker_settle(struct live *l, char **ret_active, struct error *err);
int __wrap_engine_api_open(struct engine_api **ret, const char *path, struct error *err);
void __wrap_engine_api_free(struct engine_api *api);
void __wrap_engine_api_guard(struct engine_api *api, int (*may)(void *data, struct error *err),
			     void *data);
char *__wrap_docker_log_last_words(uint64_t since_usec, const char *but);
int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret,
			  struct error *err);

int __wrap_bus_open(struct bus **ret, struct error *err)
{
	assert_true(host.opened < MOST);
	*ret = &host.buses[host.opened++];
	return 0;
}

void __wrap_bus_free(struct bus *b)
{
	if (!b)
		return;
	assert_false(b->freed);
	b->freed = true;
	host.freed++;
}

static bool is_down(void);

static int use(struct bus *b, struct error *err)
{
	if (b->freed)
		fail_msg("a connection is used that was freed");
	return b->broken ? error_set(err, -ENOTCONN, "broken") : 0;
}

int __wrap_bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err)
{
	int r = use(b, err);

	if (r < 0)
		return r;
	str_replace(&ret->active, is_down() ? "failed" : "active");
	str_replace(&ret->invocation_id, "x");
	return 0;
}

int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err)
{
	int r = use(b, err);

	if (r < 0)
		return r;
	if (++host.states == host.breaks) {
		b->broken = true;
		return error_set(err, -ECONNRESET, "systemd begins anew");
	}
	*ret = xstrdup(is_down() ? "failed" : host.stopped ? "inactive" : "active");
	return 0;
}

int __wrap_bus_stopped_since(struct bus *b, const char *unit, uint64_t since_usec, bool *ret,
			     struct error *err)
{
	*ret = host.stopped;
	return use(b, err);
}

int __wrap_live_docker_settle(struct live *l, char **ret_active, struct error *err)
{
	*ret_active = xstrdup(host.stopped ? "inactive" : "active");
	return 0;
}

static bool is_down(void)
{
	return host.most_lists > 0 && host.lists >= host.most_lists;
}

int __wrap_engine_api_open(struct engine_api **ret, const char *path, struct error *err)
{
	if (!host.answers || is_down())
		return error_set(err, -ECONNREFUSED, "dockerd takes no connection");
	*ret = NULL;
	return 0;
}

void __wrap_engine_api_free(struct engine_api *api)
{
}

void __wrap_engine_api_guard(struct engine_api *api, int (*may)(void *data, struct error *err),
			     void *data)
{
}

char *__wrap_docker_log_last_words(uint64_t since_usec, const char *but)
{
	return NULL;
}

static void listen_at(unsigned port)
{
	assert_true(listener_open(&host.web, AF_INET, false, port));
	assert_true(listener_serve(&host.web));
	host.port = host.web.port;
}

static void inspect(struct buf *ret)
{
	bool well = ++host.inspected >= host.well_at;

	if (well && host.port && host.web.fd < 0)
		listen_at(host.port);
	buf_printf(ret,
		   "{\"Id\":\"1\",\"Name\":\"/web\",\"Config\":{},\"State\":{\"Running\":true,"
		   "\"Status\":\"running\",\"Pid\":1,\"Health\":{\"Status\":\"%s\"}}}",
		   well ? "healthy" : "starting");
}

int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret,
			  struct error *err)
{
	if (strcmp(path, "/containers/json") == 0) {
		host.lists++;
		buf_printf(ret, "[{\"Id\":\"1\",\"Names\":[\"/web\"]}]");
	} else if (strstr(path, "filters"))
		buf_printf(ret, "[]");
	else
		inspect(ret);
	return 0;
}

/* A container with a check of its own and that process. */
static struct effector *begin(const struct interrupt *in, pid_t pid)
{
	CLEANUP(facts_clear) struct facts f = {0};
	struct unit_facts *u = facts_add_unit(&f, DOCKER_SERVICE);
	struct container *c = container_list_add(&f.docker.containers);
	struct effector *e;

	u->active = xstrdup("active");
	u->main_pid = getpid();
	if (host.port)
		strv_addf(&c->ports, "%u/tcp on 127.0.0.1", host.port);
	c->id = xstrdup("1");
	c->name = xstrdup("web");
	c->running = true;
	c->pid = pid;
	c->health = xstrdup("healthy");
	containers_known(&f.docker.containers);
	assert_int_equal(effector_live(&e, NULL), 0);
	e->interrupt = in;
	assert_int_equal(e->ops->remember(e, &f, NULL), 0);
	return e;
}

/* A connection to systemd that breaks at any question is used by nobody, and left by nobody. */
static void test_broken(void **state)
{
	static const struct {
		const char *what;
		size_t breaks;
	} rows[] = {{"at the first look", 1}, {"at a later one", 2}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct interrupt in = INTERRUPT_INIT;
		CLEANUP(error_clear) struct error err = {0};
		struct effector *e;

		host = (struct host){.answers = true, .breaks = rows[i].breaks};
		assert_int_equal(interrupt_open(&in, NULL), 0);
		e = begin(&in, getpid());
		live_health(e, NULL, 600, &err);
		if (strstr(error_text(&err), "broken") || host.opened != 2)
			fail_msg("%s: %zu, %s", rows[i].what, host.opened, error_text(&err));
		e->ops->free(e);
		assert_int_equal(host.freed, host.opened);
		interrupt_close(&in);
	}
}

/* Whoever holds one across a question of dockerd's API gets its errors, and no freed memory. */
static void test_held(void **state)
{
	struct effector *e;
	struct live *l;
	struct bus *b;
	struct engine_api *api;

	host = (struct host){.breaks = 1};
	e = begin(NULL, getpid());
	l = (struct live *)e;
	assert_int_equal(live_bus(l, &b, NULL), 0);
	assert_int_equal(live_api_open(l, &api, NULL), -ECONNRESET);
	assert_int_equal(use(b, NULL), -ENOTCONN);
	live_bus_release(l);
	assert_true(b->freed);
	assert_int_equal(live_bus(l, &b, NULL), 0);
	assert_false(b->freed);
	e->ops->free(e);
	assert_int_equal(host.freed, host.opened);
}

/* Whoever ends while the last looks are made is not well, though they pass over what is not reached. */
static void test_ended(void **state)
{
	for (size_t lists = 0; lists < 3; lists++) {
		struct interrupt in = INTERRUPT_INIT;
		CLEANUP(error_clear) struct error err = {0};
		struct effector *e;
		int r;

		host = (struct host){.answers = true, .most_lists = lists};
		assert_int_equal(interrupt_open(&in, NULL), 0);
		e = begin(&in, getpid());
		r = live_health(e, NULL, 100, &err);
		if (r != (lists ? -EIO : 0) ||
		    (r < 0 && !strstr(error_text(&err), "does not stay up (it is failed)")))
			fail_msg("behind %zu lists: %d %s", lists, r, error_text(&err));
		e->ops->free(e);
		interrupt_close(&in);
	}
}

/* One that was named, was started anew, and listens when its health check is well: the gate waits for both. */
static void test_slow(void **state)
{
	struct interrupt in = INTERRUPT_INIT;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(stopped_clear) struct stopped_list named = {0};
	pid_t pid = fork();
	struct effector *e;

	if (pid == 0)
		for (;;)
			pause();
	host = (struct host){.answers = true, .well_at = 2, .web.fd = -1};
	listen_at(0);
	assert_int_equal(interrupt_open(&in, NULL), 0);
	e = begin(&in, pid);
	stopped_add(&named, "web", COMES_BACK_YES, "stops");
	accepting_remember((struct live *)e);
	assert_int_equal(((struct live *)e)->naccepting, 1);
	listener_close(&host.web);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (live_health(e, &named, 1000, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_true(host.web.fd >= 0); /* it was waited for */
	listener_close(&host.web);
	host.well_at = SIZE_MAX; /* ... and has to listen in the end */
	assert_int_equal(accepting_wait_survivors((struct live *)e, &named, 0, NULL), 0);
	assert_int_equal(accepting_wait((struct live *)e, &named, 0, NULL), -EIO);
	e->ops->free(e);
	interrupt_close(&in);
}

/* One that somebody stopped is not asked for, but for one that has been started again since. */
static void test_stopped_meanwhile(void **state)
{
	static const struct {
		const char *what;
		bool stopped;
		size_t lists; /* that it ends behind */
		int result;
		size_t notes;
	} rows[] = {
		{"it is down still", true, 0, 0, 1},
		{"it runs again", false, 0, 0, 0},
		{"... and ends", false, 1, -EIO, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv notes = {0};
		CLEANUP(error_clear) struct error err = {0};
		struct effector *e;
		int r;

		host = (struct host){.answers = true};
		e = begin(NULL, getpid());
		e->notes = &notes;
		live_stays_stopped((struct live *)e, DOCKER_SERVICE);
		host.stopped = rows[i].stopped;
		host.most_lists = rows[i].lists ? host.lists + rows[i].lists : 0;
		r = live_health(e, NULL, 100, &err);
		if (r != rows[i].result || notes.count != rows[i].notes)
			fail_msg("%s: %d %s, %zu notes", rows[i].what, r, error_text(&err),
				 notes.count);
		if ((host.lists == 0) != rows[i].stopped)
			fail_msg("%s: %zu looks", rows[i].what, host.lists);
		e->ops->free(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_stopped_meanwhile),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
