#pragma once

/*
 * What a transaction left behind, value by value, against something else: what is on the host now
 * (before, applied, now), or what another one left. Of paths alone, and nothing is changed.
 */

#include "engine/base/enum-table.h"
#include "engine/host/read/root.h"
#include "rollback/history.h"

enum compared_state {
	COMPARED_SAME, /* as applied; or both left the same */
	COMPARED_BEFORE, /* as it was before */
	COMPARED_DIFFERENT,
	COMPARED_UNKNOWN, /* `why` says why: never taken for the same */
	COMPARED_STATE_COUNT,
};

/* In this order: before, applied, now; of two transactions the first's and the second's. */
#define COMPARED_PLACES 3

struct compared_value {
	char *control; /* that set it last; NULL: no control of these transactions, somebody else */
	char *subject; /* or one of the words below */
	char *values[COMPARED_PLACES]; /* NULL: not there, or not known; as they are, secrets too */
	bool known[COMPARED_PLACES];
	bool secret; /* no value of it may be shown */
	enum compared_state state;
	char *why;
};

#define COMPARED_KIND "kind" /* another kind of thing stands there: its values are not compared */
#define COMPARED_CONTENT "content" /* the bytes beside those of the other values */

struct compared_path {
	char *path;
	struct compared_value *items;
	size_t count;
};

struct comparison {
	size_t places; /* 3, or 2 */
	bool put_back; /* of three: it left what was before, not what it had applied */
	struct compared_path *items; /* sorted by path */
	size_t count;
};

void comparison_clear(struct comparison *c);

/* Whether a value is not, or not known to be, as it was left. */
bool compared_differs(const struct comparison *c, const struct compared_value *v);

/* What the transaction changed, against what is there now; its contents are loaded. */
void compare_with_now(const struct transaction_summary *t, const struct root *root,
		      struct comparison *ret);

/*
 * What two transactions of the history left behind, by all that was recorded from the one to the
 * other: a path that one of them did not touch is as those before it left it, or as the next one
 * found it. Both have their contents, and so has the history.
 */
int compare_two(const struct history *h, const struct transaction_summary *first,
		const struct transaction_summary *second, struct comparison *ret,
		struct error *err);

/* What one path was in one place. */
struct compared_image {
	struct image image;
	char *why; /* it is not known; NULL: it is */
};

void compared_image_clear(struct compared_image *i);

/* Appends the path; `images` has as many as the comparison has places. */
void compare_path(struct comparison *c, const char *path, const struct edits *edits,
		  const struct compared_image *images);
