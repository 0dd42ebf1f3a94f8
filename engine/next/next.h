#pragma once

/*
 * What the next boot takes of dockerd, as far as the host's files tell it beforehand: what no start in
 * namespaces shows. Each part is one file and says all that it looked at (engine/model/foresight.h). Nothing is
 * asked that could start something. What a boot makes anew (/run, what was set by hand) counts for nothing.
 */

#include "engine/model/foresight.h"
#include "engine/model/view.h"

/* The host as its files are; the view's facts say what runs now. */
void next_look(const struct view *v, struct foresights *ret);

/*
 * dockerd as it is on disk is started for a moment with what the next boot would give it, in namespaces that are
 * thrown away (engine/host/write/start-trial.h), and what comes of it is added. Needs root; where no such trial
 * can be made, or it would say something about the trial and not about the host, it is not measured, and why.
 */
void next_start(const struct view *v, struct foresights *ret);
