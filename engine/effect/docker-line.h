#pragma once

/*
 * dockerd's arguments as a stage of a plan would have them: those of files that the plan leaves alone
 * are in the facts, those of files that it writes are read from what it writes.
 */

#include <stddef.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"

/*
 * Appends the arguments at boundary k of the plan: flags, and also what would be no flag, which
 * dockerd does not start with. -ENODATA where nobody can tell them.
 */
int docker_line(const struct root *root, const struct facts *facts, const struct plan *plan,
		size_t k, struct strv *ret, struct error *err);

/* Whether the plan writes a file that has arguments of dockerd's. */
bool docker_line_changes(const struct facts *facts, const struct plan *plan);
