#include "modules/daemon/now.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "modules/daemon/next.h"

void daemon_now_clear(struct daemon_now *now)
{
	free(now->value);
	*now = (struct daemon_now){0};
}

/* An effect of this plan (whichever handler brings it) counts before the facts. */
static int planned_value(const struct view *v, const char *key, char **ret, struct error *err)
{
	const struct subject subject = subject_of(SCHEME_DOCKER, key);
	int r = view_value(v, HANDLER_DOCKER_RESTART, subject, ret, err);

	return r != 0 ? r : view_value(v, HANDLER_DOCKER_RELOAD, subject, ret, err);
}

/* Known without the Engine API: from the process's own arguments, or from having seen it start. */
static bool known_without_api(const struct setting *s)
{
	return s && (s->source == SOURCE_FLAG || s->source == SOURCE_WITNESS);
}

int daemon_now_read(struct daemon_now *ret, const struct view *v, const char *key,
		    struct error *err)
{
	const struct docker_facts *docker = &v->facts->docker;
	const struct setting *s = settings_find(&docker->now, key);
	int r = planned_value(v, key, &ret->value, err);

	if (r < 0)
		return r;
	if (r == 1)
		ret->state = NOW_KNOWN;
	else if (v->facts->offline || docker_is_stopped(v->facts))
		ret->state = NOW_NOT_RUNNING;
	else if (docker->not_measured && !known_without_api(s))
		ret->state = NOW_NOT_MEASURED;
	else if (docker_bridge_value(docker, key))
		ret->value = xstrdup(docker_bridge_value(docker, key));
	else if (s && s->source == SOURCE_UNKNOWN)
		ret->state = NOW_FILE_CHANGED;
	else if (s)
		ret->value = xstrdup_null(s->value);
	return 0;
}

bool daemon_now_live(const struct view *v)
{
	const struct setting *s = settings_find(&v->facts->docker.now, "live-restore");
	CLEANUP(freep) char *value = NULL;

	if (planned_value(v, "live-restore", &value, NULL) == 1)
		return strcmp_null(value, "true") == 0;
	if (docker_is_stopped(v->facts)) {
		value = daemon_next_effective(v, "live-restore");
		return strcmp_null(value, "true") == 0;
	}
	return s && strcmp_null(s->value, "true") == 0;
}

/* Without a dockerd they run on, and only the disk tells of them. False: not of all is it known. */
static bool running_without_dockerd(const struct view *v, size_t *ret)
{
	const struct container_list *list = &v->facts->docker.containers;
	struct containers all = containers_on_disk(list);

	*ret = 0;
	for (size_t i = 0; i < all.count; i++) {
		if (!all.items[i].state)
			return false;
		*ret += all.items[i].running;
	}
	return list->known || all.count > 0;
}

/* dockerd skips its network set-up when it finds containers running. */
char *daemon_now_pending(const struct view *v, const struct daemon_key *k)
{
	const struct container_list *list = &v->facts->docker.containers;
	bool stopped = docker_is_stopped(v->facts);
	size_t running = 0;

	if (!k || !k->network || !daemon_now_live(v))
		return NULL;
	if (!containers_running(list, &running) &&
	    !(stopped && running_without_dockerd(v, &running)))
		return xasprintf("no container may run when dockerd starts; %s",
				 list->known ? "not of all is known whether they run"
					     : containers_why(list));
	if (running == 0)
		return NULL;
	return xasprintf("no container may run when dockerd starts; %zu %s", running,
			 running == 1 ? "runs" : "run");
}

char *daemon_now_stopped(const struct view *v, const struct daemon_key *k)
{
	return docker_is_stopped(v->facts) ? daemon_now_pending(v, k) : NULL;
}

void daemon_now_await(const struct view *v, const char *key, const char *next, const char *shown,
		      struct delta *delta)
{
	CLEANUP(freep) char *pending = daemon_now_stopped(v, daemon_key_find(key));

	if (!pending)
		delta_raise(delta, VERDICT_PASS, "%s is %s, in force at the next start", key,
			    shown);
	else if (next)
		delta_raise(delta, VERDICT_PENDING, "%s is written as %s: %s", key, shown, pending);
	else {
		delta_raise(delta, VERDICT_NOT_MEASURED,
			    "%s is set nowhere now; what the dockerd had that was stopped is not "
			    "known, and stays: %s",
			    key, pending);
		delta_in_place(delta);
	}
}
