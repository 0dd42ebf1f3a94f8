#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/effect/live.h"
#include "engine/effect/restart-gate.h"
#include "engine/format/container-info.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/root.h"

#define MAX_CONFIG (1U << 24)
#define COME_BACK_MS 5000 /* what the restart policy starts again may take this long */

void watched_clear(struct live *l)
{
	for (size_t i = 0; i < l->ncontainers; i++) {
		free(l->containers[i].id);
		free(l->containers[i].name);
		free(l->containers[i].restart_policy);
		strv_clear(&l->containers[i].ports);
	}
	free(l->containers);
	l->containers = NULL;
	l->ncontainers = 0;
	loops_clear(l);
	str_replace(&l->data_root, NULL);
	str_replace(&l->version, NULL);
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
	strv_copy(&w->ports, &c->ports);
	w->only_ports = c->absent_ports.count == c->loses.count; /* a doubt may have gone since */
	w->pid = c->pid;
	w->start_ticks = ticks;
	w->removes_itself = c->auto_remove;
	w->restarts = c->restarts;
	w->swarm_task = c->swarm_task;
	w->check = check_of(c);
	w->looped = ending_loops(c->restart_policy, c->restarts, c->finished_usec,
				 clock_usec(CLOCK_REALTIME));
}

void watched_remember(struct live *l, const struct facts *facts)
{
	struct containers all;

	watched_clear(l);
	l->data_root = xstrdup_null(facts->docker.data_root);
	l->version = xstrdup_null(facts->docker.version);
	/* Of those that only the disk tells of there is no process to watch. */
	if (containers_get(&facts->docker.containers, &all))
		for (size_t i = 0; i < all.count; i++) {
			watch(l, &all.items[i]);
			loops_remember(l, &all.items[i]);
		}
}

/* How it was, not which process it is: it may have been started anew. */
void live_remember_as(struct effector *e, const struct effector *first)
{
	struct live *l = (struct live *)e;
	const struct live *was = (const struct live *)first;

	for (size_t i = 0; i < l->ncontainers; i++)
		for (size_t k = 0; k < was->ncontainers; k++) {
			struct watched *w = &l->containers[i];
			const struct watched *old = &was->containers[k];

			if (strcmp(w->id, old->id) != 0)
				continue;
			w->looped = old->looped;
			w->check = old->check;
		}
}

bool watched_runs(const struct watched *w)
{
	uint64_t ticks;

	return proc_start_ticks(w->pid, &ticks, NULL) >= 0 && ticks == w->start_ticks;
}

struct watched *watched_find(struct live *l, const char *id)
{
	for (size_t i = 0; i < l->ncontainers; i++)
		if (strcmp(l->containers[i].id, id) == 0 && watched_runs(&l->containers[i]))
			return &l->containers[i];
	return NULL;
}

static bool comes_back(const struct watched *w)
{
	return w->restart_policy && (strcmp(w->restart_policy, "always") == 0 ||
				     strcmp(w->restart_policy, "unless-stopped") == 0);
}

/* Where the data root is not known, one that dockerd does not know counts as lost. */
static bool is_on_disk(const struct live *l, const struct watched *w)
{
	CLEANUP(freep)
	char *path = l->data_root ? xasprintf("%s/containers/%s", l->data_root, w->id) : NULL;

	return !path || access(path, F_OK) == 0;
}

/*
 * Whether somebody asked for its end. dockerd forgets its events when it ends itself, so that what
 * it did then is not among them.
 */
static bool was_asked(struct live *l, struct engine_api *api, const char *id)
{
	CLEANUP(freep) char *path = NULL;
	CLEANUP(buf_clear) struct buf events = {0};

	if (l->windows.count == 0)
		return false;
	/* filters={"container":["ID"],"event":["kill"]} */
	path = xasprintf("/events?since=%" PRIu64 "&until=%" PRIu64
			 "&filters=%%7B%%22container%%22%%3A%%5B%%22%s%%22%%5D%%2C%%22event%%22%%3A"
			 "%%5B%%22kill%%22%%5D%%7D",
			 l->windows.items[0].from / 1000000 - 1,
			 clock_usec(CLOCK_REALTIME) / 1000000 + 1, id);
	return engine_api_get(api, path, &events, NULL) >= 0 && strstr(buf_str(&events), id);
}

