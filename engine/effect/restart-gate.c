#include "engine/effect/restart-gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/gate-changed.h"
#include "engine/format/daemon-keys.h"

#define STEP_MS 100
#define TASK_ID_LENGTH 25
#define ID_SHOWN 12

static void gate_state_clear(struct gate_state *s)
{
	free(s->active);
	*s = (struct gate_state){0};
}

static bool is(const char *value, const char *wanted)
{
	return strcmp_null(value, wanted) == 0;
}

static bool is_settled(const struct gate_state *s)
{
	return !s->job &&
	       (is(s->active, "active") || is(s->active, "inactive") || is(s->active, "failed"));
}

int restart_gate_settle(const struct restart_gate *gate, char **ret_active, struct error *err)
{
	CLEANUP(gate_state_clear) struct gate_state s = {0};
	int r = gate->ops->state(gate->host, &s, err);

	for (int ms = 0; r >= 0 && !is_settled(&s); ms += STEP_MS) {
		if (ms >= gate->settle_ms)
			return error_set(err, -ETIMEDOUT,
					 "docker.service is %s%s after %d s of waiting; dockerd is "
					 "left alone until systemd is done with it",
					 s.active ? s.active : "unknown",
					 s.job ? " with a job of systemd under way" : "",
					 gate->settle_ms / 1000);
		r = gate->ops->pause(gate->host, STEP_MS, err);
		gate_state_clear(&s);
		if (r >= 0)
			r = gate->ops->state(gate->host, &s, err);
	}
	if (r < 0)
		return r;
	*ret_active = TAKE_PTR(s.active);
	return 0;
}

/* "SERVICE.SLOT." of "SERVICE.SLOT.ID" with its length; 0: it is not a name of a task. */
static size_t task_slot(const char *name, size_t n)
{
	size_t dot = n > TASK_ID_LENGTH ? n - TASK_ID_LENGTH : 0;

	if (dot < 2 || name[dot - 1] != '.' || !memchr(name, '.', dot - 1))
		return 0;
	return strspn(name + dot, "abcdefghijklmnopqrstuvwxyz0123456789") >= TASK_ID_LENGTH ? dot
											    : 0;
}

bool container_is_named(const struct stopped_list *names, const char *container)
{
	size_t n = container ? strlen(container) : 0,
	       slot = container ? task_slot(container, n) : 0;

	for (size_t i = 0; n > 0 && names && i < names->count; i++) {
		const char *name = names->items[i].name;
		size_t len = strlen(name);

		if (names->items[i].comes_back == COMES_BACK_CUT_OFF)
			continue; /* it was to run on */
		if (equals_n(container, n, name))
			return true;
		if (slot && task_slot(name, len) == slot && strncmp(name, container, slot) == 0)
			return true;
	}
	return false;
}

static const struct container *container_of(const struct containers *all, const char *id)
{
	for (size_t i = 0; i < all->count; i++)
		if (is(all->items[i].id, id))
			return &all->items[i];
	return NULL;
}

/* What would end: dockerd's own answer, where it gave one, else every container with a process. */
static void find_endangered(const struct containers *all, const struct strv *shims,
			    const struct stopped_list *may_stop, bool answered, struct strv *ret)
{
	for (size_t i = 0; answered && i < all->count; i++) {
		const struct container *c = &all->items[i];

		if ((c->running || !container_told(c)) &&
		    !container_is_named(may_stop, container_label(c)))
			strv_add(ret, container_label(c));
	}
	for (size_t i = 0; i < shims->count; i++) {
		const struct container *c = container_of(all, shims->items[i]);

		/* whom dockerd knows was judged by its word above */
		if (c ? !answered && !container_is_named(may_stop, c->name) : true)
			strv_addf(ret, "%.*s", c && c->name ? (int)strlen(c->name) : ID_SHOWN,
				  c && c->name ? c->name : shims->items[i]);
	}
}

static bool setting_is_true(const struct settings *s, const char *key, bool by_api)
{
	const struct setting *found = settings_find(s, key);

	return found && is(found->value, "true") && (!by_api || found->source == SOURCE_API);
}

