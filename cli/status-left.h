#pragma once

/* What status tells of values that are other than the ledger alone would have them. */

#include "cli/ledger.h"

/*
 * The host as it is now into `facts`, as h->now, where something that was put back in part may be in force still:
 * only then is it asked. Says so where that cannot be done.
 */
void left_look(const struct context *c, struct history *h, struct facts *facts);

/* What was undone, or put back, and is there still: "SUBJECT of PATH"; in force still, in no file: "SUBJECT". */
void left_find(const struct ledger *l, const struct history *h, struct strv *ret);
void left_put(const struct ledger *l, const struct history *h, struct buf *b,
	      const struct style *s);

/* Whether one of them is in no file. */
bool left_in_force(const struct strv *left);

/* What is in force by the ledger, and was taken away by a rollback that was broken off. */
void gone_find(struct ledger *l, struct strv *ret);
void gone_put(const struct strv *gone, const struct options *o, struct buf *b,
	      const struct style *s);

/* For people: many of one file are told by their number; each by name is in the JSON. The caller frees it. */
char *left_list(const struct strv *left);

/* Both in sentences, for a recovery that put something back in part. */
void left_note(const struct context *c, struct strv *ret);
