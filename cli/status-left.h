#pragma once

/* What status tells of values that are other than the ledger alone would have them. */

#include "cli/ledger.h"

/* What was undone, or put back, and is there still: "SUBJECT of PATH". */
void left_find(const struct ledger *l, struct strv *ret);
void left_put(const struct ledger *l, struct buf *b, const struct style *s);

/* What is in force by the ledger, and was taken away by a rollback that was broken off. */
void gone_find(struct ledger *l, struct strv *ret);
void gone_put(const struct strv *gone, const struct options *o, struct buf *b,
	      const struct style *s);

/* For people: many of one file are told by their number; each by name is in the JSON. The caller frees it. */
char *left_list(const struct strv *left);

/* Both in sentences, for a recovery that put something back in part. */
void left_note(const struct context *c, struct strv *ret);