int watched_inspect(struct engine_api *api, const char *id, struct container *ret,
		    struct error *err)
{
	CLEANUP(freep) char *path = xasprintf("/containers/%s/json", id);
	CLEANUP(buf_clear) struct buf body = {0};
	int r;

	container_init(ret);
	r = engine_api_get(api, path, &body, err);
	return r < 0 ? r : container_info_read(&body, ret, NULL, err);
}

static bool any_survives(const struct live *l)
{
	for (size_t i = 0; i < l->ncontainers; i++)
		if (watched_runs(&l->containers[i]))
			return true;
	return false;
}

/*
 * dockerd notes on disk whom somebody had it stop, and notes none that it stops with itself. It
 * outlives it: who was asked for in the moment of its end is known by this alone. But a start
 * without live-restore notes so whom it ends (seen with 28.5): those are all that ran, so the note
 * counts only where another has its process.
 */
static bool was_stopped_by_hand(const struct live *l, const struct container *c)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep)
	char *path = l->data_root && c->id
			     ? xasprintf("%s/containers/%s/config.v2.json", l->data_root, c->id)
			     : NULL;

	CLEANUP(close_fd) int fd = path ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;

	return !c->running && any_survives(l) && fd >= 0 &&
	       fd_read_all(fd, MAX_CONFIG, &text) >= 0 && container_info_was_stopped_by_hand(&text);
}

/* 1: it has ended; 0: dockerd has not seen it yet, or is about to remove it. */
static int read_ending(struct live *l, struct engine_api *api, const struct watched *w, bool named,
		       struct ending *ret, struct error *err)
{
	CLEANUP(container_clear) struct container c;
	int r = watched_inspect(api, w->id, &c, err);

	*ret = (struct ending){.code = -1};
	if (r == -ENOENT) {
		ret->unknown = true;
		ret->on_disk = is_on_disk(l, w);
		return 1;
	}
	if (r >= 0) {
		ret->runs = c.running;
		ret->code = c.exit_code;
		ret->oom = c.oom_killed;
		ret->finished = c.finished_usec;
		/* of whom the plan named a unit that went down with dockerd may have asked for it */
		ret->asked = was_asked(l, api, w->id) || (!named && was_stopped_by_hand(l, &c));
		r = !(c.running && c.pid == w->pid) && strcmp_null(c.state, "removing") != 0;
	}
	return r;
}

static void complain(const struct live *l, const struct watched *w, const struct ending *e,
		     enum ended ended, struct error *err)
{
	CLEANUP(freep) char *how = ending_words(e, &l->windows, w->restart_policy);

	if (ended == ENDED_OUT_OF_VIEW)
		error_set(err, -EIO,
			  "dockerd does not know the container '%s' any more, though its files are "
			  "there",
			  w->name);
	else
		error_set(err, -EIO, "the container '%s' was stopped%s", w->name, how);
}

/*
 * Whose doing it was that its process is not there. 1: ours, as err says; 0: not ours, or not known
 * to dockerd yet; negative: dockerd does not tell.
 */
static int judge(struct live *l, struct engine_api *api, struct watched *w, bool named,
		 struct error *err)
{
	struct ending_scene scene = {.windows = l->windows,
				     .survivors = any_survives(l),
				     .looped = w->looped,
				     .removes_itself = w->removes_itself};
	struct ending e;
	enum ended ended;
	int r = read_ending(l, api, w, named, &e, err);

	if (r <= 0)
		return r;
	ended = ending_judge(&e, &scene);
	if (ended == ENDED_BY_ITSELF)
		watched_tell_ended(l, w, &e);
	else
		complain(l, w, &e, ended, err);
	return ended != ENDED_BY_ITSELF;
}

