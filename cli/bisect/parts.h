#pragma once

/*
 * The parts of a plan that can be tried by themselves: its controls, and which of them another needs to be
 * planned as it was. No baseline says that: it is found by planning some without the others, which changes
 * nothing.
 */

#include "cli/context.h"

struct part {
	struct strv controls; /* several can only be had together */
	int worth; /* the more, the worse it is to be without */
	bool restarts; /* dockerd, or has it read its file anew */
};

struct parts {
	struct part *items; /* those that restart dockerd first; what one needs stands before it */
	size_t count;
	bool *needs; /* count * count: i is not tried without k; what k needs is marked, too */
};

/* By the context's facts, of the host as it is now. CODE_OK, or it said why not. */
int parts_find(struct context *c, const struct plan *all, struct parts *ret);

/* Which part has that control; `count`: none. */
size_t parts_with(const struct parts *p, const char *control);
void parts_clear(struct parts *p);

/* The plan of these controls alone. */
int parts_plan(const struct context *c, const struct strv *controls, struct plan *ret,
	       struct error *err);
