/* What a transaction changed, against what is there now. */

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/image.h"
#include "rollback/compared.h"

static bool reads_content(const struct change *change)
{
	bool reads = false;

	for (size_t i = 0; i < change->edits.count; i++)
		reads |= edit_is_content(&change->edits.items[i]);
	for (size_t i = 0; i < change->nimages; i++)
		reads |= change->images[i].has_content;
	return reads;
}

static void look(const struct change *change, const struct root *root, struct compared_image *ret)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(error_clear) struct error err = {0};
	int r = root_walk_nofollow(root, change->path, &walk, &err);

	if (r >= 0)
		r = image_observe(&walk, reads_content(change), &ret->image, &err);
	if (r >= 0 && ret->image.node.kind == NODE_UNKNOWN)
		r = error_errno_at(&err, ret->image.node.error, change->path, "cannot look at '%s'",
				   change->path);
	if (r < 0)
		ret->why = xstrdup(error_text(&err));
}

/* Likewise where the journal has no image of the path. */
static void recall(const struct change *change, size_t at, struct compared_image *ret)
{
	if (at < change->nimages)
		image_copy(&ret->image, &change->images[at]);
	else
		ret->why = xstrdup("it is not recorded");
}

void compare_with_now(const struct transaction_summary *t, const struct root *root,
		      struct comparison *ret)
{
	ret->places = COMPARED_PLACES;
	ret->put_back = t->state == TRANSACTION_ROLLED_BACK || t->state == TRANSACTION_UNDOING ||
			t->state == TRANSACTION_STUCK;
	for (size_t i = 0; i < t->plan.nchanges; i++) {
		const struct change *change = &t->plan.changes[i];
		struct compared_image images[COMPARED_PLACES] = {0};

		recall(change, 0, &images[0]);
		recall(change, change->nimages ? change->nimages - 1 : 0, &images[1]);
		look(change, root, &images[2]);
		compare_path(ret, change->path, &change->edits, images);
		for (size_t k = 0; k < COMPARED_PLACES; k++)
			compared_image_clear(&images[k]);
	}
}
