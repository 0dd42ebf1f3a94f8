#include "engine/plan/control-diff.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/control-load.h"
#include "engine/plan/beside-view.h"

/* Whether the resource can be compared: without a value of the site it may not be whole. */
static bool is_whole(const struct control *control, const struct resource *r)
{
	return control->lacks.count == 0 || !r->module->check ||
	       r->module->check(r->desired, NULL) >= 0;
}

unsigned control_needs(const struct control *control)
{
	unsigned parts = 0;

	for (size_t i = 0; i < control->nresources; i++) {
		const struct resource *r = &control->resources[i];

		if (r->module->needs && is_whole(control, r))
			parts |= r->module->needs(r->desired);
	}
	return parts;
}

static int diff_resource(const struct control *control, const struct resource *resource,
			 const struct view *v, struct delta *ret, struct error *err)
{
	int r = resource->module->diff(resource->desired, v, ret, err);

	if (r < 0)
		return error_blame(
			err, error_wrap(err, r, "control '%s': %s", control->id, resource->address),
			control->id);
	return 0;
}

/* Whatever each resource found of the same weight. */
static void add_details(struct delta *into, const struct delta *from)
{
	if (into->details.count == 0 && into->reason)
		strv_add(&into->details, into->reason);
	if (from->details.count)
		strv_add_all(&into->details, &from->details);
	else if (from->reason)
		strv_add(&into->details, from->reason);
}

/* Brings what one resource answered into the control's one answer. */
static void merge_delta(struct delta *into, struct delta *from, const char *control)
{
	if (from->verdict > into->verdict) {
		strv_copy(&into->details, &from->details);
	} else if (from->verdict == into->verdict && from->verdict > VERDICT_PASS) {
		add_details(into, from);
	}
	if (from->verdict > into->verdict || !into->reason) {
		if (from->verdict >= into->verdict)
			str_replace(&into->reason, from->reason);
		if (!into->fix)
			into->fix = TAKE_PTR(from->fix);
	}
	if (from->verdict > into->verdict)
		into->verdict = from->verdict;
	into->blocks |= from->blocks;
	into->unread += from->unread;
	into->in_place += from->in_place;
	if (!into->refusal)
		into->refusal = TAKE_PTR(from->refusal);
	if (!into->first)
		into->first = TAKE_PTR(from->first);
	strv_add_all(&into->holds, &from->holds);
	for (size_t i = 0; i < from->nomissions; i++)
		delta_omit(into, from->omissions[i].path, from->omissions[i].refused, "%s",
			   from->omissions[i].why);
	strv_add_all(&into->warnings, &from->warnings);
	for (size_t i = 0; i < from->edits.count; i++) {
		struct edit *e = array_append(&into->edits.items, &into->edits.count, sizeof(*e));

		edit_copy(e, &from->edits.items[i]);
		str_replace(&e->control, control);
	}
	for (size_t i = 0; i < from->effects.count; i++) {
		struct effect *e =
			array_append(&into->effects.items, &into->effects.count, sizeof(*e));

		effect_copy(e, &from->effects.items[i]);
		str_replace(&e->control, control);
	}
}

/* Whether a value of the resource is one that the site has not given yet. */
static bool is_lacking(const struct control *control, const struct resource *r)
{
	for (size_t i = 0; i < control->lacks.count; i++)
		for (const struct field *f = r->module->fields; f->key; f++)
			if (setting_is(control->lacks.items[i], r, f->key))
				return true;
	return false;
}

/* "KIND[NAME].key" as a site's file has it: "KIND[NAME]": { key: ... }. The caller frees it. */
static char *setting_as_yaml(const char *name)
{
	const char *end = strrchr(name, ']'), *key = strrchr(name, '.');

	if (!end || !key || key < end)
		return xasprintf("%s: ...", name);
	return xasprintf("\"%.*s\": { %s: ... }", (int)(key - name), name, key + 1);
}

/* What the site has not said yet; what was measured stands before it, and nothing is planned. */
static void ask_the_site(const struct control *control, struct delta *ret)
{
	CLEANUP(freep) char *names = strv_join(&control->lacks, ", "), *lines = NULL;
	CLEANUP(strv_clear) struct strv settings = {0};

	for (size_t i = 0; i < control->lacks.count; i++)
		strv_add_owned(&settings, setting_as_yaml(control->lacks.items[i]));
	lines = strv_join(&settings, " and ");
	delta_raise(ret, VERDICT_MANUAL, "needs a value of the site: %s", names);
	str_replace(&ret->fix, NULL);
	ret->fix = xasprintf("it needs a value of the site: set %s below 'settings' of '%s' in "
			     "/etc/harden/conf.d/*.yaml",
			     lines, control->id);
	edits_clear(&ret->edits);
	effects_clear(&ret->effects);
}

/* A resource that lacks a value may be as wanted without it; 1: it is not, or cannot be compared. */
static int diff_lacking(const struct control *control, const struct resource *resource,
			const struct view *v, struct delta *ret, struct error *err)
{
	CLEANUP(delta_clear) struct delta one = {0};
	int r;

	if (!is_whole(control, resource))
		return 1;
	r = diff_resource(control, resource, v, &one, err);
	if (r < 0)
		return r;
	delta_raise(ret, one.verdict, one.reason ? "%s" : NULL, one.reason);
	/* broken as it is, whatever the site would have: not a matter of choice */
	if (one.verdict == VERDICT_FAIL && one.refusal && one.fix)
		str_replace(&ret->refusal, one.refusal);
	return one.verdict != VERDICT_PASS && one.verdict != VERDICT_NOT_APPLICABLE;
}

