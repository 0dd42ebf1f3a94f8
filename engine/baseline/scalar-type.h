#pragma once

/*
 * What a scalar means by the core schema of YAML 1.2 (section 10.3.2): plain true, null and
 * numbers are what they look like, everything quoted is text, and the words that only YAML 1.1
 * took for booleans (yes, no, on, off) are text too.
 */

#include <stdbool.h>

#include "engine/baseline/yaml-tree.h"

enum scalar_type {
	SCALAR_TEXT,
	SCALAR_NULL,
	SCALAR_BOOL,
	SCALAR_INT, /* decimal, 0o... or 0x... */
	SCALAR_FLOAT,
	SCALAR_NO_NUMBER, /* .inf and .nan */
};

enum scalar_type scalar_type(const struct tree_node *scalar);

/* Plain yes, no, on, off: text, which somebody may have meant as a boolean. Gives that one. */
bool scalar_is_old_bool(const struct tree_node *scalar, bool *ret_meant);
