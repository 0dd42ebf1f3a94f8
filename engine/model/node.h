#pragma once

/*
 * What is known about one path. Two equal nodes mean no drift. A node owns its strings and
 * attributes; a zeroed node is a valid one (kind ABSENT), node_clear() releases and zeroes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "engine/base/enum-table.h"

enum node_kind {
	NODE_ABSENT,
	NODE_FILE,
	NODE_DIR,
	NODE_SYMLINK,
	NODE_SOCKET,
	NODE_OTHER, /* a device or a pipe */
	NODE_UNKNOWN, /* could not be looked at; `error` says why */
	NODE_KIND_COUNT,
};

ENUM_TABLE_DECLARE(node_kind, enum node_kind);

/* For people, with its article: "a file", "a symbolic link", "a device or a pipe", "nothing". */
const char *node_kind_phrase(enum node_kind kind);

struct node;
/* "a symbolic link to '/x'", else as node_kind_phrase(); the caller frees it. */
char *node_describe(const struct node *n);

enum node_flags {
	NODE_IMMUTABLE = 1 << 0, /* chattr +i */
	NODE_APPEND_ONLY = 1 << 1, /* chattr +a */
};

struct xattr {
	char *name;
	unsigned char *value;
	size_t len;
};

struct node {
	enum node_kind kind;
	int error; /* UNKNOWN: negative errno */
	mode_t mode; /* permission bits only: 07777 */
	uid_t uid;
	gid_t gid;
	char *acl; /* access ACL, canonical text (engine/host/read/acl-text.h); NULL: the mode says it all */
	char *default_acl; /* of a directory; NULL: none */
	struct xattr *xattrs; /* sorted by name, without the ACLs */
	size_t nxattrs;
	unsigned flags; /* enum node_flags */
	char *data; /* FILE: SHA-256 of the content in hex, or NULL when nobody asked; SYMLINK: target */

	/* Identity, not part of equality */
	struct timespec mtime;
	dev_t dev;
	ino_t ino;
	nlink_t nlink;
	off_t size;
	ino_t was_ino; /* of a directory, as a journal has it: 0 in what was looked at */
};

void node_clear(struct node *n);
void node_copy(struct node *to, const struct node *from);

/*
 * Same kind (and, where UNKNOWN, same error), mode, owner, group, ACLs, xattrs, flags and data;
 * data counts only where both have it.
 */
bool node_equal(const struct node *a, const struct node *b);

/* In what two nodes differ ("mode, owner"; "" when they are equal); the caller frees it. */
char *node_difference(const struct node *a, const struct node *b);

/*
 * The aspects in which `n` is like none of the `known` nodes ("mode, owner"), "" when each of
 * its aspects is that of one of them: then it is a node on its way from one to another, for
 * instance with its new owner and its old mode, or without the setuid bits, the capability and the
 * flags that are gone for the time of a change. The caller frees it.
 */
char *node_foreign_aspects(const struct node *n, const struct node *const *known, size_t count);

/* Whether there are such aspects, and all of them are about who may do what with it. */
bool node_foreign_rights(const struct node *n, const struct node *const *known, size_t count);
