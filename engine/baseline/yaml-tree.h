#pragma once

/*
 * A YAML document as a tree whose nodes know where they stand. tree_parse() refuses everything
 * that the schema should never have to think of: bytes that are not clean UTF-8 (text-check.h),
 * several documents or none, tags, merge keys, keys that are not text, repeated keys and
 * anchors, anchors inside themselves, nesting above TREE_MAX_DEPTH, and aliases that stand for
 * more than TREE_MAX_ALIASED in all.
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

#define TREE_MAX_DEPTH 64
#define TREE_MAX_ALIASED (10U << 20) /* texts' bytes and one a node */

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

/* Whether the text is comments and nothing else: somebody's sample with every line commented out. */
bool tree_is_comment(const void *bytes, size_t n);

/* A failed parse leaves *ret zeroed. */
int tree_parse(struct tree *ret, const char *file, const void *bytes, size_t n, struct error *err);
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
