#pragma once

/* Which cases a campaign consists of: found by counting the calls of runs that nothing happens to. */

#include <stdint.h>

#include "tests/crash/case.h"

enum campaign {
	CAMPAIGN_KILL, /* killed at every changing call, and the recovers after it */
	CAMPAIGN_ERROR, /* every error at every changing call */
	CAMPAIGN_READ, /* every error at every call that only looks, opens, maps, talks */
	CAMPAIGN_CONTROL, /* a few of the above on what is broken on purpose */
	CAMPAIGN_COUNT,
};

struct items {
	struct item *items;
	size_t count;
};

/* One case in `one_in` of those that are many, the same ones with the same seed. */
struct share {
	size_t one_in;
	uint64_t seed;
};

/* Also sets where the bench's DEED_RECOVER begins. 0 or negative errno. */
int plan_campaign(const struct share *share, struct bench *b, enum campaign which,
		  struct items *ret);

/* The plain kills of a deed, or its plain errors of changing calls: a mutant does not need the others. */
int plan_control(struct bench *b, enum deed deed, bool errors, bool goes_on, struct items *ret);
