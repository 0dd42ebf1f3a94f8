#pragma once

/*
 * One try of a search: some controls of a plan that failed, as a transaction of its own by the same way as any
 * apply: planned by the host as it is now, asked again for what speaks against it, applied, watched, and put
 * back, or kept.
 */

#include "cli/bisect/record.h"
#include "cli/bisect/search.h"
#include "cli/execution.h"

struct trying {
	struct execution *x; /* the apply that failed; a try that is kept takes its place */
	const struct plan *all; /* what it had planned */
	struct bisect *record;
	bool by_start; /* dockerd would not have started: it is asked about that alone */
	char *suspect; /* the control that the last failure speaks of; NULL: none */
	int code; /* where nothing more is to be tried: what the run ends with */
};

/* The context has the plan of these then, and its facts. */
enum tried try_controls(struct trying *t, const struct strv *controls, bool keep);

/* Nothing more is tried. Why: NULL is what was said last on stderr. */
void try_stop(struct trying *t, int code, const char *why);
/* Whether a run was put back for what its controls may have done: not what stands outside, nor somebody's word. */
bool try_tells(const struct execution *x, int code);

void trying_clear(struct trying *t);
