#pragma once

/*
 * What of harden's own values is not on the host as it was left: subject by subject, each told of
 * the control that set it last.
 */

#include "engine/host/read/root.h"
#include "rollback/history.h"

struct drift {
	const struct edit *edit; /* the last one of the subject; borrowed */
	const struct transaction_summary *of; /* whose it is; NULL from drift_from_image() */
	char *applied, *now; /* NULL: not there */
	bool other_kind; /* not the value of the edit, but what kind of thing is there: "a symbolic link to '/x'" */
};

struct drifts {
	struct drift *items;
	size_t count;
};

void drifts_clear(struct drifts *d);

/* Compares a path with an image, in the subjects of these edits. */
int drift_from_image(const struct root *root, const char *path, const struct edits *edits,
		     const struct image *expected, struct drifts *ret, struct error *err);

/* Whose edits are compared; `is` NULL: all. What stands of one that nobody asks for is not read. */
struct drift_wanted {
	bool (*is)(const void *data, const char *control);
	const void *data;
	bool loosened; /* also rights that the rollback of an older apply opened below one in force (loosened.h) */
};

/*
 * Compares the paths of a transaction with what stands of it: what was undone of it since counts
 * no more, and what a later transaction left counts as it left it. The history has its contents.
 */
int drift_of(const struct history *h, const struct transaction_summary *t,
	     const struct drift_wanted *wanted, const struct root *root, struct drifts *ret,
	     struct error *err);

/*
 * The same of every transaction in force, each subject of a path once: told of the one that set it last. One
 * whose contents could not be loaded is as if it had never been.
 */
int drift_of_all(const struct history *h, const struct drift_wanted *wanted,
		 const struct root *root, struct drifts *ret, struct error *err);
