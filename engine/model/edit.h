#pragma once

/*
 * What one control wants of one path: a key, an attribute, a line. An edit is data that can
 * be turned round (swap before and after), and all edits of a path together give its images.
 *
 * Subjects: "exists" (value "dir": a folder is made), "mode" (four octal digits), "owner",
 * "group" (numbers), "acl" and "default-acl" (canonical text), "link" (the target of a symbolic
 * link at the path itself, not of what is behind it), or SCHEME:KEY for content, where SCHEME
 * names one of engine/format's formats ("json:/icc", "unit:Service/ExecStart", ...).
 * before or after is NULL where the key, line, ACL or link is not there.
 */

#include <stdbool.h>
#include <stddef.h>

struct edit {
	char *control; /* id of the control that wants it */
	char *path; /* absolute; the planner resolves it to the canonical path */
	char *subject;
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
		       const char *subject, const char *before, const char *after);
void edit_copy(struct edit *to, const struct edit *from);
void edit_invert(struct edit *edit);
void edit_clear(struct edit *edit);
void edits_clear(struct edits *edits);

/* The same by the subject alone. */
bool subject_is_content(const char *subject);

/* Whether the subject is about a link itself: its path is not followed to the end. */
bool subject_is_link(const char *subject);

/* Whether the subject is about content ("json:/icc"), not about an attribute ("mode"). */
bool edit_is_content(const struct edit *edit);
