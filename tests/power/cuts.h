#pragma once

/*
 * What may be on the disks when the power goes at one moment: all that was written up to each
 * disk's last flush, and of what was written since, any part. A cut names one such state.
 */

#include <stdbool.h>

#include "tests/power/log.h"

enum cut_kind {
	CUT_ALL, /* of the writes since the flush */
	CUT_MASK, /* those of a mask */
	CUT_RANDOM, /* half of them, by `argument` */
	CUT_BUT_ONE, /* all but one */
	CUT_TORN, /* all, the last one only for its first pages */
};

struct cut {
	size_t at; /* entries of the log that came before */
	enum cut_kind kind;
	uint64_t argument;
};

struct cuts {
	struct cut *items;
	size_t count;
};

/* How the unflushed writes before `at` lie in the log. */
struct pending {
	size_t *items;
	size_t count;
};

void log_pending(const struct log *l, size_t at, struct pending *ret);

/* How many bytes of the j-th pending write are on the disk. */
size_t cut_bytes(const struct cut *c, const struct log *l, const struct pending *p, size_t j);

/* A number that two cuts share when the same is on the disks. */
uint64_t cut_key(const struct cut *c, const struct log *l, const struct pending *p);

/*
 * All cuts between the marks BEGIN and END: every prefix, every subset of up to 7 pending
 * writes (of more: none, each but one, random ones), the last write torn at pages. More than
 * `limit`: that many of them, by the seed. In the order of the log.
 */
void cuts_make(const struct log *l, size_t limit, uint64_t seed, struct cuts *ret);
void cuts_clear(struct cuts *c);
