#pragma once

/* What a plan amounts to, in numbers: for the last line of a report, JSON and exit codes. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/model/plan.h"

struct plan_summary {
	size_t add, change, remove; /* edits, and effects that no edit stands for */
	size_t held, refused, waived, by_hand, not_measured, pending;
	size_t unmeasured; /* by verdict, whatever became of them, but for what is waived */
	size_t critical; /* failing, and not fixed by the plan */
	size_t reloads, restarts; /* of dockerd */
};

struct plan_summary plan_summarize(const struct plan *plan);

/* '+', '~' or '-' */
char sign_of(const char *before, const char *after);

/* The sign of a path: made, changed, taken away. */
char change_sign(const struct change *change);

/*
 * Calls fn for each effect of the plan that is not merely an edit coming into force (a daemon.json
 * key, a rule of an edited file): those stand on their own in a report.
 */
void plan_each_own_effect(const struct plan *plan,
			  void (*fn)(void *data, const struct effect *effect), void *data);

/* A chain of the packet filter by how many rules its text has: "3 rules"; the caller frees it. */
char *summary_of_chain(const char *text);

/* The handler that brings an edit into force: HANDLER_NONE when it is so at once. */
enum handler edit_handler(const struct plan *plan, const struct edit *edit);

/* A finding that a person must see to: manual, or failing and not harden's to fix. */
bool finding_is_by_hand(const struct finding *finding);
