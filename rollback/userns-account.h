#pragma once

/* The account whose ranges of ids dockerd has for userns-remap: who needs it, and where it stands. */

#include <stdbool.h>

#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

#define USERNS "userns-remap"

/* A setting's JSON text: that users are remapped. */
bool userns_is_on(const char *value);

/* Whether a file of the account's is one that the change takes an entry out of, on its way up or down. */
bool userns_takes_entry(const struct change *c, bool down);

/*
 * Why the account is needed with the host as it is: a daemon file of the plan's, or dockerd's next start,
 * names it, dockerd has it in force, or one of that cannot be told. `now` NULL: nobody can look, and the
 * files decide. NULL: it is not needed; else the caller's.
 */
char *userns_need(const struct root *root, const struct plan *plan, const struct facts *now);
