#pragma once

/*
 * Which keys of dockerd are a plan's own, and not what others wrote into its config file. A list of them has
 * names, and of those of which the plan sets members in the file, the members' pointers as well: "log-opts",
 * "/log-opts/max-size".
 */

#include "engine/model/facts.h"
#include "engine/model/plan.h"

/* Those that are edited in the config file; none where `config` is NULL. */
void edits_dockerd_keys(const struct edits *edits, const char *config, struct strv *ret);

/* Those that are put in force. */
void effects_dockerd_keys(const struct effects *effects, struct strv *ret);

/* Both, of the whole plan. */
void plan_dockerd_keys(const struct plan *plan, const struct facts *facts, struct strv *ret);

/* Likewise, and those that others changed in its file, and that the plan writes as dockerd has them. */
void plan_own_keys(const struct plan *plan, const struct facts *facts, struct strv *ret);

/*
 * Whether these of dockerd's handlers (HANDLER_BIT()s) bring what others have waiting of the key, beside who has
 * the keys `own`: of a key of which that sets members alone only those are its own.
 */
bool waiting_is_brought(const struct waiting_key *w, unsigned handlers, const struct strv *own);
