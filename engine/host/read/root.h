#pragma once

/*
 * The root of the host (/, or --root DIR) and the one way to a path below it: component by
 * component on descriptors. A link on the way is followed only where it and the directory that
 * holds it belong to root and nobody else can write that directory; any other is refused by name
 * (-ELOOP). With an offline root absolute links stay inside of it. Host, read side.
 *
 * Open the root after a private mount namespace was made: descriptors keep the mounts of the
 * namespace that they were opened in.
 */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/macros.h"

struct root {
	int fd; /* O_PATH */
	bool offline; /* not the running system */
	char *path; /* as given, for messages */
};

int root_open(struct root *r, const char *path, struct error *err);
void root_close(struct root *r);

/*
 * Where a path led to. `fd` is an O_PATH descriptor of the thing, -1 when it is not there;
 * `parent` one of its directory, -1 when that is missing too. `path` is canonical, `name` its last
 * component (pointing into it). A walk that fails leaves nothing open. The root itself has the
 * path "/", an empty name and no parent.
 */
struct walk {
	char *path;
	const char *name;
	int parent;
	int fd;
};

#define WALK_INIT                                                                                  \
	{                                                                                          \
		.parent = -1, .fd = -1                                                             \
	}

/*
 * `path` is absolute, without ".", ".." or empty components (-EINVAL) and with none above
 * NAME_MAX (-ENAMETOOLONG); slashes at its end do not count. -ENOTDIR: something on the way is
 * no directory. -ELOOP: a link that is not to be trusted; -EMLINK: too many.
 *
 * The owner of a trusted link and directory is root; for an ordinary user, who harms only himself,
 * his own count too.
 */
int root_walk(const struct root *r, const char *path, struct walk *ret, struct error *err);

/* As root_walk(), but a link at the end is not followed: the walk is at the link itself. */
int root_walk_nofollow(const struct root *r, const char *path, struct walk *ret, struct error *err);

/* As root_walk() for those who only look: `parent` stays -1, which saves a call. */
int root_look(const struct root *r, const char *path, struct walk *ret, struct error *err);
void walk_clear(struct walk *w);

/*
 * For tests: walks step by step even where openat2() would do it in one call, as on a kernel
 * before 5.6 or under a seccomp filter that does not know it. Returns what was set before.
 */
bool root_force_steps(bool force);

void close_fd(int *fd); /* for CLEANUP(close_fd); keeps errno */
