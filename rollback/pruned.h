#pragma once

/*
 * What was in force when a person had it pruned: what it changed stands, and the ledger knows nothing of
 * it any more. Its id is left behind, so that nobody says that all was undone.
 */

#include "engine/base/strv.h"
#include "rollback/state.h"

#define STATE_PRUNED STATE_DIR "/pruned"

/* Notes one more, before its directory goes; the state is locked. */
int pruned_note(const struct state *state, const char *id, struct error *err);

/* Takes these out again: somebody has seen to what they changed. The state is locked. */
int pruned_forget(const struct state *state, const struct strv *ids, struct error *err);

/* Those that were noted and that the ledger has not any more, each once. */
int pruned_list(const struct state *state, struct strv *ret, struct error *err);
