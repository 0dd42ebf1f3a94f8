#pragma once

/* What recovery makes of a state, and whether that is what was promised. */

#include "tests/power/bench.h"
#include "tests/power/layout.h"

enum image_seen { IMAGE_BEFORE = 1, IMAGE_AFTER = 2, IMAGE_MIXED = 0 };

/* What became of a state. */
struct outcome {
	uint64_t key;
	int mount_error;
	int pre_status, code, post_status; /* victim.h */
	enum image_seen image;
	size_t staged; /* files left behind */
	char *difference; /* to both images; NULL when it is one */
};

/* What is promised at a moment of the run. */
struct promise {
	unsigned images; /* which may come out: IMAGE_BEFORE | IMAGE_AFTER */
	int status; /* what the journal must say before recovery; 0: anything */
};

void outcome_clear(struct outcome *o);

/* Mounts what the bench's images hold, recovers as after a boot, and looks. 0 or negative errno. */
int judge_state(struct bench *b, enum base base, struct outcome *ret);

/* The promise by the marks up to there. `images` is what the task may end with at all. */
struct promise promise_at(const struct log *l, size_t at, bool rollback, unsigned images);

/* What is wrong, for people; NULL when the promise was kept. The caller frees it. */
char *outcome_fault(const struct outcome *o, const struct promise *p);
