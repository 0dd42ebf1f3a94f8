#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-keys.h"
#include "engine/plan/brought.h"
#include "engine/plan/compose-impl.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/image.h"

static void composer_clear(struct composer *c)
{
	for (size_t i = 0; i < c->nboundaries; i++)
		image_clear(&c->boundaries[i].config);
	free(c->boundaries);
	effects_clear(&c->effects);
}

static bool is_true(const char *json)
{
	return strcmp_null(json, "true") == 0;
}

/* "" for what is no setting of dockerd. */
static const char *effect_key(const struct effect *e)
{
	return e->subject.scheme == SCHEME_DOCKER ? e->subject.key : "";
}

static bool is_live_by_reload(const struct effect *e)
{
	return e->handler == HANDLER_DOCKER_RELOAD && strcmp(effect_key(e), LIVE_RESTORE) == 0 &&
	       is_true(e->before) != is_true(e->after);
}

bool live_at_restart(const struct facts *facts, const struct effects *effects)
{
	const struct setting *now = settings_find(&facts->docker.now, LIVE_RESTORE);

	for (size_t i = 0; i < effects->count; i++) {
		const struct effect *e = &effects->items[i];

		if (effect_loses_live(e))
			return false;
		if (is_live_by_reload(e) && is_true(e->after))
			return true;
	}
	return now && is_true(now->value);
}

/* The change of the config file; NULL where only its owner or mode changes: what it says stays. */
static struct change *edited_config(const struct plan *plan, const struct facts *facts)
{
	const char *file = facts->docker.config_file;
	struct change *c = file ? plan_find_change(plan, file) : NULL;

	return c && c->images[0].node.kind == NODE_FILE && !c->images[0].has_content ? NULL : c;
}

/* Takes the effects over and draws from them what decides about the stages. */
static void composer_begin(struct composer *c, const struct facts *facts,
			   const struct effects *effects)
{
	const struct setting *live = settings_find(&facts->docker.now, LIVE_RESTORE);

	c->config = edited_config(c->plan, facts);
	c->live_at_restart = live_at_restart(facts, effects) || c->plan->borrows;
	c->live_after = live && is_true(live->value);
	for (size_t i = 0; i < effects->count; i++) {
		const struct effect *e = &effects->items[i];

		c->handlers |= HANDLER_BIT(e->handler);
		if (strcmp(effect_key(e), LIVE_RESTORE) == 0)
			c->live_after = is_true(e->after);
		c->live_by_reload |= is_live_by_reload(e);
		effect_copy(array_append(&c->effects.items, &c->effects.count, sizeof(*e)), e);
	}
	c->handlers &= ~HANDLER_BIT(HANDLER_NONE);
}

/*
 * One restart for everything: docker.socket takes docker.service along, and a restart applies
 * the reloadable keys too. live-restore has its own turn.
 */
static void leave_all_to_one_restart(struct composer *c)
{
	enum handler restart = c->handlers & HANDLER_BIT(HANDLER_DOCKER_SOCKET)
				       ? HANDLER_DOCKER_SOCKET
				       : HANDLER_DOCKER_RESTART;

	for (size_t i = 0; i < c->effects.count; i++) {
		struct effect *e = &c->effects.items[i];

		if (e->handler == HANDLER_DOCKER_RESTART ||
		    (e->handler == HANDLER_DOCKER_RELOAD && !is_live_by_reload(e)))
			e->handler = restart;
	}
	c->handlers = (c->handlers & ~HANDLERS_DOCKERD) | HANDLER_BIT(restart);
}

struct image *compose_boundary(struct composer *c, const struct image *config, bool rest_done,
			       unsigned handlers)
{
	struct boundary *b = array_append(&c->boundaries, &c->nboundaries, sizeof(*b));

	b->rest_done = rest_done;
	b->handlers = handlers;
	if (config)
		image_copy(&b->config, config);
	return &b->config;
}

int compose_set_key(struct composer *c, struct image *image, const char *key, const char *value,
		    struct error *err)
{
	CLEANUP(freep) char *pointer = xasprintf("/%s", key);
	CLEANUP(edits_clear) struct edits edits = {0};
	struct edit *edit = edits_add(&edits, "", c->config->path, subject_of(SCHEME_JSON, pointer),
				      NULL, value);

	return image_apply_edit(image, edit, err);
}

