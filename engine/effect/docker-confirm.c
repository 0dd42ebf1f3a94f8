#include "engine/effect/docker-confirm.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/format/daemon-info.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/json-util.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/secret.h"

#define FIRST_ANSWER_MS 5000
#define PING_STEP_MS 100

static bool is_nothing(const json_t *j)
{
	return !j || json_is_null(j) || (json_is_array(j) && json_array_size(j) == 0) ||
	       (json_is_string(j) && !*json_string_value(j));
}

bool docker_value_same(const char *a, const char *b)
{
	json_t *x = a ? json_loads(a, JSON_DECODE_ANY, NULL) : NULL;
	json_t *y = b ? json_loads(b, JSON_DECODE_ANY, NULL) : NULL;
	bool same;

	if (is_nothing(x) || is_nothing(y))
		same = is_nothing(x) && is_nothing(y);
	else if (json_is_array(x) && json_is_array(y))
		same = json_items_same(x, y);
	else
		same = json_equal(x, y);
	json_decref(x);
	json_decref(y);
	return same;
}

/* What shall be in force: the value, or the default where the key is taken away. */
static const char *wanted_value(const struct effect *e, const char *key, bool *ret_known)
{
	const struct daemon_key *k = daemon_key_find(key);

	*ret_known = e->after ? !secret_is_digest(e->after) : k && k->def;
	return e->after ? e->after : k ? k->def : NULL;
}

static int compare(const struct settings *now, const struct effects *towards, struct error *err)
{
	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		const char *key = effect_key(e, SCHEME_DOCKER), *want;
		const struct setting *have = key ? settings_find(now, key) : NULL;
		bool known;

		if (!have || e->pending)
			continue;
		want = wanted_value(e, key, &known);
		if (known && !docker_value_same(have->value, want)) {
			CLEANUP(freep) char *is = secret_show_value(e->subject, have->value);
			CLEANUP(freep) char *wanted = secret_show_value(e->subject, want);

			error_set(err, -EIO, "dockerd has '%s' at %s, not at %s", key,
				  is ? is : "its default", wanted ? wanted : "its default");
			return 0;
		}
	}
	return 1;
}

static int read_info(struct engine_api *api, struct docker_facts *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf body = {0};
	int r;

	r = engine_api_get(api, "/info", &body, err);
	if (r >= 0)
		r = daemon_info_read(&body, ret, err);
	if (r >= 0 && engine_api_get(api, "/networks/bridge", &body, NULL) >= 0)
		r = daemon_info_read_bridge(&body, ret, err);
	return r;
}

int docker_confirm(struct engine_api *api, const struct effects *towards, struct error *err)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	int r = read_info(api, &facts.docker, err);

	return r < 0 ? r : compare(&facts.docker.now, towards, err);
}

/* Whether the daemon tells each of the values: what it does not tell may be another. */
static bool tells_all(const struct settings *now, const struct effects *towards)
{
	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		const char *key = effect_key(e, SCHEME_DOCKER);
		const struct setting *have = key ? settings_find(now, key) : NULL;
		bool known;

		if (e->pending)
			continue;
		if (!have || have->source == SOURCE_UNKNOWN)
			return false;
		wanted_value(e, key, &known);
		if (!known)
			return false;
	}
	return towards->count > 0;
}

/* A restart that was refused: what only a start puts in force cannot have changed. */
static bool is_same_process(struct live *l)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	struct unit_facts *u = facts_add_unit(&facts, DOCKER_SERVICE);
	struct bus *b;

	return l->remembered && l->docker_pid > 0 && live_bus(l, &b, NULL) >= 0 &&
	       bus_unit(b, DOCKER_SERVICE, u, NULL) >= 0 && u->active &&
	       strcmp(u->active, "active") == 0 && u->main_pid == l->docker_pid &&
	       u->started_usec == l->docker_started;
}

/* A reload alone can fail and leave the daemon as it was: a restart that fails leaves none. */
int live_in_force(struct effector *e, enum handler handler, const struct effects *towards)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(facts_clear) struct facts facts = {0};

	if (HANDLER_BIT(handler) & HANDLERS_RESTART)
		return is_same_process((struct live *)e) && !live_contradicts(e, towards);
	if (handler != HANDLER_DOCKER_RELOAD || live_api_open((struct live *)e, &api, NULL) < 0)
		return 0;
	engine_api_hurry(api, FIRST_ANSWER_MS);
	if (read_info(api, &facts.docker, NULL) < 0)
		return 0;
	return tells_all(&facts.docker.now, towards) &&
	       compare(&facts.docker.now, towards, NULL) > 0;
}

