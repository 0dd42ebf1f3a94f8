#pragma once

/*
 * What both movers stand on: what a path is like right now, what of a plan is swapped in from a file
 * beside its target, and the names of those files. A staged name says by its tag whose it is.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/host/read/handles.h"
#include "engine/model/plan.h"

/* What one path is like right now. */
struct spot {
	struct walk walk; /* without its parent */
	int parent; /* the directory that holds it, -1: there is none; the handles' own */
	struct node node;
};

#define SPOT_INIT                                                                                  \
	{                                                                                          \
		.walk = WALK_INIT, .parent = -1                                                    \
	}

/*
 * By the handles of one pass over a plan's paths: each directory is walked to from the root once in
 * a pass, and again in the next. Where something on the way is not a directory any more there is
 * nothing (no parent, no descriptor): somebody put it there, and what is below is gone.
 */
void spot_clear(struct spot *s);
int spot_look(struct handles *pass, const char *path, bool with_digest, struct spot *ret,
	      struct error *err);

/* The directory that holds the path; -1: it is gone. */
int directory_or_gone(struct handles *pass, const char *path, int *ret, struct error *err);

/* What is exchanged as a whole, with a staged one: a file or a link. */
bool is_staged_kind(enum node_kind kind);

/* Whether the walk up meets image k (from 1) as something new that must be swapped in. */
bool is_staged_at(const struct change *c, size_t k);

/* The k-th staged name of a change, in the directory of its target; the caller frees it. */
char *slot_path(const char *tag, const struct change *c, size_t k);

/* All names under which files of the plan may be staged, absolute, appended to ret. */
void staged_paths(const struct plan *plan, const char *tag, struct strv *ret);

/* Removes these staged files where they are there. Not synced. */
int remove_staged(struct handles *pass, const struct strv *staged_paths, struct error *err);
