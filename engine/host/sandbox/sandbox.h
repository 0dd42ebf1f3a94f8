#pragma once

/*
 * What keeps this process from changing anything while it looks, whatever a parser can be talked
 * into: walls of the kernel's own, set up once, before the first byte that others wrote is read,
 * and never taken down again.
 *
 *     mounts     a mount namespace of our own in which every mount is read-only (as root)
 *     Landlock   no right to write, make, remove or run a file (as an ordinary user)
 *     seccomp    a list of the system calls that looking needs; writing, running and signalling are
 *                stopped and told, all others fail as on a kernel that lacks them: libraries probe
 *
 * Descriptors that were open before keep their rights. What the kernel or a container refuses is
 * told and done without: each wall stands alone. What none of them sees are requests to a daemon
 * that does the writing: the Engine API, D-Bus, the kernel's audit socket.
 */

#include "engine/base/strv.h"

enum sandbox_wall {
	SANDBOX_MOUNTS = 1 << 0,
	SANDBOX_LANDLOCK = 1 << 1,
	SANDBOX_CALLS = 1 << 2,
	SANDBOX_COUNTS =
		1 << 3, /* no wall: it has the last one let through what --observe counts by */
};

/*
 * The walls that suit who we are. Landlock is not for root: it also closes /proc/PID/exe and its
 * like of other processes, which controls need.
 */
unsigned sandbox_walls(void);

/* Sets up these walls. Returns those that stand; `lacks` gets a line for each that does not. */
unsigned sandbox_enter(unsigned walls, struct strv *lacks);

/* A mount namespace of our own in which every mount is read-only; 0 or negative errno. */
int sandbox_read_only_mounts(void);

/* "mount namespace, seccomp", or "none"; the caller frees it. */
char *sandbox_text(unsigned walls);

/*
 * The name of the first breach that seccomp stopped, or NULL; the caller frees it. The call
 * itself failed with EPERM, which its caller may have taken for an answer about the host: so
 * nothing that was found since can be relied on.
 */
char *sandbox_stopped(void);
