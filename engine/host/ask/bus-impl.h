#pragma once

/*
 * What the files of the bus share: the connection and the ways to say what went wrong on it.
 */

#include <systemd/sd-bus.h>

#include "engine/base/map.h"
#include "engine/host/ask/bus.h"

#define SYSTEMD_NAME "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"
#define SYSTEMD_UNIT "org.freedesktop.systemd1.Unit"
#define SYSTEMD_SERVICE "org.freedesktop.systemd1.Service"
#define SYSTEMD_PATH_UNIT "org.freedesktop.systemd1.Path"

struct bus {
	sd_bus *sd;
	bool is_private; /* straight to PID 1, no bus daemon between */
	bool subscribed; /* systemd sends us its signals */
	const char
		*socket; /* where another connection is opened when this is lost; NULL: none is */
	unsigned connections; /* that were opened: a match is of the one that it was added to */
	uint64_t lost_usec; /* by CLOCK_MONOTONIC, since when nobody answers; 0: somebody does */
	bool keeps_objects;
	struct map objects; /* a unit's name -> its object's path */
};

/* A connection to the bus daemon, for others than systemd. */
int bus_open_system(struct bus **ret, struct error *err);

/* A connection straight to a systemd that listens there. `path` is not copied. */
int bus_open_at(const char *path, struct bus **ret, struct error *err);

/* Whether a call's error says that the connection is gone; what became of the call is then not known. */
bool bus_is_lost(int code);

/* Another connection in place of one that is gone, as soon as somebody listens; gives up after 10 s of nobody. */
int bus_open_again(struct bus *b);

/*
 * Behind each call that may be made twice (a question; what is the same when it is said again), with what it
 * returned: `do r = sd_bus_...(b->sd, ...); while (bus_again(b, r, &e));`. True: the connection was lost, there
 * is another one, and `e` (may be NULL) is cleared. What must not be done twice is a job: bus-job.c.
 */
bool bus_again(struct bus *b, int code, sd_bus_error *e);

/* The object of a unit, loaded if need be; the caller frees it. Starts nothing. */
int bus_unit_object(struct bus *b, const char *unit, char **ret_object, struct error *err);

/* A string property; the caller frees it. */
int bus_string(struct bus *b, const char *object, const char *interface, const char *property,
	       char **ret, struct error *err);

/* A property of that type; the caller unrefs the message. */
int bus_message(struct bus *b, const char *object, const char *interface, const char *property,
		const char *type, sd_bus_message **ret, struct error *err);

/* InvocationID of a unit, another one with each start; the caller frees it, NULL: it never was started. */
int bus_invocation(struct bus *b, const char *object, char **ret, struct error *err);

/* bus-units.c: the units that systemd has and that are not down, without what goes down with each; appended. */
int bus_units_known(struct bus *b, struct unit_states *ret, struct error *err);

/*
 * bus-unread.c: whether systemd has yet to read a file of the unit, whose name, fragment and drop-ins are there,
 * and which drop-ins it cannot load.
 */
int bus_unit_is_unread(struct bus *b, const char *object, struct unit_facts *u, struct error *err);

/* A property that is a list of strings, appended to ret. */
int bus_strings(struct bus *b, const char *object, const char *interface, const char *property,
		struct strv *ret, struct error *err);

/* A property of a fixed size (sd-bus type letter) into *ret. */
int bus_trivial(struct bus *b, const char *object, const char *interface, const char *property,
		char type, void *ret, struct error *err);

/* Reads one element of an array, or a value: above 0, or 0 at the array's end; negative: it is not as expected. */
typedef int bus_read_one(sd_bus_message *m, void *ret);

struct bus_question {
	const char *unit, *property;
	void *ret; /* the answer's place, for who reads it */
};

/*
 * bus-many.c: properties of units, of one type, asked together. One that this systemd does not have leaves
 * its place as it is. Negative: not all were told.
 */
int bus_ask_many(struct bus *b, const struct bus_question *questions, size_t n, bus_read_one *read,
		 struct error *err);

/* The next array of strings in a message, appended to a struct strv. */
int bus_read_strings(sd_bus_message *m, void *ret);

/* The units that it names by any of these properties, the last of which is NULL; appended. */
int bus_relations(struct bus *b, const char *unit, const char *const *properties, struct strv *ret,
		  struct error *err);

/* The same of many units, asked together: `ret` has as many lists as there are units. */
int bus_relations_many(struct bus *b, const struct strv *units, const char *const *properties,
		       struct strv *ret, struct error *err);

/* Of units that are listed: what goes down with each that runs. */
int bus_find_dependents(struct bus *b, struct unit_states *all, struct error *err);

/* The next array of a message, whose elements have that type. */
int bus_read_array(sd_bus_message *m, const char *element, bus_read_one *read, void *ret);

/* A property that is an array. */
int bus_array(struct bus *b, const char *object, const char *interface, const char *property,
	      const char *element, bus_read_one *read, void *ret, struct error *err);

/* Puts what systemd answered (`e`, may be empty) behind the message; clears e. */
int bus_error(struct error *err, int code, sd_bus_error *e, const char *fmt, ...) PRINTF_LIKE(4, 5);
