#pragma once

/*
 * systemd through sd-bus. The read side asks properties and starts nothing: it talks to
 * /run/systemd/private as root, else to the system bus (at its fixed place; the environment has
 * no say). The write side (bus-job.h) reloads and restarts. A host without systemd is an error
 * of bus_open() (-ENOENT), for callers to turn into a reason.
 */

#include "engine/base/error.h"
#include "engine/host/ask/condition.h"
#include "engine/model/facts.h"

struct bus;

int bus_open(struct bus **ret, struct error *err);
void bus_free(struct bus *b);
DEFINE_CLEANUP(struct bus *, bus_free)

/*
 * For who only looks: a unit's object is asked for once. Who makes systemd read its units again asks each
 * time, since a name may be another unit's then.
 */
void bus_keep_objects(struct bus *b);

/*
 * Fills a unit's facts, all but its name and exec_start_file (which needs the files: the facts
 * find that out). A unit that is not there has exists = false; that is not an error.
 */
int bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err);

/* What runs, and what goes down with each. */
int bus_units(struct bus *b, struct unit_states *ret, struct error *err);

/*
 * The unit and all that stopping it stops, at however many steps, whether that runs or not, of every
 * kind of unit; appended.
 */
int bus_stopped_with(struct bus *b, const char *unit, struct strv *ret, struct error *err);

/*
 * The units that run and are restarted with it, and those that go down with them; appended. A restart
 * does not pass through a unit that is down, as a stop does.
 */
int bus_dependents(struct bus *b, const char *unit, struct strv *ret, struct error *err);

/*
 * The units that a unit names by a property of its own ("PropagatesReloadTo"); appended. A property
 * that this systemd does not have names none.
 */
int bus_related(struct bus *b, const char *unit, const char *property, struct strv *ret,
		struct error *err);

/* Whether systemd has a file of the unit, and could start it. */
int bus_is_loaded(struct bus *b, const char *unit, bool *ret, struct error *err);

/* The path units that look at something now; appended. */
int bus_path_units(struct bus *b, struct strv *ret, struct error *err);

/* What a path unit looks at (each once, whatever for), and the unit that it starts; appended, freed by the caller. */
int bus_watched(struct bus *b, const char *path_unit, struct strv *ret_paths, char **ret_starts,
		struct error *err);

/* systemd's own environment, which every service gets, as "NAME=value"; appended. */
int bus_environment(struct bus *b, struct strv *ret, struct error *err);

/* The words of the commands of a service's property ("ExecStop"), program first, with ";" between two; appended. */
int bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
		 struct error *err);

/* A property of a service that is a text ("KillMode"); the caller frees it. */
int bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
		     struct error *err);

/* "loaded", or what systemd takes its file for ("bad-setting", "masked"); the caller frees it. */
int bus_load_state(struct bus *b, const char *unit, char **ret, struct error *err);

/*
 * The units that are not down and whose files systemd has not read as they are now; appended. Devices and
 * what else has no file of its own are not asked.
 */
int bus_units_unread(struct bus *b, struct strv *ret, struct error *err);

/* A property of a unit that is yes or no ("RefuseManualStop"). */
int bus_unit_flag(struct bus *b, const char *unit, const char *property, bool *ret,
		  struct error *err);

/* What has to hold for its start, of "Conditions" or "Asserts"; appended. */
int bus_conditions(struct bus *b, const char *unit, const char *property,
		   struct unit_conditions *ret, struct error *err);

/* Whether it can be told to read its configuration again. */
int bus_can_reload(struct bus *b, const char *unit, bool *ret, struct error *err);

/* How long systemd lets its start take, in microseconds; UINT64_MAX: for ever. */
int bus_start_limit(struct bus *b, const char *unit, uint64_t *ret, struct error *err);

/* When it last ceased to be active, in microseconds by CLOCK_MONOTONIC; 0: it never did. */
int bus_left_active(struct bus *b, const char *unit, uint64_t *ret, struct error *err);

/*
 * Whether something was mounted there before systemd began with its units: systemd found it, early, and had no
 * part in it.
 */
int bus_mount_was_there(struct bus *b, const char *mount_unit, bool *ret, struct error *err);

/* ActiveState alone ("active", "failed", "inactive", ...); the caller frees it. */
int bus_active_state(struct bus *b, const char *unit, char **ret, struct error *err);

/*
 * Whether the unit came up after that time (CLOCK_MONOTONIC, microseconds), and is down again without having failed:
 * a job of before then is not what stopped it.
 */
int bus_stopped_since(struct bus *b, const char *unit, uint64_t since_usec, bool *ret,
		      struct error *err);
