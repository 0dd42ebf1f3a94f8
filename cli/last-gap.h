#pragma once

/* How long published ports were away when harden restarted dockerd here last, by the ledger. */

#include <jansson.h>

#include "cli/context.h"

/* Into the facts that a plan is shown by; they stay as they are where it is not known, or not of interest. */
void last_gap(const struct context *c, struct docker_facts *ret);

/* The same as a number of milliseconds; null where it is not known. */
json_t *last_gap_json(const struct context *c);
