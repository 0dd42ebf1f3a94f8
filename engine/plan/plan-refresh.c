#include "engine/plan/plan-refresh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/borrow.h"
#include "engine/plan/compose.h"
#include "engine/plan/image.h"
#include "engine/plan/plan-reveal.h"

void plan_collect_edits(const struct plan *plan, struct edits *ret)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++)
			edit_copy(array_append(&ret->items, &ret->count, sizeof(struct edit)),
				  &plan->changes[i].edits.items[k]);
}

void plan_collect_effects(const struct plan *plan, struct effects *ret)
{
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			effect_copy(array_append(&ret->items, &ret->count, sizeof(struct effect)),
				    &plan->stages[i].effects.items[k]);
}

static int check_host(const struct plan *saved, const struct facts *facts, struct error *err)
{
	if (strcmp_null(saved->machine_id, facts->machine_id) != 0)
		return error_set(err, -ESTALE, "the plan was made for another host ('%s')",
				 saved->hostname ? saved->hostname : "?");
	if (saved->offline && !facts->offline)
		return error_set(err, -ESTALE,
				 "the plan was made for an image (--root), where nothing runs, and "
				 "this host runs");
	if (strcmp_null(saved->docker_version, facts->docker.version) != 0)
		return error_set(err, -ESTALE,
				 "the Docker version changed since the plan: %s, now %s",
				 saved->docker_version ? saved->docker_version : "none",
				 facts->docker.version ? facts->docker.version : "none");
	return 0;
}

static int compare_change(const struct change *was, const struct change *is, struct error *err)
{
	for (size_t i = 0; i < was->nimages && i < is->nimages; i++) {
		CLEANUP(freep) char *what = NULL;

		if (node_equal(&was->images[i].node, &is->images[i].node))
			continue;
		what = node_difference(&was->images[i].node, &is->images[i].node);
		return error_set_at(err, -ESTALE, was->path, "'%s' changed since the plan: %s",
				    was->path, what);
	}
	return was->nimages == is->nimages
		       ? 0
		       : error_set_at(err, -ESTALE, was->path,
				      "'%s' would change in other steps than planned", was->path);
}

/* `plan -o` saves no such plan. */
static int check_secrets(const struct plan *saved, struct error *err)
{
	const struct edit *e = plan_wants_secret(saved);
	CLEANUP(freep) char *subject = e ? subject_print(e->subject) : NULL;

	return e ? error_set_at(err, -EINVAL, e->path,
				"'%s' of '%s' holds a secret, which no saved plan has", subject,
				e->path)
		 : 0;
}

/* Every path as the plan saw it; before its edits are tried on something else than they were made for. */
static int check_paths(const struct plan *saved, const struct root *root, struct error *err)
{
	for (size_t i = 0; i < saved->nchanges; i++) {
		const struct change *c = &saved->changes[i];
		CLEANUP(walk_clear) struct walk walk = WALK_INIT;
		CLEANUP(image_clear) struct image now = {0};
		CLEANUP(freep) char *what = NULL;
		int r = root_walk_nofollow(root, c->path, &walk, err);

		if (r >= 0)
			r = image_observe(&walk, c->images[0].node.data != NULL, &now, err);
		if (r < 0)
			return r;
		if (node_equal(&c->images[0].node, &now.node))
			continue;
		what = node_difference(&c->images[0].node, &now.node);
		return error_set_at(err, -ESTALE, c->path, "'%s' changed since the plan: %s",
				    c->path, what);
	}
	return 0;
}

/* The same paths in the same states: then the same plan. */
static int compare_plans(const struct plan *was, const struct plan *is, struct error *err)
{
	for (size_t i = 0; i < was->nchanges; i++) {
		const struct change *now = plan_find_change(is, was->changes[i].path);
		int r;

		if (!now)
			return error_set_at(err, -ESTALE, was->changes[i].path,
					    "'%s' changed since the plan: it is as wanted already",
					    was->changes[i].path);
		r = compare_change(&was->changes[i], now, err);
		if (r < 0)
			return r;
	}
	if (was->nchanges != is->nchanges || was->nstages != is->nstages)
		return error_set(err, -ESTALE,
				 "the host changed since the plan: other steps are needed now");
	return 0;
}

int plan_refresh(struct plan *saved, const struct root *root, const struct facts *facts,
		 struct error *err)
{
	CLEANUP(plan_clear) struct plan fresh = {0};
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(effects_clear) struct effects effects = {0};
	int r;

	r = check_host(saved, facts, err);
	if (r >= 0)
		r = check_paths(saved, root, err);
	if (r >= 0)
		r = check_secrets(saved, err);
	if (r < 0)
		return r;
	plan_collect_edits(saved, &edits);
	plan_collect_effects(saved, &effects);
	r = compose_changes(&fresh, root, &edits, err);
	if (r >= 0)
		r = compose_effects(&fresh, root, facts, NULL, &effects, err);
	if (r >= 0)
		r = compare_plans(saved, &fresh, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < saved->nchanges; i++) {
		struct image *images = saved->changes[i].images;

		saved->changes[i].images = fresh.changes[i].images;
		fresh.changes[i].images = images;
	}
	plan_reveal(saved);
	return 0;
}
