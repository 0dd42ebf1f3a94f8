#pragma once

/*
 * Images that follow a step somebody else made: what is ours and what is theirs, subject by
 * subject. A step is one edit, or what lies between two images of a path.
 */

#include "engine/base/strv.h"
#include "engine/plan/image.h"

/* Applies an edit to an image that may be another than the one it was made for: never -ESTALE. */
int image_follow_edit(struct image *image, const struct edit *edit, struct error *err);

struct image_conflict {
	struct subject subject; /* "exists": the path as a whole */
	char *before, *applied, *now;
};

struct follow {
	const struct subjects *subjects; /* of content, that harden knows in this path */
	const struct subjects
		*ours_first; /* subjects of which ours is taken where both changed it */
	struct image_conflict *conflicts; /* both changed it; whichever was taken */
	size_t nconflicts;
};

void follow_clear(struct follow *f);

/*
 * Takes `ours` along the step that others made from `base` to `other`: their bytes, with what
 * differs between base and ours carried over.
 */
int image_follow(const struct image *base, const struct image *other, struct image *ours,
		 struct follow *f, struct error *err);

/*
 * An object, or a section of a unit file, that was made to hold our key, and holds nothing any more,
 * goes with it: `base` has it, `ours` has not, and in `result` it is empty.
 */
int image_drop_empty(const struct image *base, const struct image *ours, struct subject subject,
		     struct image *result, struct error *err);

/* Nothing but white space, headings, or an empty JSON object: what is left of a file we made. */
bool image_is_blank(const struct image *image);
