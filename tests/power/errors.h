#pragma once

/* The disk fails a write or a flush of an apply or a rollback: what was said must be true. */

#include "tests/power/arms.h"

enum error_reach {
	ERROR_ONCE,
	ERROR_STICKY, /* and all later ones too */
	ERROR_RECOVER, /* once, then recovery on the same boot: what it says must be true */
	ERROR_REACH_COUNT,
};

extern const char *const error_reach_names[ERROR_REACH_COUNT];

struct error_run {
	enum victim_op op;
	struct recorder_order order; /* `sticky` goes by the reach */
	enum error_reach reach;
	enum victim_mutant mutant;
	int verbose;
};

/* 1: judged, 0: the run has no such write or flush, or negative errno. */
int error_run(struct bench *b, const struct error_run *run, struct tally *tally);
