#include "engine/base/alloc.h"
#include "engine/plan/rights.h"
#include "rollback/revert-impl.h"

/*
 * What was undone already, by a rollback that left to others what they had made of it: with
 * --on-conflict before that goes, too, and nothing else.
 */

/*
 * Beside an access list that others gave it since, a mode alone says nothing of who may do what: there the
 * rights come back entry by entry, as with the first rollback.
 */
static void take_rights(const struct change *was, const struct image *want, struct image *target)
{
	CLEANUP(image_clear) struct image ours = {0};

	image_copy(&ours, want);
	rights_follow(&was->images[was->nimages - 1].node, &target->node, &ours.node, true);
	target->node.mode = ours.node.mode;
	str_replace(&target->node.acl, ours.node.acl);
}

/* One value of ours as it was recorded, whatever others made of it since. */
static int take_value(struct reversal *v, const struct change *was_change, struct change *planned,
		      const struct edit *e, const struct image *want, struct error *err)
{
	struct image *target = &planned->images[1];
	CLEANUP(freep) char *subject = subject_print(e->subject);
	CLEANUP(freep) char *now = NULL, *recorded = NULL, *was = NULL, *is = NULL;
	CLEANUP(edits_clear) struct edits one = {0};
	int r = image_value(target, e->subject, &now, err);

	if (r >= 0)
		r = image_value(want, e->subject, &recorded, err);
	if (r < 0 || image_value_same(e->subject, now, recorded))
		return r;
	was = shown_value(e->subject, e->sensitive, recorded);
	is = shown_value(e->subject, e->sensitive, now);
	strv_addf(v->conflicts, "'%s' %s: recorded %s, now %s", planned->path, subject, was, is);
	edits_add(&planned->edits, e->control, planned->path, e->subject, now, recorded)
		->sensitive = e->sensitive;
	if (e->subject.scheme == SCHEME_MODE && target->node.acl) {
		take_rights(was_change, want, target);
		return 0;
	}
	return image_apply_edit(
		target, edits_add(&one, NULL, planned->path, e->subject, now, recorded), err);
}

/* Of a file that only we made nothing but content has a value to go back to: that it is not there. */
static bool is_taken(const struct reversal *v, const struct edit *e, const struct image *want)
{
	return reversal_concerns(v, e->control) &&
	       (want->node.kind != NODE_ABSENT || edit_is_content(e));
}

static int take_values(struct reversal *v, const struct change *was, const struct image *want,
		       struct change *planned, struct error *err)
{
	const struct edits *edits = &was->edits;
	struct image *now = &planned->images[0], *target = &planned->images[1];
	int r = 0;

	for (size_t i = 0; i < edits->count && r >= 0; i++)
		if (is_taken(v, &edits->items[i], want))
			r = take_value(v, was, planned, &edits->items[i], want, err);
	for (size_t i = 0; i < edits->count && r >= 0; i++)
		if (is_taken(v, &edits->items[i], want))
			r = image_drop_empty(now, want, edits->items[i].subject, target, err);
	return r;
}

int revert_recorded(struct reversal *v, const struct change *was, struct change *planned,
		    struct error *err)
{
	struct image *now = &planned->images[0], *target = &planned->images[1];
	enum node_kind is = now->node.kind;
	CLEANUP(image_clear) struct image want = {0};
	int r;

	edits_clear(&planned->edits); /* told from what is there now */
	image_copy(&want, target);
	image_copy(target, now);
	/* gone, or another thing: all of it is theirs, but for our values in a file that was none of theirs */
	if (is != want.node.kind && !(is == NODE_FILE && want.node.kind == NODE_ABSENT))
		return 0;
	r = take_values(v, was, &want, planned, err);
	if (r >= 0 && want.node.kind == NODE_ABSENT && planned->edits.count &&
	    image_is_blank(target))
		image_clear(target);
	return r;
}
