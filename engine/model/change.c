#include "engine/model/change.h"

#include <stdlib.h>

#include "engine/base/alloc.h"

void image_clear(struct image *image)
{
	if (!image)
		return;
	node_clear(&image->node);
	buf_clear(&image->content);
	*image = (struct image){0};
}

void image_copy(struct image *to, const struct image *from)
{
	if (to == from)
		return;
	image_clear(to);
	node_copy(&to->node, &from->node);
	if (from->has_content)
		buf_copy(&to->content, &from->content);
	to->has_content = from->has_content;
}

/* Whether both images have their bytes, or their digest or target, and these differ. */
static bool content_differs(const struct image *a, const struct image *b)
{
	if (a->has_content && b->has_content && !buf_equal(&a->content, &b->content))
		return true;
	return a->node.data && b->node.data && strcmp_null(a->node.data, b->node.data) != 0;
}

bool image_equal(const struct image *a, const struct image *b)
{
	return node_equal(&a->node, &b->node) && !content_differs(a, b);
}

/* All pairs: an image without content says nothing about the two beside it. */
bool change_passes(const struct change *change)
{
	return change->edits.count == 0 && change->nimages > 1 &&
	       image_equal(&change->images[0], &change->images[change->nimages - 1]);
}

bool change_replaces(const struct change *change)
{
	for (size_t i = 0; i < change->nimages; i++) {
		const struct image *a = &change->images[i];

		for (size_t k = i + 1; k < change->nimages; k++) {
			const struct image *b = &change->images[k];

			if (a->node.kind != b->node.kind || content_differs(a, b))
				return true;
		}
	}
	return false;
}

void change_clear(struct change *change)
{
	if (!change)
		return;
	free(change->path);
	edits_clear(&change->edits);
	for (size_t i = 0; i < change->nimages; i++)
		image_clear(&change->images[i]);
	free(change->images);
	*change = (struct change){0};
}
