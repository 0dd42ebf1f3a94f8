#pragma once

/*
 * What one control wants of one path: a key, an attribute, a line. An edit is data that can
 * be turned round (swap before and after), and all edits of a path together give its images.
 *
 * before or after is NULL where the key, line, ACL or link is not there.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/model/subject.h"

struct edit {
	char *control; /* id of the control that wants it */
	char *path; /* absolute; the planner resolves it to the canonical path */
	struct subject subject;
	char *before;
	char *after;
	char *item; /* in a delta: the path that it stands or falls with; NULL: its own */
	bool sensitive; /* show digests in place of the values */
};

struct edits {
	struct edit *items;
	size_t count;
};

/* Copies what it is given; control and path may be NULL. The pointer is good until the next add. */
struct edit *edits_add(struct edits *edits, const char *control, const char *path,
		       struct subject subject, const char *before, const char *after);

/* Those on a subject: the first, and the last, which has what is left of it; NULL: none. */
const struct edit *edits_first_on(const struct edits *edits, struct subject subject);
const struct edit *edits_last_on(const struct edits *edits, struct subject subject);

/* Whether the control has one on the subject. */
bool edits_have(const struct edits *edits, const char *control, struct subject subject);

void edit_copy(struct edit *to, const struct edit *from);
void edit_clear(struct edit *edit);
void edits_clear(struct edits *edits);

/* Whether its subject is about content. */
bool edit_is_content(const struct edit *edit);