static bool key_missing(const struct image *image, const char *key)
{
	CLEANUP(freep) char *pointer = xasprintf("/%s", key);
	CLEANUP(freep) char *value = NULL;

	return image_value(image, subject_of(SCHEME_JSON, pointer), &value, NULL) >= 0 && !value;
}

/*
 * Writes the keys that a reload applies, but keeps when they are deleted (reload_matrix of the
 * engine's sources), with the values of one side into the image, where it does not name them.
 * 1 when that changed the image.
 */
static int spell_out(struct composer *c, struct image *image, bool side_after, struct error *err)
{
	int changed = 0;

	for (size_t i = 0; i < c->effects.count; i++) {
		const struct effect *e = &c->effects.items[i];
		const struct daemon_key *key = daemon_key_find(effect_key(e));
		const char *value = side_after ? e->after : e->before;
		int r;

		if (e->handler != HANDLER_DOCKER_RELOAD || !key || key->activation != KEY_RELOAD)
			continue;
		if (!value)
			value = key->def;
		if (!value || !key_missing(image, key->key))
			continue;
		r = compose_set_key(c, image, key->key, value, err);
		if (r < 0)
			return r;
		changed = 1;
	}
	return changed;
}

/* A directory that somebody put in the file's place, say, has no keys to spell out. */
static bool takes_keys(const struct image *image)
{
	return image->node.kind == NODE_ABSENT ||
	       (image->node.kind == NODE_FILE && image->has_content);
}

/* A boundary at which `end` has one side's keys spelt out, if that differs from `end` itself. */
static int add_spelt_out(struct composer *c, const struct image *end, bool side_after,
			 unsigned handlers, struct error *err)
{
	CLEANUP(image_clear) struct image image = {0};
	int r;

	if (!c->config || !takes_keys(end))
		return 0;
	image_copy(&image, end);
	r = spell_out(c, &image, side_after, err);
	if (r > 0)
		compose_boundary(c, &image, side_after, handlers);
	return r;
}

/* What the images between are made of: a file that does not parse, or is none, has no keys to set. */
static const struct image *sound_before(const struct composer *c)
{
	CLEANUP(freep) char *value = NULL;
	const struct image *ends = c->config ? c->config->images : NULL;
	bool is_text = ends && (ends[0].node.kind == NODE_ABSENT || ends[0].has_content);

	if (!ends)
		return NULL;
	if (is_text &&
	    image_value(&ends[0], subject_of(SCHEME_JSON, "/" LIVE_RESTORE), &value, NULL) >= 0)
		return &ends[0];
	return &ends[1];
}

/* live-restore on by reload, then everything else by restart. */
static int compose_live_first(struct composer *c, struct error *err)
{
	const struct image *before = sound_before(c);
	const struct image *after = c->config ? &c->config->images[1] : NULL;
	struct image *between;
	int r;

	r = add_spelt_out(c, before, false, 0, err);
	if (r < 0)
		return r;
	between = compose_boundary(c, before, false, RELOAD);
	if (c->config)
		r = compose_set_key(c, between, LIVE_RESTORE, "true", err);
	compose_boundary(c, after, true, c->handlers);
	return r < 0 ? r : 0;
}

/* Everything else by restart while live-restore is on, which is then given up by reload. */
static int compose_live_last(struct composer *c, struct error *err)
{
	const struct image *after = c->config ? &c->config->images[1] : NULL;
	struct image *between = compose_boundary(c, after, true, c->handlers);
	int r = 0;

	if (c->config)
		r = compose_set_key(c, between, LIVE_RESTORE, "true", err);
	if (r >= 0)
		r = add_spelt_out(c, after, true, RELOAD, err);
	if (r >= 0)
		compose_boundary(c, after, true, r > 0 ? 0 : RELOAD);
	return r < 0 ? r : 0;
}

/* Nothing restarts: the old values spelt out (for the way back), the new ones reloaded, the end. */
static int compose_reload_only(struct composer *c, struct error *err)
{
	const struct image *before = c->config ? &c->config->images[0] : NULL;
	const struct image *after = c->config ? &c->config->images[1] : NULL;
	int r;

	r = add_spelt_out(c, before, false, 0, err);
	if (r >= 0)
		r = add_spelt_out(c, after, true, c->handlers, err);
	if (r >= 0)
		compose_boundary(c, after, true, r > 0 ? 0 : c->handlers);
	return r < 0 ? r : 0;
}

