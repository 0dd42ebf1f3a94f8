#pragma once

/*
 * Commands of a unit that may take away rules of the packet filter which they did not make: all of them
 * ("nft flush ruleset"), or those that are not in their own file.
 */

#include "engine/base/buf.h"
#include "engine/base/strv.h"

/* The properties of a unit that have commands; the last is NULL. */
extern const char *const unit_command_keys[];

/* The program that may, by its name; NULL: none of the command, or the script, that is seen here. */
const char *filter_flusher(const char *command);

/* The same of a unit's file, or of a drop-in. */
const char *filter_flusher_of_unit(const struct buf *text);
