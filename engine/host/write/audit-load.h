#pragma once

/* Putting single watches into the kernel's list and taking them out. Host, write side. */

#include <stdbool.h>

#include "engine/base/error.h"

/* A rule about the accesses to one path, or to all below it. Owns nothing. */
struct audit_watch {
	const char *path;
	bool tree; /* path is a directory, and all below it counts */
	bool never; /* do not log */
	unsigned perms; /* AUDIT_PERM_* bits of linux/audit.h, as in format/audit-rule.h */
	const char *key; /* NULL: none */
	const char *arch; /* "b64", "b32": of that architecture's calls alone; NULL: of all */
	const char
		*connects; /* "b64", "b32": connect(2) calls to the socket, not accesses; or NULL */
};

/* That it is there already is fine. -EPERM with the reason when the rules are locked. */
int audit_add(const struct audit_watch *watch, struct error *err);

/*
 * Takes out every kernel rule that is this watch (same path, kind, permissions, action and key; where it
 * names no architecture, with or without an arch field); that there is none is fine. Narrowed rules are other rules.
 */
int audit_delete(const struct audit_watch *watch, struct error *err);
