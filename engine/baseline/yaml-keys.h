#pragma once

/* The keys of a mapping: text, none of them twice, no merge keys. */

#include "engine/baseline/yaml-tree.h"

/*
 * `mapping` is a complete one of the tree, whose children are `items`; -EINVAL names the first key that is not as
 * it must be. Where mistakes are collected each repeated key is noted, and taken out: the first counts.
 */
int tree_check_keys(const struct tree *tree, struct tree_node *mapping, struct tree_node *items,
		    struct error *err);
