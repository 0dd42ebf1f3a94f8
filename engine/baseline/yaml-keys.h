#pragma once

/* The keys of a mapping: text, none of them twice, no merge keys. */

#include "engine/baseline/yaml-tree.h"

/* `mapping` is a complete one of the tree; -EINVAL names the first key that is not as it must be. */
int tree_check_keys(const struct tree *tree, const struct tree_node *mapping, struct error *err);
