#pragma once

/* The search for the culprit of an apply that failed: what is said beforehand, on the way and at its end. */

#include <jansson.h>

#include "cli/bisect/record.h"
#include "cli/execution.h"
#include "cli/report/style.h"

/*
 * How many tries a search in this plan may need, and how many restarts of dockerd there may be then, the apply's
 * own among them; 0: there is nothing to seek.
 */
void bisect_most(const struct plan *plan, size_t *ret_tries, size_t *ret_restarts);

/* Before anybody consents: what a failure would lead to. Text only. */
void bisect_announce(const struct context *c);

/* That the apply is put back, and a cause looked for; how the last try went. Text only. */
void bisect_tell_failed(const struct execution *x);
void bisect_tell_try(const struct options *o, const struct bisect *found);

/* What was found, and what to do next. */
void bisect_put(struct buf *b, const struct style *s, const struct execution *x);

/* One line for stderr: what is left out. The caller frees it. */
char *bisect_text(const struct bisect *found);

/* null where nothing was sought. */
json_t *bisect_to_json(const struct bisect *found);
