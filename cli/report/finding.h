#pragma once

/* How a finding is told: what was measured first, and only then why it is not fixed. */

#include "engine/base/strv.h"
#include "engine/model/plan.h"

/*
 * A text that names many, for a report: cut behind a name where it is long, and then says how to
 * see the rest. With `verbose`, and in JSON, nothing is cut. The caller frees it.
 */
char *finding_text(const char *text, bool verbose);

/* What was measured, in one sentence; a manual control, or one that passes, has its title. */
const char *finding_says(const struct finding *f);

/*
 * Why the plan does not fix it, or what a person can do: a line each; none where all is well. With
 * `verbose`, first whatever else was found.
 */
void finding_adds(const struct finding *f, bool verbose, struct strv *ret);

/* Those findings of a plan, the worst first, then by id; the caller frees the array alone. */
const struct finding **findings_sorted(const struct plan *plan,
				       bool (*is_so)(const struct finding *f), size_t *ret_count);

/*
 * Whether the plan does what was asked for, or nothing is left to do: it is so, is from the next boot
 * on, or is written and only not seen in force.
 */
bool finding_is_done(const struct finding *f);

/* A critical finding that stays as it is with this plan. */
bool finding_stays_critical(const struct finding *f);
