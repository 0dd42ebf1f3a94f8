#pragma once

#include "engine/model/facts.h"
#include "engine/model/stopped.h"

/*
 * Whom a restart of dockerd stops, may stop and cuts off, as one clause ("the restart of dockerd stops
 * 1 container: web (...), and cuts off ..."), and why live-restore cannot be borrowed, or a reload does not do. The caller frees it.
 */
char *stopping_text(const struct facts *facts, const struct stopped_list *stopped);

/*
 * That as an objection, with what helps against it; NULL: the restart stops nobody. (A plan of apply has
 * live-restore on by itself where it can be had, and nothing is applied while one waits.) `stopped` may be NULL;
 * `then` goes behind the advice to have live-restore before a rollback, NULL: none is given. The caller frees it.
 */
char *stopping_objection(const struct facts *facts, const struct stopped_list *stopped,
			 bool loses_live, const char *then);

/*
 * "; they run on where ...", with `where` behind it: what is said only where with live-restore in force one of these would
 * run on, and by name where not all would. Whoever goes down with a unit of dockerd's, or is its client, or is not known
 * does not. "" where it helps nobody, or that is not known; the caller frees it.
 */
char *stopping_remedy(const struct facts *facts, const struct stopped_list *stopped,
		      const char *where);
