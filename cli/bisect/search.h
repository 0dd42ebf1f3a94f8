#pragma once

/*
 * Which parts of a change break a host that is well without them. All of them together were tried once, broke
 * it and were put back; what else is known is found by trying some of them, each time on the host as it was.
 * Plain computing: who asks carries the tries out.
 *
 * The shortest beginning of the list that breaks it is found by halves; the last of that one is a culprit. It is
 * tried alone then: where it breaks nothing by itself, those that it needs for that are found in the same way, so
 * that a group that is named gets smaller by none of its members. What is left of the list is tried at the end,
 * to be kept; where that breaks it as well, there is another culprit in it.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/enum-table.h"

enum tried {
	TRIED_WELL,
	TRIED_BROKEN, /* and was put back: the host is as before */
	TRIED_STOP, /* nothing can be told, and nothing more is to be tried */
};

struct search_question {
	size_t count; /* parts; what one needs stands before it */
	const bool *
		needs; /* count * count: whether part i is tried only with k; with what k needs, too */
	const int
		*worth; /* of a group the part of the least is left out, the last of several such */
	size_t most; /* tries */
	/* Tries these, with all that they need; `keep`: where the host is well with them, that is how it stays. */
	enum tried (*ask)(void *data, const bool *with, bool keep);
	/* The part that the last try that broke it speaks of; `count`: none. */
	size_t (*suspect)(void *data);
	void *data;
};

enum search_end {
	SEARCH_FOUND, /* the culprits are named, and the rest, where there is any, is kept */
	SEARCH_NOT_THE_CHANGE, /* what broke it once did not do so again */
	SEARCH_LIMIT, /* no more tries; the culprits are what is known */
	SEARCH_STOPPED,
	SEARCH_END_COUNT,
};

ENUM_TABLE_DECLARE(search_end, enum search_end);

struct culprit {
	size_t *members; /* rising; several break it only together */
	size_t count;
	bool exact; /* false: some of them do, or all; there were no tries to tell which */
};

struct search_answer {
	enum search_end end;
	struct culprit *culprits;
	size_t nculprits;
	bool *out; /* parts that are left out: of each culprit, and what needs them */
	bool *kept; /* parts that are in force */
	size_t tries;
};

/* How many tries are enough for one culprit, or two, or a pair, in so many parts. */
size_t search_most(size_t count);

void search(const struct search_question *q, struct search_answer *ret);
void search_answer_clear(struct search_answer *a);
