#pragma once

/*
 * From bytes to the tree of yaml-tree.h. tree_parse() refuses everything
 * that the schema should never have to think of: bytes that are not clean UTF-8 (text-check.h),
 * several documents or none, tags, merge keys, keys that are not text, repeated keys and
 * anchors, anchors inside themselves, nesting above TREE_MAX_DEPTH, and aliases that stand for
 * more than TREE_MAX_ALIASED in all.
 */

#include "engine/baseline/yaml-tree.h"

#define TREE_MAX_DEPTH 64
#define TREE_MAX_ALIASED (10U << 20) /* texts' bytes and one a node */

/* Whether the text is comments and nothing else: somebody's sample with every line commented out. */
bool tree_is_comment(const void *bytes, size_t n);

/* A failed parse leaves *ret zeroed. */
int tree_parse(struct tree *ret, const char *file, const void *bytes, size_t n, struct error *err);
