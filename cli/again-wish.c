#include <string.h>

#include "cli/again.h"
#include "cli/message.h"
#include "engine/base/alloc.h"
#include "engine/format/secret.h"
#include "engine/plan/volume-holds.h"

/*
 * What the site's files and the baseline ask for is the user's word as well: a plan of yesterday does not
 * do what they would not have done today, nor do it otherwise. And what others set since, in the kernel
 * or of a unit, is what the way back has to lead to: the plan, which knows another, is none any more.
 */

/* Whether a plan makes of that subject, for the same control, what the edit makes of it. */
static bool is_edited_alike(const struct plan *plan, const char *path, const struct edit *edit)
{
	const struct change *change = plan_find_change(plan, path);

	for (size_t i = 0; change && i < change->edits.count; i++) {
		const struct edit *other = &change->edits.items[i];

		if (strcmp_null(other->control, edit->control) == 0 &&
		    subject_equal(other->subject, edit->subject) &&
		    strcmp_null(other->after, edit->after) == 0)
			return true;
	}
	return false;
}

/* The first edit of a control that the other plan does not have; NULL: it has them all. */
static const struct edit *edited_otherwise(const struct plan *plan, const struct map *parts,
					   const struct plan *other, const char *control,
					   const char **ret_path)
{
	const struct plan_part *part = map_get(parts, control);

	for (size_t i = 0; part && i < part->nchanges; i++) {
		const struct change *change = &plan->changes[part->changes[i]];

		*ret_path = change->path;
		for (size_t k = 0; k < change->edits.count; k++) {
			const struct edit *edit = &change->edits.items[k];

			if (strcmp_null(edit->control, control) == 0 &&
			    !is_edited_alike(other, change->path, edit))
				return edit;
		}
	}
	return NULL;
}

bool again_is_alike(const struct again_plans *both, const char *id)
{
	const struct finding *f = plan_find_finding(both->now, id);
	const char *path;

	return f && f->state == FINDING_PLANNED &&
	       !edited_otherwise(both->then, &both->then_parts, both->now, id, &path) &&
	       !edited_otherwise(both->now, &both->now_parts, both->then, id, &path);
}

size_t again_compare_wish(const struct context *c, const struct again_plans *both, const char *id)
{
	const struct plan *then = both->then, *now = both->now;
	const struct finding *f = plan_find_finding(now, id);
	const struct control *control = context_control(c, id);
	bool opt_in =
		control && volume_leaves_held(&c->observed, control) && !strv_contains(&c->ack, id);
	const struct edit *edit;
	const char *path;

	if (!map_get(&both->then_parts, id))
		return 0; /* another one does it: that one is asked */
	if (!f || opt_in || (f->state == FINDING_OK && f->verdict != VERDICT_PASS)) {
		message("refused: '%s' was planned, and would be left out now: the baseline or the "
			"site's files say so since",
			id);
		return 1;
	}
	if (f->state == FINDING_OK) {
		message("refused: '%s' was planned, and wants nothing of the host as it is now: "
			"the "
			"baseline or the site's files say so since, or somebody else has done it",
			id);
		return 1;
	}
	if (f->state != FINDING_PLANNED)
		return 0; /* held, refused, waived: by what, is said elsewhere */
	edit = edited_otherwise(then, &both->then_parts, now, id, &path);
	if (!edit)
		edit = edited_otherwise(now, &both->now_parts, then, id, &path);
	if (edit) {
		CLEANUP(freep) char *subject = subject_print(edit->subject);

		message("refused: '%s' would make something else of '%s' of '%s' than the plan "
			"says: what the baseline or the site's files ask for changed since",
			id, subject, path);
	}
	return edit != NULL;
}

/*
 * Of a control that is planned now, too: of another it was said already. A rollback has no findings, and is
 * one whole.
 */
static bool is_compared(const struct plan *other, const struct effect *e)
{
	const struct finding *f = e->control ? plan_find_finding(other, e->control) : NULL;
	bool planned = other->kind == PLAN_ROLLBACK || (f && f->state == FINDING_PLANNED);

	return planned && !e->along;
}

static bool is_same_effect(const struct effect *a, const struct effect *b)
{
	return a->handler == b->handler && subject_equal(a->subject, b->subject) &&
	       strcmp_null(a->control, b->control) == 0 && strcmp_null(a->before, b->before) == 0 &&
	       strcmp_null(a->after, b->after) == 0;
}

static bool has_effect(const struct plan *plan, const struct effect *e)
{
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			if (is_same_effect(&plan->stages[i].effects.items[k], e))
				return true;
	return false;
}

static char *values_of(const struct effect *e)
{
	CLEANUP(freep) char *before = secret_show_value(e->subject, e->before ? e->before : "none");
	CLEANUP(freep) char *after = secret_show_value(e->subject, e->after ? e->after : "none");

	return xasprintf("%s -> %s", before, after);
}

static void tell_effect(const struct effect *was, const struct effect *is)
{
	const struct effect *e = was ? was : is;
	CLEANUP(freep) char *subject = subject_print(e->subject);
	CLEANUP(freep) char *then = was ? values_of(was) : xstrdup("nothing");
	CLEANUP(freep) char *now = is ? values_of(is) : xstrdup("nothing");

	message("refused: what '%s' has to bring about of '%s' is not what the plan says: planned "
		"was %s, now it is %s",
		e->control ? e->control : "the rollback", subject, then, now);
}

size_t again_compare_effects(const struct plan *then, const struct plan *now)
{
	const struct plan *const plans[] = {then, now};
	size_t said = 0;

	for (size_t p = 0; p < 2; p++)
		for (size_t i = 0; i < plans[p]->nstages; i++)
			for (size_t k = 0; k < plans[p]->stages[i].effects.count; k++) {
				const struct effect *e = &plans[p]->stages[i].effects.items[k];
				const struct plan *other = plans[1 - p];
				const struct effect *there = plan_find_effect(other, e->subject);

				if (!is_compared(other, e) || has_effect(other, e) ||
				    (p == 1 && there)) /* said from the other side */
					continue;
				tell_effect(p == 0 ? e : there, p == 0 ? there : e);
				said++;
			}
	return said;
}
