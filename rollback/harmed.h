#pragma once

/* What a restart of dockerd did to containers, as recovery finds it once all is put back. */

#include "engine/effect/effector.h"
#include "engine/model/plan.h"

/* After a restart, whichever way: who was stopped or cut off, and is not started by anybody else. */
void harmed_name(struct effector *e, const struct plan *plan, const char *id, struct strv *notes);

/*
 * What dockerd lost by our restart is not put back, whatever the files say: a start that had no room
 * leaves containers out of its list. Those that it did not list before either, by the plan, it did
 * not lose now. Where nobody can look, nothing is known against it.
 */
void harmed_name_lost(struct effector *e, const struct plan *plan, struct strv *left);
