#pragma once

/*
 * Whether the host is as well without the change as it was before, once it is put back: what a try is held
 * against. Else what breaks by itself, or by any restart of dockerd, would be taken for a control's doing.
 */

#include "cli/execution.h"

/*
 * Watches as the gate does, for `watch_ms`, and asks the site's health command. What needs a while for coming
 * back, as a container's health check does, gets it. 0; -EINTR; else the reason why it is not well.
 */
int settle(struct execution *x, int watch_ms, struct error *err);
