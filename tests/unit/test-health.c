/* The gate, where systemd and dockerd do not answer all the time. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"

#define MOST 16

struct bus {
	bool freed, broken;
};

static struct host {
	struct bus buses[MOST];
	size_t opened, freed, states;
	size_t breaks; /* the question of this number for dockerd's state breaks its connection */
} host;

int __wrap_bus_open(struct bus **ret, struct error *err);
void __wrap_bus_free(struct bus *b);
int __wrap_bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err);
int __wrap_bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err);
int __wrap_engine_api_open(struct engine_api **ret, const char *path, struct error *err);
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
	str_replace(&ret->active, "active");
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
	*ret = xstrdup("active");
	return 0;
}

int __wrap_engine_api_open(struct engine_api **ret, const char *path, struct error *err)
{
	return error_set(err, -ECONNREFUSED, "dockerd takes no connection");
}

int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret,
			  struct error *err)
{
	return error_set(err, -ECONNREFUSED, "dockerd takes no connection");
}

/* A container with a check of its own, whose process is this one. */
static struct effector *begin(const struct interrupt *in)
{
	CLEANUP(facts_clear) struct facts f = {0};
	struct unit_facts *u = facts_add_unit(&f, DOCKER_SERVICE);
	struct container *c = container_list_add(&f.docker.containers);
	struct effector *e;

	u->active = xstrdup("active");
	u->main_pid = getpid();
	c->id = xstrdup("1");
	c->name = xstrdup("web");
	c->running = true;
	c->pid = getpid();
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

		host = (struct host){.breaks = rows[i].breaks};
		assert_int_equal(interrupt_open(&in, NULL), 0);
		e = begin(&in);
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
	e = begin(NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_held),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
