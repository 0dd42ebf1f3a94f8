#pragma once

/*
 * What dockerd says of itself before a restart and after it, beside its containers and networks. Plain
 * data and judgement; health-states.c asks dockerd.
 */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/strv.h"

struct engine_state {
	char *swarm; /* LocalNodeState; NULL: not told, nor is anything else */
	char *swarm_error;
	bool manager;
	char *root; /* where it keeps what it has */
	struct strv has; /* "the runtime runc", ...: what containers may need */
	struct strv warnings; /* a line each */
};

void engine_state_clear(struct engine_state *s);

/* From GET /info. */
int engine_state_read(const struct buf *body, struct engine_state *ret, struct error *err);

/*
 * What became worse of the swarm: "the swarm is locked (active before)"; NULL: nothing. The caller
 * frees it.
 */
char *engine_state_swarm_worse(const struct engine_state *before, const struct engine_state *now);

/* What it had and has no more, and the warnings that are new; appended. */
void engine_state_lost(const struct engine_state *before, const struct engine_state *now,
		       struct strv *ret_lost, struct strv *ret_warnings);
