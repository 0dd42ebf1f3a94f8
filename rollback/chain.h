#pragma once

/*
 * What became of one path, from before harden first touched it until now: the edits of every
 * transaction that was kept, and between them what others did. Any of harden's edits may be
 * taken out of the chain, or put in again; the rest then gives what the path has to be.
 */

#include "engine/plan/image-follow.h"
#include "rollback/history.h"

struct chain_step {
	const struct transaction_summary *of; /* whose edits, or which rollback settled it */
	const struct change *change; /* NULL: a step from one image to another */
	struct image from, to;
};

/* What the first steps of a chain give, so far as all later rollbacks leave them as they stand. */
struct chain_settled {
	struct image image;
	size_t nsteps; /* 0: nothing is known */
	size_t behind; /* the place behind the last transaction that has a part in them */
};

struct chain {
	const struct history *history;
	char *path;
	struct subjects subjects; /* of content, of all edits */
	struct image origin;
	struct image expected; /* what the path should be now, if nobody else had touched it */
	struct chain_step *steps;
	size_t nsteps;
	struct chain_settled settled; /* while it is opened */
	bool begun; /* harden has touched the path */
	bool made_directory; /* it is a directory of ours, which a rollback had to leave */
};

void chain_clear(struct chain *c);

/* The chain of a path; the history's contents are loaded as far as it is known there. */
int chain_open(const struct history *h, const char *path, struct chain *ret, struct error *err);

/* Whether the contents of the path have to be known to tell it. */
bool chain_has_content(const struct chain *c);

/* What others did since: from what is expected to `now`. */
void chain_add_now(struct chain *c, const struct image *now);

/*
 * What the path has to be with one rollback more (NULL: none). Conflicts with what others did are
 * found by `f`, which may be NULL.
 */
int chain_replay(const struct chain *c, const struct undoing *more, struct follow *f,
		 struct image *ret, struct error *err);
