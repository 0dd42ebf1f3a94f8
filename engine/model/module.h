#pragma once

/*
 * The contract of a resource kind. A module is a constant: a name, the fields that describe
 * its desired state (the YAML loader, `explain` and the manual come from them), and functions
 * that compute. It reads through the view and answers with a delta; it cannot write.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"
#include "engine/model/delta.h"
#include "engine/model/view.h"

enum field_type {
	FIELD_STRING, /* char *, allocated; NULL when not given */
	FIELD_STRING_LIST, /* struct strv; a single string is a list of one */
	FIELD_BOOL, /* bool */
	FIELD_INT, /* long; `def` gives the value when not given */
	FIELD_MODE, /* long: four octal digits as text, e.g. "0644"; -1 when not given */
	FIELD_JSON, /* char *: any YAML value as compact JSON text; NULL when not given */
	FIELD_ENUM, /* int, through `parse`; `def` when not given */
};

struct field {
	const char *key;
	enum field_type type;
	size_t offset; /* in the module's desired struct */
	bool required;
	bool widens; /* of the baseline's own value: goes where a site gives another */
	const char *help; /* one line, for the manual */
	int (*parse)(const char *text); /* ENUM: value or negative errno */
	long def;
};

struct module {
	const char *name;
	const char *summary;
	size_t desired_size; /* the loader allocates it zeroed and fills it by `fields` */
	const struct field
		*fields; /* ends with a NULL key; the first names the resource: kind[first] */

	/* Whether the fields fit together; the loader adds file, line and column to the message. */
	int (*check)(const void *desired, struct error *err);

	/*
	 * The setting of the host that the resource sets, and the one that decides whether it applies
	 * at all, by names of the module's own: who asks is judged after those who set. NULL: none.
	 */
	const char *(*sets)(const void *desired);
	char *(*asks)(const void *desired); /* the caller frees it */

	/* What diff() reads of the facts that take long to gather (enum facts_part); NULL: none. */
	unsigned (*needs)(const void *desired);

	/*
	 * What separates the host (as the view shows it) from the desired state. A host that
	 * cannot be measured is a verdict with its reason, not an error; an error ends the plan.
	 */
	int (*diff)(const void *desired, const struct view *now, struct delta *ret,
		    struct error *err);
};

/* Releases what one field of `desired` owns. */
void field_clear(const struct field *field, void *desired);

/* Releases what the fields of `desired` own, and desired itself; by the table alone. */
void module_free_desired(const struct module *module, void *desired);

/* The module of that name in a NULL-ended table, or NULL. */
const struct module *module_find(const struct module *const *table, const char *name);
