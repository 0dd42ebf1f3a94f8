#pragma once

/*
 * A temporary root of a host, made from a case's before/ (contents) and before.tree (everything
 * that git does not keep). Files and directories are root's with 0644 and 0755 unless before.tree
 * says otherwise, all of one age that is long past, so that any touch shows in a time.
 */

#include "engine/base/error.h"
#include "engine/host/read/root.h"
#include "tests/cases/snapshot.h"

struct sandbox {
	char *path;
	struct root root;
};

#define SANDBOX_INIT                                                                               \
	{                                                                                          \
		.root = {.fd = -1 }                                                                \
	}

/* -EOPNOTSUPP when the file system lacks something that the case is about. */
int sandbox_make(struct sandbox *s, const char *case_directory, struct error *err);
void sandbox_remove(struct sandbox *s);

/* The path on the real host; the caller frees it. */
char *sandbox_file(const struct sandbox *s, const char *path);

/* Exactly these of FS_IMMUTABLE_FL and FS_APPEND_FL, by the path on the real host. */
int set_flags(const char *file, unsigned flags);

/* The entries of a tree file; one that is not there has none. */
int tree_read(const char *file, struct snapshot *ret, struct error *err);
