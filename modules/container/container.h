#pragma once

/*
 * The kind `container`: one aspect of every container, judged one by one. An aspect is a row of
 * a table: its name, a function, and what fixes it; the tables stand by area in this directory.
 * Nothing here ever changes a container.
 */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/model/facts.h"
#include "engine/model/verdict.h"

struct container_want {
	char *aspect;
	struct strv allow; /* globs: containers that may */
	struct strv values; /* what an aspect lets pass, or goes by; see its row */
	long max; /* -1: not given */
};

/* One container before the judge, who adds to `details` what is wrong, or what is not known. */
struct container_case {
	const struct container_want *want;
	const struct facts *facts;
	const struct docker_facts *docker;
	const struct container *c;
	struct strv *details;
};

/* Containers of the facts, which own them. */
struct container_set {
	const struct container **items;
	size_t count;
};

struct container_aspect {
	const char *name; /* NULL ends a table */
	const char *finding; /* heads the list of those that fail: "privileged" */
	const char *fix;

	/* PASS, FAIL, NOT_MEASURED, or NOT_APPLICABLE: this container has no such thing. */
	enum verdict (*judge)(const struct container_case *k);

	/* Why this host has no such thing; NULL, or returns NULL: it has. */
	const char *(*absent)(const struct docker_facts *docker);

	/* Whether `values` can be meant, -EINVAL with the reason; NULL: takes no values. */
	int (*check_values)(const struct strv *values, struct error *err);

	/* What fixes those that fail, where that hangs on which they are; NULL: `fix` says it. The caller frees it. */
	char *(*fix_of)(const struct docker_facts *docker, const struct container_set *failing);

	bool takes_max;
	bool of_stopped; /* about containers that do not run: nobody must be told that */
};

/* The tables. */
extern const struct container_aspect container_identity_aspects[];
extern const struct container_aspect container_namespace_aspects[];
extern const struct container_aspect container_limit_aspects[];
extern const struct container_aspect container_mount_aspects[];
extern const struct container_aspect container_network_aspects[];
extern const struct container_aspect container_life_aspects[];
extern const struct container_aspect container_renewal_aspects[];

/* The row of that name, or NULL. */
const struct container_aspect *container_aspect_find(const char *name);

/* FAIL with one detail. */
enum verdict container_fails(const struct container_case *k, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/* FAIL with a detail for each of the list; PASS when it is empty. */
enum verdict container_fails_each(const struct container_case *k, const struct strv *list,
				  const char *format_one);

/* Of a fact that is 1, 0 or -1: FAIL, PASS, NOT_MEASURED. */
enum verdict container_fails_if(int fact);

/* Whether one of `values` is a glob for the text. */
bool container_lets(const struct container_case *k, const char *text);

/* The value of --security-opt NAME[=VALUE]: "" without one; NULL: not given. */
const char *container_security(const struct container *c, const char *name);

/* What the daemon says about one of its security features: ",profile=default", ""; NULL: not there. */
const char *daemon_security(const struct docker_facts *d, const char *name);

/* The check_values of aspects that take any text. */
int container_any_values(const struct strv *values, struct error *err);
