#pragma once

/*
 * One item of a control that has several must not keep the others from being fixed: what speaks
 * against that item (delta.h: omissions) leaves it out, and the rest is done. A control with effects
 * is done whole or not at all: what it puts in force cannot be told apart by file. So is one that
 * writes: an account without its ranges, a setting without its account are worse than none.
 */

#include "engine/model/delta.h"

/* Takes away the edits of the items that are not touched, whatever is left then; not of a whole one. */
void omit_edits(struct delta *d, bool acked);

/*
 * The same where something is left, with a line for each item in `ret`; else all items speak against
 * the whole control: as its holds, or its refusal.
 */
void omit(struct delta *d, bool acked, struct strv *ret);
