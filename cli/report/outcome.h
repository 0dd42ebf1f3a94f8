#pragma once

/* How an apply or a rollback went: its phases with their times, and how it ended. */

#include "cli/execution.h"
#include "cli/report/style.h"

/* Notes that a phase is over, and says so in a line at once; of a try only the first. */
void outcome_phase(struct execution *x, const char *name, double ms);

/* That it is applied, and waits: until when, and by which commands that ends. Text only. */
void outcome_waiting(const struct execution *x);

/* The way out where a transaction cannot be brought to its end. */
void outcome_set_aside(struct buf *b, const struct style *s, const struct options *o,
		       const struct strv *ids);

/* What a person can do about what others changed, where something was left for that. */
void outcome_settling(struct buf *b, const struct style *s, const struct options *o,
		      bool met_foreign);

/* The end of the answer, text or JSON; gives the code back. */
int outcome_print(const struct execution *x, int code);