static int refuse(const struct strv *names, const char *why, struct error *err)
{
	CLEANUP(freep) char *list = strv_join(names, ", ");

	return error_set(err, -EPERM,
			 "dockerd is not restarted: %s, and the plan did not name what would stop: "
			 "%s",
			 why, list);
}

/* live-restore keeps what dockerd has, and it does not have these. */
static void find_unlisted(const struct containers *all, const struct stopped_list *may_stop,
			  struct strv *ret)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].unlisted &&
		    !container_is_named(may_stop, container_label(&all->items[i])))
			strv_add(ret, container_label(&all->items[i]));
}

/* Nor is it known what else its restart does to one that it tells nothing of: it asks for consent. */
static void find_untold(const struct containers *all, const struct stopped_list *may_stop,
			struct strv *ret)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct container *c = &all->items[i];

		if (!container_told(c) && !container_is_named(may_stop, container_label(c)))
			strv_addf(ret, "%s (%s)", container_label(c), c->unread);
	}
}

/* They run on, and lose what nobody consented to. */
static void find_cut_off(const struct containers *all, const struct stopped_list *may_stop,
			 struct strv *ret)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct container *c = &all->items[i];

		if (c->running && c->loses.count > 0 &&
		    !(may_stop && stopped_find(may_stop, container_label(c))))
			strv_addf(ret, "%s (%s)", container_label(c), c->loses.items[0]);
	}
}

static int refuse_cut_off(const struct strv *names, struct error *err)
{
	CLEANUP(freep) char *list = strv_join(names, ", ");

	return error_set(err, -EPERM,
			 "dockerd is not restarted: containers would run on without what it keeps "
			 "for them, and the plan did not name them: %s",
			 list);
}

int restart_gate_judge(const struct facts *facts, const struct strv *shims,
		       const struct stopped_list *may_stop, bool up, struct error *err)
{
	const struct docker_facts *d = &facts->docker;
	struct containers all = containers_on_disk(&d->containers);
	bool known = containers_get(&d->containers, &all);
	bool answered = up && known && d->running && !d->not_measured;
	CLEANUP(strv_clear) struct strv names = {0}, unlisted = {0}, untold = {0}, cut_off = {0};

	/* two of them on one data root: what the second makes of the first one's containers, nobody knows */
	if (d->elsewhere)
		return error_set(err, -EPERM, "docker.service is not started: %s", d->elsewhere);
	if (d->no_room || (up && d->no_restart))
		return error_set(err, -EPERM, "dockerd is not %s: %s", up ? "restarted" : "started",
				 d->no_room ? d->no_room : d->no_restart);
	find_unlisted(&all, may_stop, &unlisted);
	if (unlisted.count > 0)
		return refuse(&unlisted, "dockerd does not list containers that are there", err);
	if (answered)
		find_untold(&all, may_stop, &untold);
	if (untold.count > 0)
		return refuse(&untold, "dockerd tells nothing of containers that it has", err);
	find_cut_off(&all, may_stop, &cut_off);
	if (up && cut_off.count > 0)
		return refuse_cut_off(&cut_off, err);
	find_endangered(&all, shims, may_stop, answered, &names);
	if (names.count == 0)
		return 0;
	if (up && !answered)
		return refuse(&names, "whether live-restore is in force could not be asked", err);
	if (up && !setting_is_true(&d->now, "live-restore", true))
		return refuse(&names, "live-restore is not in force", err);
	if (d->file_error || !setting_is_true(&d->next, "live-restore", false))
		return refuse(&names, "its next start would not have live-restore", err);
	return 0;
}

/* A dockerd that is down has the key to ask for whoever starts it. */
static int judge_lock(const struct restart_gate *gate, const struct docker_facts *d, bool up,
		      struct error *err)
{
	if (!up || gate->lock_was_told || !(d->swarm_locks || d->swarm_unsure))
		return 0;
	if (d->swarm_locks)
		return error_set(err, -EPERM,
				 "dockerd is not restarted: that would lock this node of a swarm "
				 "until 'docker swarm unlock' (autolock was switched on "
				 "meanwhile), and the plan did not say so");
	return error_set(err, -EPERM,
			 "dockerd is not restarted: whether that locks this node of a swarm is not "
			 "known any more (%s), and the plan did not say so",
			 d->swarm_unsure);
}

