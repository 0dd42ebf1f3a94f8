#pragma once

/*
 * Whether this process stands in the network, among the processes and before the files of the
 * host, which are PID 1's: `ip netns exec` and unshare(1) leave a shell that looks like the host's
 * and is not. Host, read side.
 */

/* Why it is elsewhere, for people; NULL: it is not, or nobody can tell. */
struct elsewhere {
	char *network, *processes, *files;
};

void elsewhere_clear(struct elsewhere *e);

/* By the procfs mounted at `proc`, and by who listens at the socket `bus`. */
void elsewhere_look(const char *proc, const char *bus, struct elsewhere *ret);

/*
 * Of this process, looked at once: the first call comes before a sandbox that hides PID 1. It is
 * the process's own.
 */
const struct elsewhere *elsewhere(void);
