#pragma once

/*
 * Undoing what waits to be confirmed may stop containers, or leave them where dockerd does not see them any
 * more. The end of its time does that unasked; a person who does it before is asked, as for any other way back.
 */

#include "cli/context.h"
#include "rollback/history.h"

/*
 * Whether nothing of that comes of it by the host as it is now, or --ack consents to it: CODE_OK; CODE_REFUSED
 * after naming it. The context has the facts of now then, and c->ack.
 */
int undecided_check_stops(struct context *c, struct transaction_summary *t);

/*
 * After that: whom the restart stops by the host as it is now, the caller's. False: dockerd does not tell, and
 * those that the apply has named count.
 */
bool undecided_stops_find(const struct context *c, const struct plan *plan,
			  struct stopped_list *ret);

/* What --ack has to name for that: a control, or several as "A --ack B"; NULL: none. The caller frees it. */
char *undecided_stops_consent(const struct context *c, struct plan *plan);
