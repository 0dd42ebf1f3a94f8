#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/plan/compose-impl.h"
#include "engine/plan/image.h"

static bool says(const struct image *image, const char *value)
{
	CLEANUP(freep) char *is = NULL;

	return image_value(image, subject_of(SCHEME_JSON, "/" LIVE_RESTORE), &is, NULL) >= 0 &&
	       strcmp_null(is, value) == 0;
}

static int add(struct composer *c, const struct image *end, const char *live, bool rest_done,
	       unsigned handlers, struct error *err)
{
	return compose_set_key(c, compose_boundary(c, end, rest_done, handlers), LIVE_RESTORE, live,
			       err);
}

/* What the stage that was added last has its reload for. */
static void mark(struct composer *c, enum stage_borrow borrow)
{
	c->boundaries[c->nboundaries - 1].borrow = borrow;
}

/*
 * Back to what the file says in the end. A reload keeps what is not in the file, so `false` is spelt
 * out for it; where the file itself has live-restore, the restart has brought it to stay.
 */
static int add_return(struct composer *c, const struct image *after, struct error *err)
{
	int r;

	if (says(after, "true"))
		return 0;
	r = add(c, after, "false", true, RELOAD, err);
	mark(c, BORROW_RETURN);
	if (r >= 0 && !says(after, "false"))
		compose_boundary(c, after, true, 0);
	return r;
}

int compose_borrowed(struct composer *c, struct error *err)
{
	const struct image *before = &c->config->images[0], *after = &c->config->images[1];
	int r = 0;

	/* of the way back: it ends by a reload, too */
	if (!says(before, "false"))
		r = add(c, before, "false", false, 0, err);
	if (r < 0)
		return r;
	r = add(c, before, "true", false, RELOAD, err);
	mark(c, BORROW_TAKE);
	if (r >= 0)
		r = add(c, after, "true", true, c->handlers, err);
	return r < 0 ? r : add_return(c, after, err);
}

bool compose_is_lent_directory(const struct composer *c, const struct change *change)
{
	return c->plan->borrows && c->config && change->edits.count == 0 &&
	       change->images[0].node.kind == NODE_ABSENT &&
	       change->images[1].node.kind == NODE_ABSENT &&
	       path_is_below(c->config->path, change->path);
}

/* Of the boundaries but the first and the last: the ends stay. */
int compose_lend_directory(struct change *change, struct error *err)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	const struct edit *e =
		edits_add(&edits, NULL, change->path, subject_path(SCHEME_EXISTS), NULL, "dir");
	int r = 0;

	for (size_t k = 1; k + 1 < change->nimages && r >= 0; k++)
		r = image_apply_edit(&change->images[k], e, err);
	return r;
}
