#pragma once

/*
 * What the next boot takes of dockerd, as far as the host's files tell it beforehand: what no start in
 * namespaces shows. Each part is one file and says all that it looked at (engine/model/foresight.h). Nothing is
 * asked that could start something. What a boot makes anew (/run, what was set by hand) counts for nothing.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/model/foresight.h"
#include "engine/model/view.h"

/*
 * From here on this process sees the host as it would be with these packages installed, and for good
 * (engine/host/write/package-view.h): before its root is opened, and after it was asked whether it is elsewhere.
 */
int next_with_packages(const struct strv *files, struct error *err);

/*
 * The host as its files are; the view's facts say what runs now. With packages: what their scripts would make, and
 * is not there yet, is not known.
 */
void next_look(const struct view *v, bool with_packages, struct foresights *ret);

/*
 * dockerd as it is on disk is started for a moment with what the next boot would give it, in namespaces that are
 * thrown away (engine/host/write/start-trial.h), and what comes of it is added. Needs root; where no such trial
 * can be made, or it would say something about the trial and not about the host, it is not measured, and why.
 */
void next_start(const struct view *v, struct foresights *ret);
