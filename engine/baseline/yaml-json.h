#pragma once

/*
 * A YAML value as compact JSON text: plain scalars by the core schema (scalar-type.h), others
 * as strings, keys in the order of the file. Refused, with their place: what JSON has no value
 * for (.inf, .nan), numbers with a leading zero, and plain yes, no, on, off, which YAML readers
 * disagree about.
 */

#include "engine/base/error.h"
#include "engine/baseline/yaml-tree.h"

/* The caller frees *ret. */
int tree_to_json(const struct tree *tree, const struct tree_node *node, char **ret,
		 struct error *err);
