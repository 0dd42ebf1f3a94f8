#pragma once

#include "rollback/seal.h"

/*
 * Of the newest that is there, or was and has left a tombstone (tombstones.h): what the next HEADER names. What
 * cannot be read stops nobody: a journal is named without a digest, tombstones are as if there were none. None at
 * all: id NULL.
 */
void seal_newest(const struct state *state, const struct strv *ids, struct seal *ret);
