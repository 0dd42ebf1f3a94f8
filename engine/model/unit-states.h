#pragma once

/*
 * Which units systemd has running, by name: all but devices. A unit that is not listed is down.
 * Plain data.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/map.h"
#include "engine/base/strv.h"

/*
 * The directories of unit files of the system, the strongest first, without generators'; ends with
 * NULL.
 */
extern const char *const unit_directories[];

struct unit_state {
	char *name;
	char *active; /* ActiveState: "active", "failed", ... */
	/* units that run and go down with it, by whatever way, the nearest first */
	struct strv dependents;
	struct strv conflicts; /* units whose start stops it */
};

struct unit_states {
	char *not_measured; /* why systemd was not asked; NULL: it was */
	struct unit_state *items;
	size_t count;
	struct map places; /* of a name among the items, from 1; unit_states_put()'s */
};

/* Sets or replaces; the pointer is good until the next put. */
struct unit_state *unit_states_put(struct unit_states *s, const char *name, const char *active);
const struct unit_state *unit_states_find(const struct unit_states *s, const char *name);

/*
 * Appends the units that run and go down with this one, and with those again; nothing where it does not
 * run itself.
 */
void unit_states_along(const struct unit_states *s, const char *name, struct strv *ret);
void unit_states_clear(struct unit_states *s);

/*
 * What systemd's words make of a service. Between the two it may have read its files already, and be asked
 * nothing yet, or any more: what it has in force is not known.
 */
enum unit_phase {
	UNIT_DOWN, /* no process, or none before the next try of several */
	UNIT_BETWEEN,
	UNIT_SERVES,
};

/* By ActiveState and SubState (NULL: not known), and whether it has a main process. */
enum unit_phase unit_phase(const char *active, const char *sub, bool has_process);

/* Whether a service with this ActiveState serves now: also while it reads its configuration again. */
bool unit_runs(const char *active);

/* Whether an ActiveState (NULL: not listed) means that the unit runs, or is about to. */
bool unit_is_up(const char *active);
