#include "engine/base/alloc.h"
#include "engine/format/subject-key.h"
#include "engine/host/read/observe.h"
#include "engine/plan/image.h"
#include "rollback/revert-impl.h"

/*
 * A unit that is read again, or started anew, comes up with what its files say. Where a person said
 * that others' values stay in them, no default is in force after the rollback, but those values.
 */

/* NULL: there is none, or it cannot be read. */
static char *value_on_disk(const struct reversal *v, const struct edit_ref *ref)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(image_clear) struct image now = {0};
	char *value = NULL;

	if (root_walk(v->root, ref->path, &walk, NULL) < 0 ||
	    image_observe(&walk, true, &now, NULL) < 0 ||
	    image_value(&now, ref->subject, &value, NULL) < 0)
		str_replace(&value, NULL);
	return value;
}

/* "LimitNOFILE=50000"; a whole file is not told by its text. */
static char *told(const struct edit *e, const char *value, const char *whole)
{
	CLEANUP(freep) char *name = subject_setting(e->subject), *shown = NULL;

	if (e->subject.scheme == SCHEME_TEXT)
		return xstrdup(whole);
	shown = shown_value(e->subject, e->sensitive, value);
	return xasprintf("%s=%s", name ? name : e->subject.key, shown);
}

static void find_kept(const struct reversal *v, const struct effect *was, struct strv *ret_before,
		      struct strv *ret_after)
{
	for (size_t i = 0; i < was->nbrings; i++) {
		const struct edit_ref *ref = &was->brings[i];
		const struct edit *e =
			plan_last_edit(&v->root_transaction->plan, ref->path, ref->subject);
		CLEANUP(freep) char *now = value_on_disk(v, ref);
		CLEANUP(freep) char *from = NULL, *to = NULL;

		if (!e || !now || !edit_is_content(e) ||
		    plan_last_edit(v->plan, ref->path, ref->subject) ||
		    image_value_same(ref->subject, now, e->after))
			continue;
		from = told(e, e->after, "the file as it was applied");
		to = told(e, now, "the file as others have it");
		strv_add_once(ret_before, from);
		strv_add_once(ret_after, to);
	}
}

bool revert_keeps_brought(const struct reversal *v, const struct effect *was)
{
	for (size_t i = 0; i < was->nbrings; i++) {
		const struct edit_ref *ref = &was->brings[i];
		const struct edit *e =
			plan_last_edit(&v->root_transaction->plan, ref->path, ref->subject);
		CLEANUP(freep) char *now = value_on_disk(v, ref);

		if (e && edit_is_content(e) && !plan_last_edit(v->plan, ref->path, ref->subject) &&
		    !image_value_same(ref->subject, now, e->after) &&
		    !image_value_same(ref->subject, now, e->before))
			return true;
	}
	return false;
}

void revert_tell_kept(const struct reversal *v, struct effect *e)
{
	const struct plan *was = &v->root_transaction->plan;
	CLEANUP(strv_clear) struct strv before = {0}, after = {0};
	CLEANUP(freep) char *from = NULL, *to = NULL;

	if (!effect_is_deed(e) || find_recorded(v, e->subject).last_standing)
		return;
	for (size_t k = 0; k < was->nstages; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++)
			if (subject_equal(was->stages[k].effects.items[i].subject, e->subject))
				find_kept(v, &was->stages[k].effects.items[i], &before, &after);
	if (after.count == 0)
		return;
	from = strv_join(&before, ", ");
	to = strv_join(&after, ", ");
	str_replace(&e->before, from);
	str_replace(&e->after, to);
}
