#pragma once

/*
 * Images from edits: what a path looks like after an edit, and what value an image has for an
 * edit's subject. Pure data; the same functions serve the planner's overlay, the images of a
 * plan and a three-way rollback.
 */

#include "engine/host/read/root.h"
#include "engine/model/change.h"

/* The host's image at a walk's end, with its content when `with_content` and it is a file. */
int image_observe(const struct walk *walk, bool with_content, struct image *ret, struct error *err);

/* Applies one edit (attribute or content). A content edit makes an absent file. */
int image_apply_edit(struct image *image, const struct edit *edit, struct error *err);

/* The value for an edit's subject (NULL: not there); the caller frees it. */
int image_value(const struct image *image, struct subject subject, char **ret_value,
		struct error *err);

/* Whether two values of a subject mean the same. */
bool image_value_same(struct subject subject, const char *a, const char *b);

/* Sets a file's content and its digest; where that is another one, the time is that of writing it. */
void image_set_content(struct image *image, const void *bytes, size_t n);
