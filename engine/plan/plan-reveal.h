#pragma once

/*
 * As JSON a plan names values that hold secrets by their digests, as it names contents. Where the
 * contents are at hand (the blobs beside a journal, or the host), the values are found in them.
 */

#include "engine/model/plan.h"

/* What is not in the contents of any image stays a digest: nobody can compare with it. */
void plan_reveal(struct plan *plan);

/* An edit that wants a secret: it cannot be made from a saved plan. NULL: there is none. */
const struct edit *plan_wants_secret(const struct plan *plan);
