#include "rollback/held-made.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/docker-confirm.h"
#include "engine/facts/container-disk.h"
#include "engine/format/container-info.h"
#include "engine/format/daemon-info.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/read/observe.h"
#include "engine/model/docker-paths.h"
#include "rollback/in-force.h"

/* The next start has it as applied. Of a file that dockerd cannot read nothing says that it has not. */
static bool is_next(const struct docker_facts *d, const struct effect *e)
{
	const struct setting *next = settings_find(&d->next, e->subject.key);
	const struct daemon_key *key = daemon_key_find(e->subject.key);
	const char *def = key ? key->def : NULL;
	const char *will = next && next->value ? next->value : def;

	return d->file_error || docker_value_same(will, e->after ? e->after : def);
}

static enum out_of_sight hides_back(const struct effect *e, const struct docker_facts *d)
{
	return HANDLER_BIT(e->handler) & HANDLERS_RESTART && e->subject.scheme == SCHEME_DOCKER
		       ? daemon_key_hides(e->subject.key, e->after, e->before, d->image_store)
		       : SIGHT_KEPT;
}

static bool remaps(const struct docker_facts *d)
{
	const struct setting *next = settings_find(&d->next, "userns-remap");

	return next && next->value && strcmp(next->value, "\"\"") != 0;
}

/* Containers that came since; `why`: why that is not known. */
struct made {
	const struct root *root;
	uint64_t began;
	const char *key; /* by which they would be out of sight; NULL: nothing is known of any */
	struct strv names;
	char *why;
};

static void made_clear(struct made *m)
{
	strv_clear(&m->names);
	free(m->why);
}

/* One that nothing can be read of may be such a one. A task is started anew by the swarm that is there, too. */
static void look_at_container(struct made *m, const char *containers, const char *id)
{
	CLEANUP(freep) char *directory = xasprintf("%s/%s", containers, id);
	CLEANUP(buf_clear) struct buf config = {0};
	struct container c = {0};
	int r = container_read_disk(m->root, directory, &config, &c, NULL);
	uint64_t created = container_info_created(&config);

	if (r >= 0)
		r = container_info_read_disk_state(&config, &c, NULL);
	if ((created == 0 || m->began == 0 || created >= m->began) &&
	    (r < 0 || c.swarm_task ||
	     container_info_comes_up(&c, container_info_was_stopped_by_hand(&config))))
		strv_add_once(&m->names, r < 0 || !c.name ? id : c.name);
	container_clear(&c);
}

static void look_at_root(struct made *m, const char *data_root)
{
	CLEANUP(freep) char *containers = xasprintf("%s/containers", data_root);
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	int r = observe_children(m->root, containers, &ids, &err);

	if (r < 0 && r != -ENOENT && !m->why)
		m->why = xstrdup(error_text(&err));
	for (size_t i = 0; i < ids.count; i++)
		look_at_container(m, containers, ids.items[i]);
}

/* Where dockerd's next start has its things as it is now; with remapped users in UID.GID. */
static void look_at_next(struct made *m, const struct docker_facts *d)
{
	CLEANUP(freep)
	char *base = d->data_root ? plain_data_root(d->data_root) : xstrdup(DOCKER_DEFAULT_ROOT);
	CLEANUP(strv_clear) struct strv children = {0};

	if (!remaps(d)) {
		look_at_root(m, base);
		return;
	}
	observe_children(m->root, base, &children, NULL);
	for (size_t i = 0; i < children.count; i++) {
		CLEANUP(freep) char *data_root = xasprintf("%s/%s", base, children.items[i]);

		if (is_remapped_root(children.items[i]))
			look_at_root(m, data_root);
	}
}

/* By a dockerd of this boot, which is down by now, or does not answer. */
static void add_running(struct made *m, const struct facts *now)
{
	const struct containers all = containers_on_disk(&now->docker.containers);

	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running)
			strv_add_once(&m->names, container_label(&all.items[i]));
}

/* Another place for what runs alone (exec-root) is none for what dockerd's start brings up. */
static void take_effect(struct made *m, const struct facts *now, const struct effect *e,
			bool other_boot)
{
	enum out_of_sight how = hides_back(e, &now->docker);

	if (how == SIGHT_KEPT || !is_next(&now->docker, e) || effect_is_as_before(now, e))
		return;
	if (other_boot)
		add_running(m, now);
	if (how >= SIGHT_OF_IMAGES)
		look_at_next(m, &now->docker);
	if (!m->key && (m->names.count > 0 || m->why))
		m->key = e->subject.key;
}

static char *reason(const struct made *m)
{
	CLEANUP(freep) char *list = strv_join(&m->names, ", ");

	if (m->names.count > 0)
		return xasprintf("containers run, or were made since and come up with dockerd, "
				 "that it would not know any more once %s is put back: %s; all "
				 "stays as applied until dockerd runs and they are stopped, and "
				 "'harden recover' goes on then",
				 m->key, list);
	return m->why ? xasprintf("whether containers were made since is not known, and dockerd "
				  "would not know them any more once %s is put back: %s; all stays "
				  "as applied until that is seen to, and 'harden recover' goes on "
				  "then",
				  m->key, m->why)
		      : NULL;
}

char *held_by_made(const struct executor *x, uint64_t began)
{
	const struct effector *e = x->effector;
	const struct plan *plan = x->mover.plan;
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(made_clear) struct made made = {.root = x->mover.root, .began = began};
	struct containers all;

	if (!(plan_handlers(plan) & HANDLERS_RESTART) || !e->look ||
	    e->look(e->look_data, &now, NULL) < 0 || now.offline ||
	    containers_get(&now.docker.containers, &all))
		return NULL;
	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++)
			take_effect(&made, &now, &plan->stages[k].effects.items[i],
				    x->mover.other_boot);
	return reason(&made);
}