bool docker_contradicts(const struct settings *now, const struct effects *towards)
{
	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		const char *key = effect_key(e, SCHEME_DOCKER), *want;
		const struct setting *have = key ? settings_find(now, key) : NULL;
		bool known;

		if (!have || have->source == SOURCE_UNKNOWN)
			continue;
		want = wanted_value(e, key, &known);
		if (known && !docker_value_same(have->value, want))
			return true;
	}
	return false;
}

/* By the facts, which ask no socket that systemd would start dockerd for. */
int live_contradicts(struct effector *e, const struct effects *towards)
{
	CLEANUP(facts_clear) struct facts facts = {0};

	return live_look((struct live *)e, &facts, NULL) >= 0 && facts.docker.running &&
	       docker_contradicts(&facts.docker.now, towards);
}

/* Events give a scalar as plain text and a list as JSON. */
static bool attribute_is(const char *attribute, const char *want)
{
	CLEANUP(freep) char *text = json_value_to_string(want);

	return docker_value_same(attribute, want) || (text && strcmp(attribute, text) == 0);
}

static int check_event(const json_t *event, const struct effects *towards, struct error *err)
{
	const json_t *attributes = json_object_get(json_object_get(event, "Actor"), "Attributes");

	for (size_t i = 0; i < towards->count; i++) {
		const struct effect *e = &towards->items[i];
		const char *key = effect_key(e, SCHEME_DOCKER);
		const char *have = key ? json_string_value(json_object_get(attributes, key)) : NULL;

		if (have && e->after && !secret_is_digest(e->after) && !e->pending &&
		    !attribute_is(have, e->after)) {
			CLEANUP(freep) char *is = secret_show_value(e->subject, have);
			CLEANUP(freep) char *wanted = secret_show_value(e->subject, e->after);

			return error_set(
				err, -EIO,
				"dockerd read its file again and has '%s' at %s, not at %s", key,
				is, wanted);
		}
	}
	return 1;
}

static int check_events(const struct buf *body, const struct effects *towards, struct error *err)
{
	json_t *last = NULL, *event;
	size_t at = 0;
	json_error_t e;
	int r = 0;

	while (at < body->len &&
	       (event = json_loadb(body->data + at, body->len - at, JSON_DISABLE_EOF_CHECK, &e))) {
		json_decref(last);
		last = event;
		at += (size_t)e.position;
	}
	if (last)
		r = check_event(last, towards, err);
	json_decref(last);
	return r;
}

int docker_reload_event(struct engine_api *api, uint64_t since_usec, const struct effects *towards,
			struct error *err)
{
	CLEANUP(buf_clear) struct buf body = {0};
	uint64_t now = clock_usec(CLOCK_REALTIME);
	CLEANUP(freep) char *path = NULL;
	int r;

	/* filters={"type":["daemon"],"event":["reload"]} */
	path = xasprintf("/events?since=%" PRIu64 ".%06" PRIu64 "000&until=%" PRIu64 ".%06" PRIu64
			 "000&filters=%%7B%%22type%%22%%3A%%5B%%22daemon%%22%%5D%%2C%%22event%%22"
			 "%%3A%%5B%%22reload%%22%%5D%%7D",
			 since_usec / 1000000, since_usec % 1000000, now / 1000000, now % 1000000);
	r = engine_api_get(api, path, &body, err);
	return r < 0 ? r : check_events(&body, towards, err);
}

int docker_wait_ping(struct engine_api *api, int timeout_ms, const struct interrupt *interrupt,
		     struct error *err)
{
	uint64_t deadline = clock_usec(CLOCK_MONOTONIC) + (uint64_t)timeout_ms * 1000;
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(error_clear) struct error last = {0};
	int r;

	while ((r = engine_api_get(api, "/_ping", &body, &last)) < 0 &&
	       clock_usec(CLOCK_MONOTONIC) < deadline) {
		int stopped = interrupt_wait(interrupt, PING_STEP_MS, err);

		if (stopped < 0)
			return stopped;
	}
	if (r < 0)
		error_move(err, &last);
	return r;
}
