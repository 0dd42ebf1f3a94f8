#pragma once

#include "rollback/history.h"

/*
 * What is not as it was applied of those in force, since a rollback was broken off and put back but
 * for what others had changed by then: each is "SUBJECT of PATH", by what is on disk now. Loads the
 * contents of the history. Negative: not known.
 */
int history_gone(const struct state *s, struct history *h, const struct root *root,
		 struct strv *ret, struct error *err);
