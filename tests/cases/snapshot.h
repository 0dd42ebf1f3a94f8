#pragma once

/*
 * A whole directory in memory: every path with what it is, who may do what with it, its bytes and
 * its times. Taken by means of its own (no code of the engine), and without leaving a trace in
 * the times of what it reads. What belongs to harden itself (/var/lib/harden) is left out.
 *
 * A path's line is also the form of before.tree and after.tree, one a line:
 *
 *     KIND MODE UID GID PATH [NAME=VALUE]...
 *
 * KIND is file, dir, link, hardlink, socket or fifo; names are target (of a link, or the path of
 * which a hardlink is another name), acl and default-acl (long text with numbers, acl(5)), flags
 * (i: immutable, a: append-only) and extended attributes (hex behind 0x). Blanks in paths are
 * written \040. In after.tree "gone PATH" is a path that is no more. '#' begins a comment.
 */

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"

enum entry_kind {
	ENTRY_FILE,
	ENTRY_DIR,
	ENTRY_LINK,
	ENTRY_HARDLINK,
	ENTRY_SOCKET,
	ENTRY_FIFO,
	ENTRY_GONE,
	ENTRY_KIND_COUNT,
};

struct entry {
	enum entry_kind kind;
	char *path;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	char *target;
	char *acl, *default_acl;
	struct strv xattrs; /* NAME=0xHEX */
	unsigned flags; /* FS_IMMUTABLE_FL, FS_APPEND_FL */
	struct buf content;
	struct timespec atime, mtime, ctime;
	dev_t dev;
	ino_t ino;
};

struct snapshot {
	struct entry *items; /* sorted by path */
	size_t count;
};

int snapshot_take(struct snapshot *ret, const char *root, struct error *err);
void snapshot_copy(struct snapshot *to, const struct snapshot *from);
void snapshot_clear(struct snapshot *s);
struct entry *snapshot_find(const struct snapshot *s, const char *path);

/* The entry of that path, a new one (of kind GONE) when there was none; the order is kept. */
struct entry *snapshot_put(struct snapshot *s, const char *path);
void snapshot_remove(struct snapshot *s, const char *path);

/* What is compared beside the lines and the bytes. */
enum compare {
	COMPARE_STATE, /* nothing */
	COMPARE_FILE_TIMES, /* when files were written */
	COMPARE_TRACES, /* all times and inodes */
};

/* Appends a line for each difference; true when there is none. */
bool snapshot_compare(const struct snapshot *want, const struct snapshot *have, enum compare how,
		      struct strv *ret_differences);

/* The caller frees it. */
char *entry_line(const struct entry *e);
/* Replaces all but the path's bytes and times. */
int entry_parse(struct entry *ret, const char *line, struct error *err);
void entry_clear(struct entry *e);
