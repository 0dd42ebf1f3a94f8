#pragma once

/* The operations of operation.c that only look, for a plan: in a tree, and from directories kept open. */

#include "tests/race/arena.h"

int run_tree(struct arena *a);
int run_look(struct arena *a);

/* The same by path. */
int run_naive_tree(struct arena *a);
int run_naive_look(struct arena *a);
