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

/* Whether who has these keys brings all that waits of this one: of members alone only what it sets itself. */
bool waiting_is_own(const struct waiting_key *w, const struct strv *own);
