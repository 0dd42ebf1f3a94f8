#pragma once

/*
 * What dockerd's handlers bring back beside a config file that stays as others made it: what that file says, and
 * no more. Nobody restarts dockerd for it unasked. Who takes back what waits is told what comes along, and consents.
 * The plan is as it was applied, and not turned round.
 */

#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/* Whether the plan writes dockerd's config file, and its contents are of none of the plan's images: no move touches it. */
bool config_is_others(const struct plan *plan, const struct root *root, const struct facts *now);

/* Whether the effect's handler, run now, has dockerd take again what it had before the effect: by that file, or as it is already. */
bool beside_goes_back(const struct plan *plan, const struct facts *now, const struct effect *e);

/*
 * Whether one of these handlers (HANDLER_BIT()s) brings something back so. Not where a key of the plan's own has a
 * third value by now: that would come along, and nobody was told of it; nor where dockerd does not tell.
 */
bool beside_brings_any(const struct plan *plan, const struct facts *now, unsigned handlers);

/* Beside a config file of others' which brings nothing of ours back: dockerd is not restarted for it, whoever consents. */
bool beside_is_left_out(const struct plan *plan, const struct root *root, const struct facts *now);