/* Each that was harmed is named, not only the first. */
static int all_of(const struct strv *harm, struct error *err)
{
	CLEANUP(freep) char *text = strv_join(harm, "; ");

	return error_set(err, -EIO, "%s", text);
}

/* A look between two steps: what dockerd does not answer now, it must answer at the end. */
int watched_check(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(strv_clear) struct strv harm = {0};

	for (size_t i = 0; i < l->ncontainers; i++) {
		struct watched *w = &l->containers[i];
		CLEANUP(error_clear) struct error why = {0};

		if (w->told || container_is_named(may_stop, w->name) || watched_runs(w))
			continue;
		if (!api && live_api_open(l, &api, NULL) < 0)
			return 0;
		if (judge(l, api, w, false, &why) == 1)
			strv_add(&harm, error_text(&why));
	}
	return harm.count ? all_of(&harm, err) : 0;
}

/* Ids, and names as dockerd tells them: "/web". */
static int running_ones(struct engine_api *api, struct strv *ret, struct strv *ret_names,
			struct error *err)
{
	CLEANUP(buf_clear) struct buf body = {0};
	int r = engine_api_get(api, "/containers/json", &body, err);

	return r < 0 ? r : container_info_read_list(&body, ret, ret_names, err);
}

/* What its unit ended no restart policy brings back. */
static bool was_to_go(const struct stopped_list *may_stop, const struct watched *w)
{
	const struct stopped *s = may_stop ? stopped_find(may_stop, w->name) : NULL;

	return container_is_named(may_stop, w->name) &&
	       (!comes_back(w) || (s && stopped_by_unit(s)));
}

/*
 * Each is with dockerd, or has ended by itself. A process may live on without dockerd knowing it
 * any more: then nobody can stop or see it.
 */
static int check_listed(struct live *l, struct engine_api *api, const struct strv *ids,
			struct watched *w, const struct stopped_list *may_stop, struct error *err)
{
	bool named = container_is_named(may_stop, w->name), runs = watched_runs(w), listed;
	int r = 0;

	if (w->told)
		return 0;
	if (!runs && !(named && strv_contains(ids, w->id)))
		r = was_to_go(may_stop, w) ? 0 : judge(l, api, w, named, err);
	listed = w->told || strv_contains(ids, w->id) || was_to_go(may_stop, w);
	if (r != 0)
		return r < 0 ? r : -EIO;
	if (listed)
		return 0;
	return error_set(err, -EIO, "dockerd does not have the container '%s' running", w->name);
}

/* One of that name runs, under another id: a unit, or whoever brings it about, made it anew. */
static bool made_anew(const struct strv *names, const struct watched *w)
{
	CLEANUP(freep) char *name = xasprintf("/%s", w->name);

	return strv_contains(names, name);
}

static int check_list(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(strv_clear) struct strv ids = {0}, names = {0}, harm = {0};
	int r = live_api_open(l, &api, err);

	if (r >= 0)
		r = running_ones(api, &ids, &names, err);
	for (size_t i = 0; r >= 0 && i < l->ncontainers; i++) {
		CLEANUP(error_clear) struct error why = {0};

		if (check_listed(l, api, &ids, &l->containers[i], may_stop, &why) < 0)
			strv_add(&harm, error_text(&why));
	}
	if (harm.count)
		return all_of(&harm, err);
	for (size_t i = 0; r >= 0 && i < l->ncontainers; i++) {
		struct watched *w = &l->containers[i];

		if (may_stop && !strv_contains(&ids, w->id) && made_anew(&names, w))
			watched_tell_made_anew(l, w, stopped_find(may_stop, w->name));
		if (was_to_go(may_stop, w) && !w->removes_itself && !w->swarm_task &&
		    !strv_contains(&ids, w->id) && !made_anew(&names, w))
			watched_tell_stopped(l, w, !is_on_disk(l, w));
	}
	return r;
}

int watched_wait_for_list(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	return l->ncontainers == 0
		       ? 0
		       : live_wait_until_well(l, check_list, may_stop, COME_BACK_MS, err);
}
