#pragma once

/* Whether the host is as planned after the files are in place: what a transaction asks. */

#include "cli/execute.h"

/*
 * Plans again over new facts: nothing may be left to do for the controls of the executed plan,
 * and what is pending must have been announced. -EIO names the control, and it becomes the suspect.
 */
int verify_apply(struct execution *x, struct error *err);

/* Each edit's value is on the host what the plan says; for rollbacks, which no baseline describes. */
int verify_edits(struct execution *x, struct error *err);

/*
 * The first edit of the change whose value is not `after` on the host (index in *ret_edit and the
 * value in *ret_value, which the caller frees): 1; 0 when there is none.
 */
int change_drift(const struct root *root, const struct change *change, size_t from,
		 size_t *ret_edit, char **ret_value, struct error *err);
