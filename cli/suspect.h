#pragma once

/* Which of the controls of a run that failed is the likely cause. */

#include "cli/execution.h"

/*
 * Into x->suspect, where verify did not find it: whom the error blames, or whose setting dockerd's own words
 * (x->result.failure) name. What was only waited for too long (`code`) is not the doing of whoever is alone.
 */
void suspect_find(struct execution *x, int code, const struct error *err);
