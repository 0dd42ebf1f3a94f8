#pragma once

/*
 * A number, or unknown with its reason. One that nobody has set is unknown, so that what was
 * never looked at is not a zero. Readers go through count_get(), which makes them say what they do
 * without the number.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/macros.h"

struct count {
	bool known;
	size_t n; /* by count_get() alone */
	char *why; /* for people; NULL while known, or where nobody has said */
};

void count_set(struct count *c, size_t n);
void count_unknown(struct count *c, const char *why);
void count_clear(struct count *c); /* unknown */

/* Whether it is known; only then *ret is set. */
bool count_get(const struct count *c, size_t *ret) __attribute__((warn_unused_result));

/* Why it is not known; of one that is known NULL. */
const char *count_why(const struct count *c);
