#pragma once

/*
 * All containers of the daemon, or that they are not known, and why. A list that nobody has
 * filled is not known: what was never looked at is no empty list. Readers go through
 * containers_get(), which makes them say what they do without it.
 */

#include "engine/model/container.h"

struct container_list {
	bool known;
	char *why; /* for people; NULL while known, or where nobody has said */
	/* For who gathers. Of a list that is not known: what the disk tells of them. */
	struct container *seen;
	size_t nseen;
	bool processes_told; /* likewise, by their shims: who of them has a process, and that no other has */
};

/* A look at a list; good until one is added. */
struct containers {
	const struct container *items;
	size_t count;
};

/* Whether they are known; only then *ret is set. */
bool containers_get(const struct container_list *l, struct containers *ret)
	__attribute__((warn_unused_result));

/* Why they are not known; of a list that is known NULL. */
const char *containers_why(const struct container_list *l);

/* Of a list that is not known, those that the disk tells of: for their names, never for a number. */
struct containers containers_on_disk(const struct container_list *l);

/* How many run. False where that is not known: of the list, or of one that dockerd told nothing of. */
bool containers_running(const struct container_list *l, size_t *ret)
	__attribute__((warn_unused_result));

/* By its name, its id, or the beginning of that as people give it; NULL: there is none. */
const struct container *containers_find(const struct containers *all, const char *name);

/*
 * Whose network namespace it has: with --network container:X that of X, or whose X has. Itself where it has its
 * own, where X is not known, and where X was started later: what it has is that of an earlier run then.
 */
const struct container *containers_network_owner(const struct containers *all,
						 const struct container *c);

void containers_known(struct container_list *l); /* those that were added are all */
void containers_unknown(struct container_list *l, const char *why);
void container_list_clear(struct container_list *l);
struct container *container_list_add(struct container_list *l);
