#pragma once

/*
 * Undoing what waits to be confirmed may stop containers, or leave them where dockerd does not see them any
 * more. The end of its time does that unasked; a person who does it before is asked, as for any other way back.
 */

#include "cli/context.h"
#include "rollback/history.h"

/*
 * Whether nothing of that comes of it by the host as it is now, or --ack consents to it: CODE_OK; CODE_REFUSED
 * after naming it. The context has the facts of now then, and c->ack; in t->plan, which is its own, `stopped` are
 * those whom the restart stops now, `consented` what --ack consents to, and `checks` tell of both.
 */
int undecided_check_stops(struct context *c, struct transaction_summary *t);

/*
 * After that: whether dockerd is not restarted, as its config file is others' by now, and brings back nothing of what was
 * applied: nobody is asked for consent then.
 */
bool undecided_leaves_out(const struct context *c, const struct plan *plan);

/* After that: false: dockerd does not tell whom, and those that the apply has named count. */
bool undecided_stops_are_known(const struct context *c);

/*
 * Between that and the walk somebody was asked. The same once more, of the same transaction as it is now (`now`):
 * CODE_REFUSED as well where more comes of it than `t` told, which is named.
 */
int undecided_check_again(struct context *c, const struct transaction_summary *t,
			  struct transaction_summary *now);

/* What --ack has to name for that: a control, or several as "A --ack B"; NULL: none. The caller frees it. */
char *undecided_stops_consent(const struct context *c, struct plan *plan);
