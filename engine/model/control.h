#pragma once

/*
 * A control: one requirement of a baseline, with its facets and the resources that fulfil it.
 * Plain data, owned by the baseline that loaded it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/enum-table.h"
#include "engine/base/strv.h"
#include "engine/model/module.h"
#include "engine/model/severity.h"

enum control_class {
	CLASS_REMEDIATE, /* harden brings it about */
	CLASS_CHECK, /* harden measures it and leaves it alone */
	CLASS_MANUAL, /* a person must do it; the reason is the audit facet */
	CONTROL_CLASS_COUNT,
};

ENUM_TABLE_DECLARE(control_class, enum control_class);

enum control_apply {
	APPLY_AUTO, /* applied by itself, unless the live host shows that something would break */
	APPLY_OPT_IN, /* applied only when acknowledged by name */
	CONTROL_APPLY_COUNT,
};

ENUM_TABLE_DECLARE(control_apply, enum control_apply);

/* Where something stands in a YAML file, for messages; line and column count from 1. */
struct position {
	const char *file; /* owned by the baseline */
	size_t line, column;
};

struct resource {
	const struct module *module;
	void *desired;
	char *address; /* kind[first field] */
	struct position position;
};

/* The eight facets, in the order in which the whitepaper names them. */
struct facets {
	char *description, *rationale, *audit, *result, *remediation, *impact, *default_value,
		*references;
};

/* A value that a site gave (engine/baseline/site.h), and where. */
struct origin {
	char *what; /* "level", "docker-daemon[icc].value" */
	struct position position;
};

struct control {
	char *id; /* dotted, never re-used: "daemon.icc" */
	char *title;
	int level; /* 1 or 2 */
	enum severity severity;
	enum control_class class;
	enum control_apply apply;
	char *hold; /* OPT_IN: why it is held back */
	int per_minute; /* records a minute from which on its audit rules are too loud; OPT_IN: --observe
			 * lifts the hold below it; 0: not said */
	struct strv aliases; /* "2.1@dosec", "2.2@cis-1.6.0", ... */
	struct facets facets;
	struct resource *resources;
	size_t nresources;
	struct strv site; /* settings that only the site can give */
	struct strv lacks; /* those that it has not given: the resources are not looked at */
	struct origin *origins;
	size_t norigins;
	struct position position;
};
