#pragma once

/*
 * A YAML mapping into a struct, by a table of fields (engine/model/module.h). What the table
 * does not allow is an error with its place: unknown and missing keys, wrong types.
 */

#include "engine/base/error.h"
#include "engine/baseline/yaml-tree.h"
#include "engine/model/module.h"

/* What to read and where to. `into` starts zeroed. */
struct fields_job {
	const struct tree *tree;
	const struct tree_node *mapping;
	const struct field *fields; /* ends with a NULL key */
	const char *what; /* for messages: "control", "file" */
	const char *also; /* one more key, which the caller reads and checks; or NULL */
	const struct strv *later; /* required ones that may come later; or NULL */
	void *into;
};

/* A failed load leaves in `into` what was read so far, for the caller to release by the table. */
int fields_load(const struct fields_job *job, struct error *err);

/*
 * The same over a struct that is loaded already: only the keys of the mapping are replaced, and
 * none is missing.
 */
int fields_override(const struct fields_job *job, struct error *err);

/* The error for a key that should be there; returns -EINVAL. */
int fields_missing(const struct fields_job *job, const char *key, struct error *err);
