#pragma once

/* Whether the host is as planned after the files are in place: what a transaction asks. */

#include "cli/execution.h"

/*
 * Plans again over new facts: nothing may be left to do for the controls of the executed plan,
 * and what is pending must have been announced. -EIO names the control, and it becomes the suspect.
 */
int verify_apply(struct execution *x, struct error *err);

/* Each edit's value is on the host what the plan says; for rollbacks, which no baseline describes. */
int verify_edits(struct execution *x, struct error *err);

/* A note of what is not a failure and not done either. `why` may be NULL. */
void verify_note_wait(struct execution *x, const char *what, const char *why);
