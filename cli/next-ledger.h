#pragma once

/*
 * What of harden's own work the next boot would not find as it is now: recovery at boot undoes what is open, and what
 * waits where its time is over by then, before dockerd starts. Which files that leaves nobody has tried.
 */

#include "cli/boot-recovery.h"
#include "cli/context.h"
#include "engine/model/foresight.h"
#include "rollback/history.h"

/* Of each of them a line, or that there is none. `running`: a run of harden is at work on what is open. */
void next_ledger_judge(const struct options *o, const struct transaction_summary *items,
		       size_t count, enum boot_recovery recovery, bool running,
		       struct foresights *ret);

/*
 * Names each by a message, as every command does, and judges it by the host's ledger, which is *ret_ledger then (the
 * caller clears it). What cannot be read is a line as well.
 */
void next_ledger(struct context *c, struct history *ret_ledger, struct foresights *ret);
