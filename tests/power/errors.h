#pragma once

/* The disk fails a write or a flush of an apply or a rollback: what was said must be true. */

#include "tests/power/arms.h"

struct error_run {
	enum victim_op op;
	struct recorder_order order;
	int verbose;
};

/* 1: judged, 0: the run has no such write or flush, or negative errno. */
int error_run(struct bench *b, const struct error_run *run, struct tally *tally);
