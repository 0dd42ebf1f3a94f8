#pragma once

/*
 * What counts for --observe: for each path of an audit rule one counter of the kernel's notices, which adds to the
 * figure of a control. What cannot be counted is noted in that figure, and the others go on.
 */

#include "engine/base/interrupt.h"
#include "engine/host/ask/run-count.h"
#include "engine/host/ask/write-count.h"
#include "engine/model/volume.h"

struct counter {
	size_t volume; /* which of the figures */
	struct run_count run; /* one of the two is open */
	struct write_count write;
	bool is_run;
};

struct counters {
	const struct root *root; /* borrowed */
	struct volumes *volumes; /* borrowed */
	struct counter *items;
	size_t count;
	int watches; /* of inotify(7), that all of them together may have */
};

void counters_clear(struct counters *c);

/* The rules of one control, as lines: begins to count what they would record. */
void counters_add(struct counters *c, size_t volume, const struct strv *rules);

/* Waits for so long, or until something came, and takes it; -EINTR: somebody wants it to end. */
int counters_wait(struct counters *c, const struct interrupt *interrupt, int ms, struct error *err);

/* Puts what was counted into the figures. */
void counters_finish(struct counters *c);
