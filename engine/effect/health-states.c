#include "engine/effect/health-state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/format/daemon-info.h"
#include "engine/format/json-util.h"

#define WAIT_MS 30000 /* managers that lost one of theirs agree on a leader anew */

void engine_state_clear(struct engine_state *s)
{
	free(s->swarm);
	free(s->swarm_error);
	free(s->root);
	strv_clear(&s->has);
	strv_clear(&s->warnings);
	*s = (struct engine_state){0};
}

static void take_names(const json_t *list, const char *what, struct strv *ret)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (name)
			strv_addf(ret, "%s %s", what, name);
	}
}

static void take_keys(json_t *object, const char *what, struct strv *ret)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) strv_addf(ret, "%s %s", what, key);
}

/* Those of the authorization are a setting, and looked at as one. */
static void take_things(const json_t *info, struct strv *ret)
{
	const json_t *plugins = json_object_get(info, "Plugins");

	strv_addf(ret, "the storage driver %s", json_text_of(info, "Driver"));
	strv_addf(ret, "the cgroup driver %s", json_text_of(info, "CgroupDriver"));
	take_keys(json_object_get(info, "Runtimes"), "the runtime", ret);
	take_names(json_object_get(plugins, "Volume"), "the volume driver", ret);
	take_names(json_object_get(plugins, "Network"), "the network driver", ret);
	take_names(json_object_get(plugins, "Log"), "the log driver", ret);
}

/* Of one with more lines the first says it. */
static void take_warnings(const json_t *list, struct strv *ret)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text && *text)
			strv_add_n(ret, text, strcspn(text, "\n"));
	}
}

int engine_state_read(const struct buf *body, struct engine_state *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *info = json_load_as(body, JSON_OBJECT, "dockerd's /info", err);
	const json_t *swarm = json_object_get(info, "Swarm");

	if (!info)
		return -EINVAL;
	str_replace(&ret->swarm, json_text_of(swarm, "LocalNodeState"));
	str_replace(&ret->swarm_error, json_text_of(swarm, "Error"));
	ret->manager = json_is_true(json_object_get(swarm, "ControlAvailable"));
	str_replace(&ret->root, json_text_of(info, "DockerRootDir"));
	take_things(info, &ret->has);
	take_warnings(json_object_get(info, "Warnings"), &ret->warnings);
	return 0;
}

/* How much a node of a swarm does; -1: that is not known. */
static int rank(const char *state)
{
	static const char *const states[] = {"inactive", "error", "locked", "pending", "active"};

	for (size_t i = 0; state && i < ARRAY_SIZE(states); i++)
		if (strcmp(state, states[i]) == 0)
			return (int)i;
	return -1;
}

static bool is(const char *a, const char *b)
{
	return strcmp_null(a, b) == 0;
}

char *engine_state_swarm_worse(const struct engine_state *before, const struct engine_state *now)
{
	const char *why = now->swarm_error ? now->swarm_error : "";

	if (rank(before->swarm) < 0 || rank(now->swarm) < 0)
		return NULL;
	if (rank(now->swarm) < rank(before->swarm))
		return xasprintf("this node of a swarm is %s since the restart of dockerd (%s "
				 "before)%s%s%s",
				 now->swarm, before->swarm, *why ? ": " : "", why,
				 is(now->swarm, "locked") && !*why ? ": 'docker swarm unlock'"
								   : "");
	if (before->manager && !now->manager && is(now->swarm, "active"))
		return xstrdup("this node of a swarm is no manager any more since the restart of "
			       "dockerd");
	return NULL;
}

void engine_state_lost(const struct engine_state *before, const struct engine_state *now,
		       struct strv *ret_lost, struct strv *ret_warnings)
{
	for (size_t i = 0; i < before->has.count; i++)
		if (!strv_contains(&now->has, before->has.items[i]))
			strv_add_once(ret_lost, before->has.items[i]);
	for (size_t i = 0; i < now->warnings.count; i++)
		if (!strv_contains(&before->warnings, now->warnings.items[i]))
			strv_add_once(ret_warnings, now->warnings.items[i]);
}

static int ask(struct engine_api *api, struct engine_state *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf body = {0};
	int r = engine_api_get(api, "/info", &body, err);

	return r < 0 ? r : engine_state_read(&body, ret, err);
}

/* Before the first handler: what an earlier one took is owed all the same. */
void state_remember(struct live *l, struct engine_api *api)
{
	if (!l->state.swarm && ask(api, &l->state, NULL) < 0)
		engine_state_clear(&l->state);
}

static int ask_now(struct live *l, struct engine_state *ret, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r = live_api_open(l, &api, err);

	return r < 0 ? r : ask(api, ret, err);
}

/*
 * Who consented to the restart of a manager that locks, or of one that did not reach the others, has
 * what was announced; and so has who switched the users that are mapped, and with them the data root.
 */
static bool was_announced(const struct live *l, const struct engine_state *now)
{
	if (is(now->swarm, "locked"))
		return l->swarm_may_lock;
	return !is(l->state.root, now->root) ||
	       (l->state.swarm_error && *l->state.swarm_error && !is(now->swarm, "inactive"));
}

static int check(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(engine_state_clear) struct engine_state now = {0};
	CLEANUP(freep) char *worse = NULL;
	int r = ask_now(l, &now, err);

	worse = r < 0 ? NULL : engine_state_swarm_worse(&l->state, &now);
	if (!worse)
		return r;
	if (!was_announced(l, &now))
		return error_set(err, -EIO, "%s", worse);
	if (l->effector.notes)
		strv_add_once(l->effector.notes, worse);
	return 0;
}

int state_wait(struct live *l, struct error *err)
{
	if (!l->state.swarm || l->windows.count == 0)
		return 0;
	return live_wait_until_well(l, check, NULL, WAIT_MS, err);
}

void state_tell(struct live *l)
{
	CLEANUP(engine_state_clear) struct engine_state now = {0};
	CLEANUP(strv_clear) struct strv lost = {0}, warnings = {0};

	if (!l->state.swarm || !l->effector.notes || l->windows.count == 0 || !l->restarted ||
	    ask_now(l, &now, NULL) < 0)
		return;
	engine_state_lost(&l->state, &now, &lost, &warnings);
	for (size_t i = 0; i < lost.count; i++) {
		CLEANUP(freep)
		char *note = xasprintf("dockerd has %s no more since its restart", lost.items[i]);

		strv_add_once(l->effector.notes, note);
	}
	for (size_t i = 0; i < warnings.count; i++) {
		CLEANUP(freep)
		char *note = xasprintf("dockerd warns since its restart: %s", warnings.items[i]);

		strv_add_once(l->effector.notes, note);
	}
}
