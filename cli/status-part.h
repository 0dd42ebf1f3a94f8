#pragma once

/* What of an apply that is in force was undone by itself, with --only: it is in force without that. */

#include "engine/base/strv.h"
#include "rollback/history.h"

/* Its controls whose part does not stand; appended. `h` is linked. */
void part_undone(const struct history *h, const struct transaction_summary *t, struct strv *ret);
