#pragma once

/*
 * What a way back that nobody is asked about does to containers: whom its restart of dockerd stops or cuts off,
 * and what dockerd does not see any more thereafter. It is done all the same, and said.
 */

#include "rollback/executor.h"

/* To be asked before the walk, by what may have run. As sentences, appended; none where nothing is restarted. */
void foreseen(struct executor *x, struct strv *ret);
