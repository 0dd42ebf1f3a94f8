#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/effect/docker-log.h"
#include "engine/effect/live.h"
#include "engine/host/engine-api.h"
#include "engine/host/proc.h"

#define STEP_MS 250
#define COME_BACK_MS 5000 /* what the restart policy starts again may take this long */

void watched_clear(struct live *l)
{
	for (size_t i = 0; i < l->ncontainers; i++) {
		free(l->containers[i].id);
		free(l->containers[i].name);
		free(l->containers[i].restart_policy);
	}
	free(l->containers);
	l->containers = NULL;
	l->ncontainers = 0;
}

static bool unit_is_active(const struct facts *facts, const char *name)
{
	const struct unit_facts *u = facts_unit(facts, name);

	return u && u->active && strcmp(u->active, "active") == 0;
}

static void watch(struct live *l, const struct container *c)
{
	struct watched *w;
	uint64_t ticks;

	/* One that ended since the facts were gathered did not end by our doing. */
	if (!c->running || c->pid <= 0 || proc_start_ticks(c->pid, &ticks, NULL) < 0)
		return;
	w = array_append(&l->containers, &l->ncontainers, sizeof(*w));
	w->id = xstrdup(c->id);
	w->name = xstrdup(c->name);
	w->restart_policy = xstrdup_null(c->restart_policy);
	w->pid = c->pid;
	w->start_ticks = ticks;
}

int live_remember(struct effector *e, const struct facts *facts, struct error *err)
{
	struct live *l = (struct live *)e;
	struct containers all;

	watched_clear(l);
	l->remembered = true;
	l->docker_ran = unit_is_active(facts, DOCKER_SERVICE);
	l->socket_listened = unit_is_active(facts, DOCKER_SOCKET);
	/* Of those that only the disk tells of there is no process to watch. */
	if (containers_get(&facts->docker.containers, &all))
		for (size_t i = 0; i < all.count; i++)
			watch(l, &all.items[i]);
	return 0;
}

/* "web" or "web: it has no restart policy" names the container web. */
static bool is_named(const struct strv *names, const struct watched *w)
{
	size_t n = strlen(w->name);

	for (size_t i = 0; names && i < names->count; i++) {
		const char *s = names->items[i];

		if (strncmp(s, w->name, n) == 0 && (s[n] == '\0' || strchr(" :,(", s[n])))
			return true;
	}
	return false;
}

static bool still_runs(const struct watched *w)
{
	uint64_t ticks;

	return proc_start_ticks(w->pid, &ticks, NULL) >= 0 && ticks == w->start_ticks;
}

static int check_processes(const struct live *l, const struct strv *may_stop, struct error *err)
{
	for (size_t i = 0; i < l->ncontainers; i++) {
		const struct watched *w = &l->containers[i];

		if (!is_named(may_stop, w) && !still_runs(w))
			return error_set(err, -EIO, "the container '%s' was stopped", w->name);
	}
	return 0;
}

/* Type=notify says ready before a crash loop shows, so the same start must last. */
static int check_unit(struct bus *b, const struct unit_facts *first, uint64_t since,
		      struct error *err)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	struct unit_facts *u = facts_add_unit(&facts, DOCKER_SERVICE);
	CLEANUP(freep) char *words = NULL;
	int r = bus_unit(b, DOCKER_SERVICE, u, err);

	if (r >= 0 && (strcmp(u->active, "active") != 0 || u->restarts != first->restarts ||
		       strcmp_null(u->invocation_id, first->invocation_id) != 0)) {
		words = docker_log_last_words(since);
		r = error_set(err, -EIO, "docker.service does not stay up (it is %s)%s%s",
			      u->active, words ? ": " : "", words ? words : "");
	}
	return r;
}

static int running_ids(struct strv *ret, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(buf_clear) struct buf body = {0};
	json_t *list;
	int r = engine_api_open(&api, ENGINE_API_SOCKET, err);

	if (r >= 0)
		r = engine_api_get(api, "/containers/json", &body, err);
	if (r < 0)
		return r;
	list = json_loadb(buf_str(&body), body.len, 0, NULL);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *id = json_string_value(json_object_get(json_array_get(list, i), "Id"));

		if (id)
			strv_add(ret, id);
	}
	json_decref(list);
	return 0;
}

static bool comes_back(const struct watched *w)
{
	return w->restart_policy && (strcmp(w->restart_policy, "always") == 0 ||
				     strcmp(w->restart_policy, "unless-stopped") == 0);
}

/* A process may live on without dockerd knowing it any more: then nobody can stop or see it. */
static int check_list(const struct live *l, const struct strv *may_stop, struct error *err)
{
	CLEANUP(strv_clear) struct strv ids = {0};
	int r = running_ids(&ids, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < l->ncontainers; i++) {
		const struct watched *w = &l->containers[i];

		if (strv_contains(&ids, w->id) || (is_named(may_stop, w) && !comes_back(w)))
			continue;
		return error_set(err, -EIO, "dockerd does not have the container '%s' running",
				 w->name);
	}
	return 0;
}

static int wait_for_list(const struct live *l, const struct strv *may_stop, struct error *err)
{
	uint64_t deadline = clock_usec(CLOCK_MONOTONIC) + COME_BACK_MS * UINT64_C(1000);
	CLEANUP(error_clear) struct error last = {0};
	int r;

	if (l->ncontainers == 0)
		return 0;
	while ((r = check_list(l, may_stop, &last)) < 0 && clock_usec(CLOCK_MONOTONIC) < deadline) {
		int stopped = interrupt_wait(l->effector.interrupt, STEP_MS, err);

		if (stopped < 0)
			return stopped;
	}
	if (r < 0)
		error_move(err, &last);
	return r;
}

static int watch_gate(struct live *l, struct bus *b, const struct unit_facts *first,
		      const struct strv *may_stop, int gate_ms, struct error *err)
{
	uint64_t since = clock_usec(CLOCK_REALTIME);
	uint64_t deadline = clock_usec(CLOCK_MONOTONIC) + (uint64_t)gate_ms * 1000;

	for (;;) {
		uint64_t now;
		int r = check_unit(b, first, since, err);

		if (r >= 0)
			r = check_processes(l, may_stop, err);
		now = clock_usec(CLOCK_MONOTONIC);
		if (r < 0 || now >= deadline)
			return r;
		now = (deadline - now) / 1000 + 1;
		r = interrupt_wait(l->effector.interrupt, now < STEP_MS ? (int)now : STEP_MS, err);
		if (r < 0)
			return r;
	}
}

int live_health(struct effector *e, const struct strv *may_stop, int gate_ms, struct error *err)
{
	struct live *l = (struct live *)e;
	CLEANUP(facts_clear) struct facts facts = {0};
	struct unit_facts *first = facts_add_unit(&facts, DOCKER_SERVICE);
	struct bus *b;
	int r;

	/* Docker did not run before: there is nothing that could be unwell. */
	if (!l->remembered || !l->docker_ran)
		return 0;
	r = live_bus(l, &b, err);
	if (r >= 0)
		r = bus_unit(b, DOCKER_SERVICE, first, err);
	if (r >= 0)
		r = watch_gate(l, b, first, may_stop, gate_ms, err);
	if (r >= 0)
		r = wait_for_list(l, may_stop, err);
	live_bus_lost(l, r);
	return r;
}
