#pragma once

/*
 * The text of /proc/PID/mountinfo (proc(5)), and where a path really is: a file system and the
 * path in it. Two names with the same spot are the same thing, whatever mounts, binds and
 * volumes lie between them. A zeroed table is a valid empty one.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/strv.h"

struct mount_entry {
	long id, parent; /* the mount that its point is in */
	unsigned major, minor; /* of the file system */
	char *root; /* the path in it that is mounted */
	char *point; /* where */
	char *options, *super_options; /* of the mount, of the file system; with commas between */
	char *type;
	bool shared; /* what is mounted below it appears elsewhere too */
};

struct mount_table {
	struct mount_entry *items; /* in the kernel's order, those included that others hide */
	size_t count;
};

/* Lines that cannot be understood are left out. */
void mount_table_parse(struct mount_table *ret, const char *text);
void mount_table_clear(struct mount_table *t);

/* A field of a line of mountinfo or fstab(5): "\040" is a blank. The caller frees it. */
char *mount_unescape(const char *field);

/* The mount that is seen at exactly that point, so the topmost one; NULL: none. */
const struct mount_entry *mount_at(const struct mount_table *t, const char *point);

/* The mount that a canonical path is in; NULL only of a table without a root. */
const struct mount_entry *mount_of(const struct mount_table *t, const char *path);

/* Whether an option is among them: mount_has_option(e->options, "ro"). */
bool mount_has_option(const char *options, const char *option);

/* Nothing can be written through it. */
bool mount_is_read_only(const struct mount_entry *e);

struct mount_spot {
	unsigned major, minor;
	char *path; /* in the file system; NULL: nowhere */
};

void mount_spot_clear(struct mount_spot *s);

/* Of a canonical path; false when the table has no place for it. */
bool mount_find(const struct mount_table *t, const char *path, struct mount_spot *ret);

bool mount_same(const struct mount_spot *a, const struct mount_spot *b);

/* Whether `inner` is strictly below `outer`, in the same file system. */
bool mount_below(const struct mount_spot *inner, const struct mount_spot *outer);

/*
 * A path that leads to the spot by this table, by the mount that shows most of the file system;
 * NULL: none does. The caller frees it.
 */
char *mount_path_to(const struct mount_table *t, const struct mount_spot *spot);

/*
 * The directories that an overlay was made from, by its super_options: the lower ones from the
 * lowest up, appended, and the upper one (NULL: read-only), which the caller frees. False, with
 * nothing given, where it is not an overlay, or its names are not absolute.
 */
bool mount_overlay_layers(const struct mount_entry *e, struct strv *ret_lower, char **ret_upper);

/* What of a path in the file system is behind the root of the mount; NULL where it is not seen through it. */
const char *mount_behind_root(const struct mount_entry *e, const char *path);

/*
 * Where a cgroup controller (of version 2: any) is mounted so that the group `path`, if one is
 * given, is seen; NULL: nowhere. There may be more than one such place, a chroot's or a
 * container's: the widest counts, and of those the first, which is the host's own.
 */
const struct mount_entry *mount_of_controller(const struct mount_table *t, const char *controller,
					      int version, const char *path);