static bool is_there(const struct docker_facts *d, const struct effect *e)
{
	const struct setting *now = settings_find(&d->now, e->subject.key);
	const struct daemon_key *k = daemon_key_find(e->subject.key);

	return now && now->source == SOURCE_API &&
	       docker_value_same(now->value ? now->value : k->def, e->after ? e->after : k->def);
}

static const char *key_that_moves(const struct docker_facts *d, const struct effects *towards)
{
	for (size_t i = 0; towards && i < towards->count; i++) {
		const struct effect *e = &towards->items[i];

		if (e->subject.scheme == SCHEME_DOCKER && daemon_key_find(e->subject.key) &&
		    daemon_key_moves(e->subject.key, e->before, e->after, d->image_store) &&
		    !is_there(d, e))
			return e->subject.key;
	}
	return NULL;
}

/* What runs, and came since the plan: with live-restore it would run on where nobody sees it. */
static int judge_moved(const struct restart_gate *gate, const struct docker_facts *d,
		       struct error *err)
{
	const char *key = key_that_moves(d, gate->towards);
	struct containers all;
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;

	if (!key)
		return 0;
	if (!containers_get(&d->containers, &all))
		all = containers_on_disk(&d->containers);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running &&
		    !container_is_named(gate->may_stop, container_label(&all.items[i])))
			strv_add(&names, container_label(&all.items[i]));
	if (names.count == 0)
		return 0;
	list = strv_join(&names, ", ");
	return error_set(
		err, -EPERM,
		"dockerd is not restarted: with %s changed it would not know containers any "
		"more that run, and the plan did not name them: %s",
		key, list);
}

/* dockerd itself is asked last, so that as little as possible can happen before the job. */
int restart_gate_pass(const struct restart_gate *gate, enum bus_job job, const char *unit,
		      struct error *err)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(strv_clear) struct strv shims = {0};
	CLEANUP(freep) char *active = NULL;
	int r = restart_gate_settle(gate, &active, err);

	if (r >= 0)
		r = gate->ops->shims(gate->host, &shims, err);
	if (r >= 0)
		r = gate->ops->look(gate->host, &facts, err);
	if (r >= 0)
		r = restart_gate_judge(&facts, &shims, gate->may_stop, is(active, "active"), err);
	if (r >= 0 && gate->then && gate->own && is(active, "active"))
		r = gate_judge_changed(gate->then, gate->own, &facts.docker, err);
	if (r >= 0)
		r = judge_moved(gate, &facts.docker, err);
	if (r >= 0)
		r = judge_lock(gate, &facts.docker, is(active, "active"), err);
	return r < 0 ? r : gate->ops->job(gate->host, job, unit, err);
}

static int can_be_told(const struct restart_gate *gate, const char *unit, struct error *err)
{
	CLEANUP(gate_state_clear) struct gate_state s = {0};
	int r = gate->ops->state(gate->host, &s, err);

	if (r < 0)
		return r;
	/* a frozen one is told nothing by a signal, and goes on with what it has */
	if (!s.unloaded)
		return gate->ops->answers(gate->host, err);
	return error_set(err, -EPERM,
			 "%s is masked, or its file is gone: dockerd cannot be told to give it up "
			 "before 'systemctl unmask %s'",
			 unit, unit);
}

int restart_gate_give_up_live(const struct restart_gate *gate, const char *unit, struct error *err)
{
	CLEANUP(strv_clear) struct strv shims = {0};
	CLEANUP(freep) char *active = NULL;
	int r = gate->ops->shims(gate->host, &shims, err);

	if (r < 0 || shims.count == 0)
		return r;
	r = restart_gate_settle(gate, &active, err);
	if (r < 0)
		return r;
	if (is(active, "active"))
		return can_be_told(gate, unit, err);
	r = gate->ought_to_run
		    ? restart_gate_pass(gate, BUS_START, unit, err)
		    : error_set(err, -EPERM, "whoever stopped it is the one to start it");
	return r < 0 ? error_wrap(err, r, "dockerd does not run, and containers do") : 0;
}
