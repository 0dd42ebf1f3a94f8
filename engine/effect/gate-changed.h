#pragma once

/*
 * What others changed of dockerd's next start while a run is under way. Its restart would put that in
 * force, and nobody has seen it in a plan.
 */

#include "engine/base/error.h"
#include "engine/effect/effector.h"

/* dockerd's next start, as it was when a run began. */
struct gate_start {
	bool known; /* false: by a wrapper or a broken file it is not, and nothing can be compared with it */
	struct settings next; /* each with the file that says so */
	bool waits; /* others' files of its unit were there that systemd had not read; the plan named them */
	struct settings unread; /* its flags once systemd has, whoever tells it to */
};

void gate_start_clear(struct gate_start *s);

/* In place of `ret`. */
void gate_remember_start(const struct docker_facts *d, struct gate_start *ret);

/*
 * -EPERM names each setting that is another one `now` than `then`, and neither the run's own nor what waited then,
 * with its place. Only for a dockerd that runs: whoever starts one that is down puts the same in force, and it
 * is better up.
 */
int gate_judge_changed(const struct gate_start *then, const struct own_start *own,
		       const struct docker_facts *now, struct error *err);