static int compose_boundaries(struct composer *c, struct error *err)
{
	if (c->handlers & HANDLERS_RESTART) {
		leave_all_to_one_restart(c);
		if (c->plan->borrows)
			return compose_borrowed(c, err);
		if (c->live_by_reload && c->live_after)
			return compose_live_first(c, err);
		if (c->live_by_reload)
			return compose_live_last(c, err);
	} else if (c->handlers & RELOAD) {
		return compose_reload_only(c, err);
	}
	compose_boundary(c, c->config ? &c->config->images[1] : NULL, true, c->handlers);
	return 0;
}

/*
 * Which end a change other than the config file shows at a boundary. A directory is there from
 * the first one on, and until the last, so that files have their directory in between.
 */
static size_t end_at(const struct composer *c, const struct image *ends, size_t k)
{
	bool last = k + 1 == c->nboundaries;

	if (ends[0].node.kind == NODE_ABSENT && ends[1].node.kind == NODE_DIR)
		return 1;
	if (ends[0].node.kind == NODE_DIR && ends[1].node.kind == NODE_ABSENT)
		return last ? 1 : 0;
	return c->boundaries[k].rest_done ? 1 : 0;
}

/* Gives each change its image at each boundary. */
static int place_images(struct composer *c, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < c->plan->nchanges && r >= 0; i++) {
		struct change *change = &c->plan->changes[i];
		struct image *ends = change->images;
		bool lent = compose_is_lent_directory(c, change);

		change->nimages = c->nboundaries + 1;
		change->images = xcalloc(change->nimages, sizeof(*change->images));
		image_copy(&change->images[0], &ends[0]);
		for (size_t k = 0; k < c->nboundaries; k++) {
			const struct boundary *b = &c->boundaries[k];
			const struct image *other = &ends[end_at(c, ends, k)];

			image_copy(&change->images[k + 1],
				   change == c->config ? &b->config : other);
		}
		image_clear(&ends[0]);
		image_clear(&ends[1]);
		free(ends);
		r = lent ? compose_lend_directory(change, err) : 0;
	}
	return r;
}

static void place_effects(struct composer *c)
{
	for (size_t k = 0; k < c->nboundaries; k++) {
		struct stage *stage = plan_add_stage(c->plan);

		stage->up = stage->down = c->boundaries[k].handlers;
		stage->borrow = c->boundaries[k].borrow;
		for (size_t i = 0; i < c->effects.count; i++) {
			const struct effect *e = &c->effects.items[i];

			if (HANDLER_BIT(e->handler) & stage->up)
				effect_copy(array_append(&stage->effects.items,
							 &stage->effects.count, sizeof(*e)),
					    e);
		}
	}
}

/*
 * dockerd skips the set-up of its default network when it starts and finds containers running,
 * which they do under live-restore: such keys wait for a start without containers.
 */
static void announce_pending(struct composer *c, const struct facts *facts)
{
	const struct container_list *list = &facts->docker.containers;
	size_t running = 0;
	bool known = containers_running(list, &running);

	if ((known && running == 0) || !c->live_at_restart)
		return;
	for (size_t i = 0; i < c->effects.count; i++) {
		struct effect *e = &c->effects.items[i];
		const struct daemon_key *key = NULL;

		if (HANDLER_BIT(e->handler) & HANDLERS_RESTART &&
		    e->subject.scheme == SCHEME_DOCKER)
			key = daemon_key_find(effect_key(e));
		if (key && key->network && !e->pending)
			e->pending =
				known ? xasprintf(
						"no container may run when dockerd starts; %zu %s",
						running, running == 1 ? "runs" : "run")
				      : xstrdup("no container may run when dockerd starts, and "
						"whether one does is not known");
	}
}

int compose_stages(struct plan *plan, const struct facts *facts, const struct effects *effects,
		   struct error *err)
{
	CLEANUP(composer_clear) struct composer c = {.plan = plan};
	int r;

	composer_begin(&c, facts, effects);
	if (plan->nchanges == 0 && c.handlers == 0)
		return 0;
	r = compose_boundaries(&c, err);
	if (r < 0)
		return r;
	announce_pending(&c, facts);
	if (c.handlers & HANDLERS_RESTART)
		compose_stopped(facts, c.live_at_restart, &plan->stopped);
	r = place_images(&c, err);
	if (r < 0)
		return r;
	place_effects(&c);
	brought_settle(plan);
	return 0;
}
