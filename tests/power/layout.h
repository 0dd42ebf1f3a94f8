#pragma once

/*
 * Lays a state out on the bench's devices: the base, all writes up to each disk's last flush,
 * and what a cut keeps of the others. Cuts must come in the order of the log.
 */

#include "tests/power/bench.h"
#include "tests/power/cuts.h"

struct layout {
	struct bench *bench;
	const struct log *log;
	unsigned char *disks[MAX_DISKS]; /* base and all that was flushed */
	unsigned char *used[MAX_DISKS]; /* by page: not all zero */
	size_t pages;
	size_t at; /* entries of the log that were looked at */
	struct pending pending; /* writes among them that are not flushed */
	size_t *settled; /* how many of the log's entries each disk has taken over */
};

int layout_open(struct layout *l, struct bench *b, enum base base, const struct log *log);
void layout_close(struct layout *l);

/* Goes on to the cut: then `pending` is right for it. */
void layout_advance(struct layout *l, size_t at);

/* Writes the state to the images of the bench. 0 or negative errno. */
int layout_write(struct layout *l, const struct cut *cut);
