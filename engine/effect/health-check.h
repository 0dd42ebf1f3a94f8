#pragma once

/*
 * What a container's own health check said before a change, and says after it. Plain data and
 * judgement; health-checks.c asks dockerd.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/model/container.h"

enum check_status {
	CHECK_NONE, /* or not known */
	CHECK_STARTING, /* has not told yet */
	CHECK_HEALTHY,
	CHECK_UNHEALTHY,
};

struct check {
	enum check_status status;
	bool failed; /* one of the last checks did */
	long failing; /* so many in a row */
	uint64_t last; /* when the last ended; 0: none did */
	bool overdue; /* dockerd did not run it any more */
};

enum check_turn {
	CHECK_AS_BEFORE,
	CHECK_BROKE, /* was well all the time, and is not now */
	CHECK_FLAPPED, /* is not well now, and was not surely before */
	CHECK_SLIPS, /* still counts as well, and has begun to fail */
	CHECK_OPEN, /* was well, and has not told since */
	CHECK_ENDED, /* dockerd runs it no more */
};

struct check check_of(const struct container *c);
enum check_turn check_compare(const struct check *before, const struct check *now);

/*
 * Of a container that lived through a restart of dockerd: whether its check ended by that, so that
 * what it said last stands. `before->last` is not before that restart.
 */
bool check_ended(const struct check *before, const struct check *now, const char *version);
