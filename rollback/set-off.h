#pragma once

/*
 * What recovery would set off on the host as it is now, beside putting it back: nobody has consented
 * to that, and nobody is there to be asked.
 */

#include "engine/effect/effector.h"
#include "rollback/mover.h"

/*
 * Why the files are not put back now: the one that gives up live-restore is looked at by a path unit,
 * and what that starts may end containers that run. NULL: nothing is known that would; the caller frees
 * it. What systemd takes along by reading its units again, where `reads_units`, is noted.
 */
char *set_off(const struct effector *e, const struct mover *m, bool reads_units,
	      struct strv *notes);
