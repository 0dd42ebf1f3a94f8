#pragma once

/*
 * A YAML document as a tree whose nodes know where they stand, and mistakes told by those places.
 *
 * The tree owns all nodes and texts. An alias is a copy of its anchor's node that shares its
 * children and stands where the alias stands.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/baseline/arena.h"

enum tree_kind {
	TREE_SCALAR,
	TREE_LIST,
	TREE_MAPPING,
};

struct tree_node {
	uint8_t kind; /* enum tree_kind */
	bool plain; /* SCALAR: without quotes and not a block */
	uint8_t height; /* levels of children below */
	uint32_t line, column; /* from 1; columns count characters */
	uint32_t count; /* bytes, items, or keys and values together */
	uint32_t weight; /* of itself and all below: one a node and the texts' bytes */
	union {
		const char *text; /* SCALAR, a NUL behind it and none in it */
		const struct tree_node *items; /* MAPPING: key, value, key, value, ... */
	};
};

struct tree {
	const char *file; /* for messages; the caller's */
	struct tree_node root;
	struct arena arena;
};

/* tree_parse() of yaml-parse.h fills one. */
void tree_clear(struct tree *tree);

/* The value of that key in a mapping, or NULL. */
const struct tree_node *tree_get(const struct tree_node *mapping, const char *key);

/* "FILE:LINE:COLUMN: ..." with the place of `at`; returns -EINVAL. */
int tree_error(const struct tree *tree, const struct tree_node *at, struct error *err,
	       const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * For who wants to know all mistakes (lint), and not only the first: from now on the readers of trees
 * note each here and go on where they can. NULL: the first ends the reading, as it does at first.
 */
void tree_collect(struct strv *mistakes);

/* How many were noted; 0 where nobody collects. */
size_t tree_collected(void);

/* Where mistakes are collected: notes that of err, if it is not noted yet, and returns 0; else r. */
int tree_note(int r, struct error *err);

/* What stands there, for messages: 'text' (cut when long), "a list", "a mapping"; the caller frees it. */
char *tree_describe(const struct tree_node *node);
