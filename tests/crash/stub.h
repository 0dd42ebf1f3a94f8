#pragma once

/*
 * A world of systemd, dockerd and a kernel that fits into one small file outside the host's
 * directory: each change of it is one write, so that a kill leaves it in one state or the other.
 * The effector on it does what the live one does: it makes the daemons read their files, sets
 * what shall be set, and confirms what is in force, by the world itself and by the Engine API.
 *
 * Its dockerd takes up all keys at a start, and at a reload only those that its file names; a
 * start without live-restore, in the dockerd that ends or in the file of the one that begins, stops
 * the containers, so that one restart too many shows (J3).
 */

#include <stdbool.h>

#include "engine/effect/effector.h"
#include "engine/host/read/root.h"

#define STUB_CONFIG "/etc/docker/daemon.json"
#define STUB_UNIT "/etc/systemd/system/docker.service.d/90-harden.conf"
#define STUB_NSYSCTLS 2
#define STUB_NRULES 2
#define STUB_NUNITS 2

struct world {
	bool live, nnp, debug; /* of the running dockerd; nnp: no-new-privileges */
	bool unit; /* systemd knows the drop-in */
	int sysctls[STUB_NSYSCTLS]; /* "sysctl:0", ... */
	bool rules[STUB_NRULES]; /* "rule:0", ... */
	bool units[STUB_NUNITS]; /* "state:0", ... that run */
	bool chain; /* "chain:0" of the packet filter */
	bool down; /* it ended for a restart, and has not come back */
	unsigned
		timers; /* of systemd's that are to run recover, a bit each; not what is in force */
	int stops; /* how often all containers were stopped */
};

struct stub {
	struct effector base;
	const struct root *root;
	const char *world; /* the file */
	const char *socket; /* where a dockerd of this world answers (daemon.h), or NULL */
	bool no_timers; /* it says that it made one, and did not */
	int unhealthy; /* the first n looks at the health fail */
	bool breaks; /* what runs cannot do with no-new-privileges where the kernel forwards */
	bool refuses; /* dockerd says that it would not start with no-new-privileges */
};

extern const struct effector_ops stub_ops;

/* Whether dockerd is down, and its next start would not find live-restore: that stops containers. */
bool stub_is_deadly(const struct stub *s);

int world_read(const char *path, struct world *ret);
int world_write(const char *path, const struct world *w);
bool world_equal(const struct world *a, const struct world *b);
