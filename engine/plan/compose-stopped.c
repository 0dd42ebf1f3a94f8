#include "engine/plan/compose-stopped.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/plan/swarm-holds.h"

static bool is_true(const char *json)
{
	return strcmp_null(json, "true") == 0;
}

bool effect_loses_live(const struct effect *e)
{
	return HANDLER_BIT(e->handler) & HANDLERS_RESTART && e->subject.scheme == SCHEME_DOCKER &&
	       strcmp(e->subject.key, "live-restore") == 0 && is_true(e->before) &&
	       !is_true(e->after);
}

bool plan_loses_live(const struct plan *plan)
{
	const struct effect *e = plan_find_effect(plan, subject_of(SCHEME_DOCKER, "live-restore"));

	return e && effect_loses_live(e);
}

static void told(struct stopped *s, const struct container *k)
{
	str_replace(&s->id, k->id);
	if (container_told(k))
		str_replace(&s->policy, k->restart_policy ? k->restart_policy : "no");
}

/*
 * With live-restore, too, an older engine ends and removes at its start what runs with --rm. Measured:
 * 20.10.24 does, 26.1.5 and 28.5.2 leave it.
 */
static void name_removed(const struct docker_facts *d, const struct containers *all,
			 struct stopped_list *list)
{
	if (d->version && engine_version_compare(d->version, "26.0") >= 0)
		return;
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].auto_remove && all->items[i].running)
			told(stopped_add(list, container_label(&all->items[i]), COMES_BACK_NEVER,
					 "is removed: --rm, which this engine does not keep"),
			     &all->items[i]);
}

/* What cannot be published keeps a container from starting. */
static struct stopped *name_unpublishable(struct stopped_list *list, const struct container *k,
					  const char *policy)
{
	CLEANUP(freep) char *ports = strv_join(&k->absent_ports, ", ");

	return stopped_add(list, k->name, COMES_BACK_UNKNOWN,
			   "may stay stopped in spite of its restart policy %s: it publishes %s",
			   policy, ports);
}

static struct stopped *name_stopped(const struct facts *f, struct stopped_list *list,
				    const struct container *k)
{
	const char *policy = k->restart_policy ? k->restart_policy : "no";

	if (!container_told(k))
		return stopped_add(list, container_label(k), COMES_BACK_UNKNOWN, "not known: %s",
				   k->unread);
	if (k->auto_remove)
		return stopped_add(list, k->name, COMES_BACK_NEVER, "is removed: --rm");
	if (k->swarm_task)
		return stopped_add(list, k->name, COMES_BACK_NEVER, "ends for good: %s",
				   swarm_task_fate(f));
	if (k->no_start && strcmp(policy, "no") != 0)
		return stopped_add(list, k->name, COMES_BACK_UNKNOWN,
				   "may stay stopped in spite of its restart policy %s: %s", policy,
				   k->no_start);
	if (k->absent_ports.count > 0 && strcmp(policy, "no") != 0)
		return name_unpublishable(list, k, policy);
	if (strcmp(policy, "always") == 0 || strcmp(policy, "unless-stopped") == 0)
		return stopped_add(list, k->name, COMES_BACK_YES, "comes back: restart policy %s",
				   policy);
	if (strcmp(policy, "on-failure") == 0)
		return stopped_add(list, k->name, COMES_BACK_UNLESS_0,
				   "comes back unless it ends with 0: restart policy %s", policy);
	return stopped_add(list, k->name, COMES_BACK_NO, "stays stopped: restart policy %s",
			   policy);
}

/* What becomes of those that dockerd does not list, live-restore or not, nobody can foresee. */
static void name_unlisted(const struct facts *f, const struct containers *all,
			  struct stopped_list *list)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].unlisted)
			told(name_stopped(f, list, &all->items[i]), &all->items[i]);
}

/* live-restore keeps one that it lists; whether what it runs lives with dockerd nobody was told. */
static void name_untold(const struct facts *f, struct stopped_list *list)
{
	struct containers all;

	if (!containers_get(&f->docker.containers, &all))
		return; /* "mute" and "unseen" ask */
	for (size_t i = 0; i < all.count; i++) {
		const struct container *k = &all.items[i];

		if (!container_told(k) && !k->unlisted)
			told(stopped_add(list, container_label(k), COMES_BACK_UNKNOWN, UNTOLD_TEXT),
			     k);
	}
}

/* "; only 'docker restart web' brings it back", where that alone does. */
static char *way_back(const struct container *k)
{
	CLEANUP(freep) char *empty = strv_join(&k->empty_volumes, ", ");
	const char *first = k->loses_with ? k->loses_with : ""; /* whose network it gets then */

	if (k->no_start)
		return xstrdup("");
	return xasprintf("; %s'docker restart %s%s%s' brings it back%s%s%s",
			 k->absent_ports.count > 0 ? "once the address is here, " : "only ", first,
			 *first ? " " : "", container_label(k),
			 *empty ? ", and empties the volume " : "", empty,
			 *empty ? ": save what is in it before" : "");
}

/* Of one that is named for worse this is the least. */
static void name_cut_off(const struct containers *all, struct stopped_list *list)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct container *k = &all->items[i];
		CLEANUP(freep) char *loses = strv_join(&k->loses, ", "), *back = way_back(k);

		if (k->running && k->loses.count > 0 && !stopped_find(list, container_label(k)))
			told(stopped_add(list, container_label(k), COMES_BACK_CUT_OFF,
					 CUT_OFF_TEXT "it %s%s", loses, back),
			     k);
	}
}

/* One that is a client of dockerd's ends with what it has asked for, live-restore or not. */
static void name_clients(const struct facts *f, const struct containers *all,
			 struct stopped_list *list)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct container *k = &all->items[i];

		if (!k->running || !k->ends_with)
			continue;
		if (!starts_with(k->ends_with, "may "))
			name_stopped(f, list, k);
		told(stopped_add(list, container_label(k), COMES_BACK_UNKNOWN, "%s", k->ends_with),
		     k);
	}
}

/* Without live-restore a restart stops every container; those with a restart policy come back. */
void compose_stopped(const struct facts *facts, bool live, struct stopped_list *list)
{
	struct containers all = containers_on_disk(&facts->docker.containers);
	bool known = containers_get(&facts->docker.containers, &all);

	if (live) {
		for (size_t i = 0; i < facts->docker.goes_along.count; i++)
			stopped_add_text(list, facts->docker.goes_along.items[i]);
		name_clients(facts, &all, list);
		name_removed(&facts->docker, &all, list);
		name_unlisted(facts, &all, list);
		name_untold(facts, list);
		name_cut_off(&all, list);
		return;
	}
	for (size_t i = 0; i < all.count; i++) {
		const struct container *k = &all.items[i];

		if (!known || !container_told(k) || k->running)
			told(name_stopped(facts, list, k), k);
	}
}
