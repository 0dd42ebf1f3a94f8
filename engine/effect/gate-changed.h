#pragma once

/*
 * What others changed of dockerd's next start while a run is under way. Its restart would put that in
 * force, and nobody has seen it in a plan.
 */

#include "engine/base/error.h"
#include "engine/effect/effector.h"

/*
 * What dockerd's next start would have, each setting with the file that says so; in place of `ret`. False, and
 * nothing in it: that is not known, by a wrapper or a broken file, and nothing can be compared with it.
 */
bool gate_remember_start(const struct docker_facts *d, struct settings *ret);

/*
 * `then`: what the next start would have had, when the run began, as remembered. -EPERM names each setting that is
 * another one `now` and not the run's own, with its place.
 */
int gate_judge_changed(const struct settings *then, const struct own_start *own,
		       const struct docker_facts *now, struct error *err);
