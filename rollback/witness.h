#pragma once

/*
 * What this run saw the daemon start with: the settings that the Engine API does not tell, so
 * that the next plan need not guess. Valid for one start of dockerd only (facts check it).
 */

#include "engine/base/error.h"
#include "engine/host/read/root.h"
#include "engine/model/facts.h"
#include "engine/model/plan.h"
#include "rollback/state.h"

/*
 * With which config file the running dockerd is proven to start: its digest, WITNESS_NO_CONFIG where
 * it has none; NULL where nothing is proven. The caller frees it.
 */
char *witness_proven(const struct facts *facts);

/* The digest of that file as a plan leaves it; NULL: not known. The caller frees it. */
char *witness_planned(const struct facts *before, const struct plan *plan);

/*
 * Before anything is changed: what is known of the running daemon. Putting files back makes them
 * younger than it, and then only this tells that it has read them.
 */
int witness_write_before(const struct state *state, const struct facts *before,
			 const struct plan *plan, struct error *err);

/*
 * After putting back, which may have started the daemon anew: it has taken the file as it is
 * again. Only where witness_write_before() could say so of the one before.
 */
int witness_renew(const struct state *state, const struct root *root, const struct plan *plan,
		  struct error *err);

/*
 * Where a transaction is stuck: what is in force is not certain any more, but with which config file
 * the daemon was known to start still is, for the recovery that settles it.
 */
void witness_unsettle(const struct state *state);

/* Where nothing is certain any more. */
void witness_forget(const struct state *state);

/*
 * Where it is not decided yet whether what runs stays: as witness_write(), with what was known before
 * laid by. witness_take_back() has that again when it is undone, before witness_renew(); witness_settle()
 * forgets it when it is kept.
 */
int witness_wait(const struct state *state, const struct root *root, const struct facts *before,
		 const struct plan *plan, struct error *err);
void witness_take_back(const struct state *state);
void witness_settle(const struct state *state);

/* After the commit. `before` are the facts from which the plan came. */
int witness_write(const struct state *state, const struct root *root, const struct facts *before,
		  const struct plan *plan, struct error *err);
