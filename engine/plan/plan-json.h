#pragma once

/*
 * Plans as JSON: for `plan -o` (and back), for --json, and for the journal, which keeps each
 * transaction's plan. File contents are left out and named by their digests; whoever needs
 * them keeps them beside (the journal), or derives them from the edits again (a saved plan).
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/plan.h"

#define PLAN_FORMAT_VERSION "1.0"

/*
 * Values that hold secrets are named by their digests (see plan-reveal.h); with `redact`, for
 * reports, by the beginning of that. Deterministic bytes.
 */
int plan_to_json(const struct plan *plan, bool redact, struct buf *ret, struct error *err);

/* `name` is for messages. Refuses unknown versions, missing keys and damaged plans (the digest inside). */
int plan_from_json(struct plan *ret, const char *name, const struct buf *text, struct error *err);
