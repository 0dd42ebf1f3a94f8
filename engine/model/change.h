#pragma once

/*
 * A path with its edits and its images; the unit of execution for files. There is one image
 * for each boundary between the stages of a plan: images[0] is the host as it is, the last is
 * the host as it shall be, and neighbours may be equal. The engine observes images[0] itself,
 * so a module cannot lie about it; the others follow from the edits.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/model/edit.h"
#include "engine/model/node.h"

struct image {
	struct node node;
	struct buf content; /* the bytes of a FILE, when has_content */
	bool has_content;
};

struct change {
	char *path; /* canonical: no link on the way, inside the root */
	struct edits edits;
	struct image *images;
	size_t nimages;
};

void image_clear(struct image *image);
void image_copy(struct image *to, const struct image *from);

/* Same node and, where both have it, same content. */
bool image_equal(const struct image *a, const struct image *b);

/* Whether it ends as it began, and no edit says otherwise: it is there for a stage in the middle. */
bool change_passes(const struct change *change);

/* Whether any two images differ in content or kind: then the file is exchanged, not touched. */
bool change_replaces(const struct change *change);

void change_clear(struct change *change);
