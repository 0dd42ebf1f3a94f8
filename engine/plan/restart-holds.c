#include "engine/plan/restart-holds.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/plan/own-keys.h"
#include "engine/plan/reader-holds.h"

static bool is_of_config(const struct facts *f, const struct edit *e)
{
	return edit_is_content(e) && f->docker.config_file &&
	       strcmp(e->path, f->docker.config_file) == 0;
}

/* Not a mode, an owner or a list, which leave the file in its place. */
static bool is_replaced(const struct delta *d, const char *path)
{
	for (size_t i = 0; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];

		if (strcmp(e->path, path) == 0 &&
		    (edit_is_content(e) || subject_is_link(e->subject) ||
		     e->subject.scheme == SCHEME_EXISTS))
			return true;
	}
	return false;
}

static void deed_of(const struct facts *f, const struct delta *d, struct deed *ret)
{
	for (size_t i = 0; i < d->effects.count; i++) {
		ret->handlers |= HANDLER_BIT(d->effects.items[i].handler);
		deed_take_effect(ret, f, &d->effects.items[i]);
	}
	for (size_t i = 0; i < d->edits.count; i++) {
		const char *path = d->edits.items[i].path;

		strv_add_once(&ret->paths, path);
		if (!is_replaced(d, path))
			strv_add_once(&ret->touched, path);
		ret->config |= is_of_config(f, &d->edits.items[i]);
	}
}

static void hold(const struct objection *o, struct delta *d)
{
	if (o->weight == OBJECTION_TELLS)
		strv_add_once(&d->warnings, o->text);
	else if (o->weight == OBJECTION_ASKS)
		strv_add_once(&d->holds, o->text);
	else if (!d->refusal)
		d->refusal = xstrdup(o->text);
}

void hold_objections(const struct facts *f, const struct stopped_list *stopped,
		     const struct strv *planned, struct delta *d)
{
	CLEANUP(objections_clear) struct objections found = {0};
	CLEANUP(deed_clear) struct deed deed = {.stopped = stopped, .own_known = planned != NULL};

	deed_of(f, d, &deed);
	if (planned)
		strv_copy(&deed.own, planned);
	edits_dockerd_keys(&d->edits, f->docker.config_file, &deed.own);
	effects_dockerd_keys(&d->effects, &deed.own);
	objections_find(f, &deed, &found);
	for (size_t i = 0; i < found.count; i++)
		hold(&found.items[i], d);
	refuse_beside_readers(f, d);
}

/*
 * A file that it would not start with is better replaced than kept for its next start; and one that it
 * has started with before is no trial.
 */
bool plan_start_is_no_risk(const struct plan *plan, const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	return plan->start_known ||
	       (d->file_error && d->config_file && plan_find_change(plan, d->config_file));
}

/* A path can be among the changes for a stage in the middle alone. */
static bool is_written(const struct change *c)
{
	bool differs = c->edits.count > 0;

	for (size_t i = 1; i < c->nimages && !differs; i++)
		differs = !image_equal(&c->images[0], &c->images[i]);
	return differs;
}

static bool has_content_edit(const struct facts *f, const struct change *c)
{
	for (size_t i = 0; i < c->edits.count; i++)
		if (is_of_config(f, &c->edits.items[i]))
			return true;
	return c->edits.count == 0 && strcmp_null(c->path, f->docker.config_file) == 0;
}

static void take_effect(struct deed *deed, const struct facts *f, const struct effect *e)
{
	deed_take_effect(deed, f, e);
	deed_take_unit(deed, e);
}

void plan_objections(const struct plan *plan, const struct facts *f, struct objections *ret)
{
	CLEANUP(deed_clear)
	struct deed deed = {.back = true,
			    .undoes = plan->undoes,
			    .handlers = plan_handlers(plan),
			    .own_known = true,
			    .start_known = plan_start_is_no_risk(plan, f),
			    .stopped = &plan->stopped};

	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *c = &plan->changes[i];

		if (!is_written(c))
			continue;
		strv_add_once(&deed.paths, c->path);
		if (!change_replaces(c))
			strv_add_once(&deed.touched, c->path);
		deed.config |= has_content_edit(f, c);
	}
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			take_effect(&deed, f, &plan->stages[i].effects.items[k]);
	plan_own_keys(plan, f, &deed.own);
	deed_take_sight(&deed, plan, f);
	objections_find(f, &deed, ret);
}
