#pragma once

/* The site's own commands around a change: --health-cmd, --drain-cmd, --undrain-cmd. */

#include "cli/execution.h"
#include "engine/base/interrupt.h"

/* Before anything is looked at: whether they may be run. CODE_REFUSED says why not, CODE_USAGE what lacks. */
int site_check(const struct context *c);

/* Before the first write: CODE_REFUSED where the host is not well already. */
int site_was_well(struct execution *x);

/* Behind the gate, as transaction_request's well(). */
int site_says_well(void *data, const struct interrupt *interrupt, struct error *err);

/* When all was put back: a note where the host is not well even so. */
void site_after_undo(struct execution *x);