/* What each resource answers by itself; those that lack a value of the site are left zeroed. */
struct answers {
	struct delta *items;
	size_t count;
};

static void answers_clear(struct answers *a)
{
	for (size_t i = 0; i < a->count; i++)
		delta_clear(&a->items[i]);
	free(a->items);
}

static int ask_each(const struct control *control, const struct view *v, struct answers *a,
		    struct error *err)
{
	a->items = xcalloc(control->nresources + 1, sizeof(*a->items));
	a->count = control->nresources;
	for (size_t i = 0; i < a->count; i++) {
		const struct resource *resource = &control->resources[i];
		int r = is_lacking(control, resource)
				? 0
				: diff_resource(control, resource, v, &a->items[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

static bool edits_file(const struct delta *d, const char *path)
{
	for (size_t i = 0; i < d->edits.count; i++)
		if (edit_is_content(&d->edits.items[i]) &&
		    strcmp(d->edits.items[i].path, path) == 0)
			return true;
	return false;
}

/* Whether another resource writes into a file that this one writes into. */
static bool meets_another(const struct answers *a, size_t index)
{
	const struct edits *own = &a->items[index].edits;

	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; i != index && k < own->count; k++)
			if (edit_is_content(&own->items[k]) &&
			    edits_file(&a->items[i], own->items[k].path))
				return true;
	return false;
}

static int lay_others(struct beside_view *beside, const struct answers *a, size_t index,
		      struct error *err)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct edits *edits = &a->items[i].edits;

		for (size_t k = 0; i != index && k < edits->count; k++) {
			int r = beside_view_edit(beside, &edits->items[k], err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/*
 * What speaks against one resource is asked over what the others of its control write beside it: a
 * log driver without its options may be refused, and is not with them; and the other way round.
 */
static int ask_beside(const struct control *control, const struct view *v, size_t index,
		      struct answers *a, struct error *err)
{
	CLEANUP(beside_view_clear) struct beside_view beside = {0};
	CLEANUP(delta_clear) struct delta d = {0};
	struct delta *own = &a->items[index];
	int r;

	beside_view_init(&beside, v);
	r = lay_others(&beside, a, index, NULL);
	if (r < 0)
		return 0; /* which laying them over for good tells of */
	r = diff_resource(control, &control->resources[index], &beside.base, &d, err);
	if (r < 0)
		return r;
	str_replace(&own->refusal, d.refusal);
	str_replace(&own->first, d.first);
	strv_clear(&own->holds);
	strv_add_all(&own->holds, &d.holds);
	return 0;
}

static int ask_all(const struct control *control, const struct view *v, struct answers *a,
		   struct error *err)
{
	int r = ask_each(control, v, a, err);

	for (size_t i = 0; r >= 0 && i < a->count; i++)
		if (meets_another(a, i))
			r = ask_beside(control, v, i, a, err);
	return r;
}

/*
 * What stands where a file is wanted, such as a directory, is the trouble of this control alone: it
 * is refused, and the others are planned.
 */
static int refuse_misplaced(const struct view *v, struct delta *d, struct error *err)
{
	for (size_t i = 0; i < d->edits.count && !d->refusal; i++) {
		const struct edit *e = &d->edits.items[i];
		CLEANUP(node_clear) struct node n = {0};
		int r = edit_is_content(e) && e->after ? view_node(v, e->path, &n, err) : 0;

		if (r < 0)
			return r;
		if (n.kind == NODE_DIR || n.kind == NODE_SOCKET || n.kind == NODE_OTHER)
			d->refusal = xasprintf("'%s' is %s, not a file", e->path,
					       node_kind_phrase(n.kind));
	}
	return 0;
}

int control_diff(const struct control *control, const struct view *v, struct delta *ret,
		 struct error *err)
{
	CLEANUP(answers_clear) struct answers answers = {0};
	bool ask = false;
	int r = ask_all(control, v, &answers, err);

	ret->verdict = VERDICT_NOT_APPLICABLE;
	for (size_t i = 0; r >= 0 && i < control->nresources; i++) {
		const struct resource *resource = &control->resources[i];

		if (is_lacking(control, resource))
			r = diff_lacking(control, resource, v, ret, err);
		else
			merge_delta(ret, &answers.items[i], control->id);
		ask |= r > 0;
	}
	if (r < 0)
		return r;
	if (ask)
		ask_the_site(control, ret);
	/* nobody need look where the host has nothing to look at */
	if (control->class == CLASS_MANUAL &&
	    (control->nresources == 0 || ret->verdict != VERDICT_NOT_APPLICABLE))
		delta_raise(ret, VERDICT_MANUAL, NULL);
	if (control->class == CLASS_MANUAL && !ret->reason)
		str_replace(&ret->reason, control->facets.audit);
	return refuse_misplaced(v, ret, err);
}
