#pragma once

/*
 * What `check` found: an outcome for each control, what changed since the last apply, and
 * whether that is a difference. Text and JSON.
 */

#include <stdbool.h>

#include "cli/context.h"

enum outcome {
	OUTCOME_PASS,
	OUTCOME_FAIL,
	OUTCOME_PENDING,
	OUTCOME_NOT_MEASURED,
	OUTCOME_REFUSED,
	OUTCOME_HELD,
	OUTCOME_WAIVED,
	OUTCOME_MANUAL,
	OUTCOME_NOT_APPLICABLE,
	OUTCOME_COUNT,
};

struct checked {
	const struct finding *finding; /* the plan's */
	enum outcome outcome;
	bool differs; /* counts for the exit code */
	int level;
	bool applied; /* by a transaction that is kept */
};

/* A value that is not as the apply left it which is in force of it. */
#define DRIFTED_KIND "kind" /* the subject where another kind of thing stands at the path */

struct drifted {
	char *transaction;
	char *control, *path, *subject, *applied, *now; /* applied and now may be NULL: not there */
	const char *where; /* path NULL: it is of no file, but of "the kernel" (handler_place()) */
};

struct check {
	const struct context *c;
	struct checked *controls; /* the worst first */
	size_t ncontrols;
	char *transaction; /* the newest apply that is in force; NULL: none */
	char *not_compared; /* why an apply could not be read; NULL: all could */
	bool older; /* it is not the newest */
	struct drifted *drift;
	size_t ndrift;
};

/* What `not_compared` is about: "the last apply". */
const char *check_compared_with(const struct check *check);
bool check_differs(const struct check *check);
int check_print_text(const struct check *check);
int check_print_json(const struct check *check, int code);
