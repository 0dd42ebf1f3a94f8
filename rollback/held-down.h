#pragma once

/*
 * What was not so when the plan was made, and makes its way back one that nobody consented to: containers
 * that came since, a swarm that was joined since, what others wrote for dockerd's next start. Nobody is there
 * to be asked, so nothing is begun. Who takes one back that waits was asked, and consented to what was said then
 * (effector.h) and to nothing else.
 */

#include "rollback/executor.h"

/*
 * Why nothing is put back on the host as it is now, and what to do; NULL: nothing is known against it.
 * The caller frees it. For walks whose handlers run here. `records` are those of a run that is recovered;
 * NULL: it is this one, which asked a moment ago what others have waiting.
 */
char *held_down(const struct executor *x, const struct records *records);

/*
 * Whom the restart of dockerd on the way back of the plan stops by the host as it is now, appended. False:
 * dockerd does not tell which containers there are. `others`: config_is_others(), and it is their file with which
 * dockerd is started.
 */
bool way_back_stops(const struct plan *plan, bool others, const struct facts *now,
		    struct stopped_list *ret);
