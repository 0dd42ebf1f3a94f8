#pragma once

/*
 * How often something is written in a tree, or to one file, as the kernel tells by inotify(7): what an audit rule with
 * perm=w or perm=a on it would record, or somewhat more. Counted are: a file closed that was open for writing;
 * a name made, removed or renamed; attributes changed. A new file counts twice (made, closed), which audit records
 * once. A struct write_count starts as WRITE_COUNT_INIT and is released by write_count_close(). Host, read side.
 *
 * The kernel watches directory by directory. Those that come later are looked for when their directory says so, and
 * what is in them then counts as made. Nothing is remembered of them but how many there are: memory does not grow with
 * the events.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/host/read/root.h"

/* Each costs the kernel about 1 KB: 16 MB at most, for a tree that wants more no figure is worth it. */
#define WRITE_COUNT_DIRECTORIES 16384

struct write_count {
	int fd; /* readable where something came; -1: closed */
	uint64_t counted;

	const struct root *root; /* borrowed */
	char *path; /* the directory that is watched */
	char *name; /* the one name in it that counts; NULL: all, and the tree below */
	struct strv exclude; /* directories that are left out, with what is below them */
	int first, newest; /* the lowest and the highest number that the kernel gave a watch */
	int directories,
		most; /* that are watched, and that may be: whoever shares with others sets it */
	bool begun, stale; /* stale: there are new directories */
	double due_ms; /* by clock_ms(): not before are they looked for */
	uint32_t renamed; /* the cookie of the last name that was renamed, which comes twice */
};

#define WRITE_COUNT_INIT                                                                           \
	{                                                                                          \
		.fd = -1, .most = WRITE_COUNT_DIRECTORIES                                          \
	}

/*
 * Begin; `exclude` (may be NULL) is copied. -ENOENT: the directory is not there; -ENOSPC, -EMFILE: the kernel watches
 * no more for us; -E2BIG: the tree has more directories than `most`. What was watched until then
 * stays so until write_count_close().
 */
int write_count_tree(struct write_count *c, const struct root *root, const char *path,
		     const struct strv *exclude, struct error *err);
int write_count_file(struct write_count *c, const struct root *root, const char *path,
		     struct error *err);
void write_count_close(struct write_count *c);

/* Takes what came, and looks for new directories; -EOVERFLOW: more than the kernel kept; -E2BIG, -ENOSPC as above. */
int write_count_take(struct write_count *c, struct error *err);
