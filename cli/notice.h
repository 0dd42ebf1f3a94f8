#pragma once

/*
 * What every command says of the ledger, whatever it was asked: a transaction that is open or
 * damaged, a run that goes on right now, and that nothing would finish a broken-off run at boot.
 */

#include "cli/boot-recovery.h"
#include "cli/context.h"
#include "rollback/history.h"
#include "rollback/lock-holder.h"

/* Broken off, waiting, or in need of a person. */
bool notice_is_open(const struct transaction_summary *t);

/* Open, and what it wrote may yet be put back: not one that only waits for a restart. */
bool notice_is_undecided(const struct transaction_summary *t);

/*
 * "transaction ID waits to be confirmed, 9 min 30 s left: ... keeps it, ..."; the caller frees it. `running`: a run is
 * at work, which may be the one that undoes what is overdue.
 */
char *notice_waiting(const struct options *o, const struct transaction_summary *t, bool running);

/* Whether a run of harden holds the lock now; as far as this can be seen. */
bool notice_is_running(const struct state *s);

/* " (process 12)", to stand behind the name of that run; "" where it is not known. The caller frees it. */
char *notice_who(const struct lock_holder *h);

/* Whether systemd runs `recover` at boot; UNKNOWN for a root where nothing runs. */
enum boot_recovery notice_boot_recovery(const struct root *root);

/*
 * Messages about these transactions; where one is broken off, also that boot recovery is off. Else
 * that is told before something is changed, and by `status`: each look would be too often.
 */
void notice_transactions(const struct context *c, const struct transaction_summary *items,
			 size_t count);

/* That a run which is broken off by the power would be put back by nobody; said once. */
void notice_boot(const struct context *c);

/* What lies among the transactions and is none. */
void notice_strays(const struct context *c);

/* The same of the host's ledger, for commands that are about something else. */
void notice_ledger(const struct context *c);
