#pragma once

/*
 * What the files of the stages share: compose-stages.c draws them, compose-borrow.c those of a plan
 * that has live-restore for the time of its restart alone.
 */

#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "engine/plan/compose.h"

#define LIVE_RESTORE "live-restore"
#define RELOAD HANDLER_BIT(HANDLER_DOCKER_RELOAD)

/* One boundary between stages: how the config file looks there, and how everything else does. */
struct boundary {
	struct image config;
	bool rest_done; /* the other files are as they shall be */
	unsigned handlers; /* of the stage that ends here */
	enum stage_borrow borrow; /* ... and what its reload is for */
};

struct composer {
	struct plan *plan;
	struct effects effects; /* as the stages carry them */
	struct change *config; /* the daemon's config file; NULL: the plan leaves it alone */
	unsigned handlers;
	bool live_at_restart; /* live-restore is in force then: containers run on */
	bool live_after;
	bool live_by_reload; /* ... and a reload changes it */
	struct boundary *boundaries;
	size_t nboundaries;
};

/* Adds one; its image of the config file may be changed until the next is added. */
struct image *compose_boundary(struct composer *c, const struct image *config, bool rest_done,
			       unsigned handlers);

/* Sets a key of the config file in one of its images. */
int compose_set_key(struct composer *c, struct image *image, const char *key, const char *value,
		    struct error *err);

/* live-restore on by reload, everything else by restart, live-restore off by reload; the file's own end. */
int compose_borrowed(struct composer *c, struct error *err);

/*
 * Whether a change is there for the file's time alone: its directory, which is missing before and after.
 * Then its image of a boundary in the middle.
 */
bool compose_is_lent_directory(const struct composer *c, const struct change *change);
int compose_lend_directory(struct change *change, struct error *err);
