#include <errno.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/effect/restart-gate.h"

#define TRY_AGAIN_MS 5000 /* what dockerd still starts again may take this long to show */

/*
 * Containers that kept ending, and that dockerd started again each time. They are well in no case,
 * but what tries no more since our restart is told: measured with 20.10.24, which finds their
 * published ports taken by themselves at its start, and leaves them "exited".
 */

void loops_remember(struct live *l, const struct container *c)
{
	struct looping *one;

	if (!c->running || !c->id ||
	    !ending_loops(c->restart_policy, c->restarts, c->finished_usec,
			  clock_usec(CLOCK_REALTIME)))
		return;
	one = array_append(&l->loops, &l->nloops, sizeof(*one));
	one->id = xstrdup(c->id);
	one->name = xstrdup(container_label(c));
}

void loops_clear(struct live *l)
{
	for (size_t i = 0; i < l->nloops; i++) {
		free(l->loops[i].id);
		free(l->loops[i].name);
	}
	free(l->loops);
	l->loops = NULL;
	l->nloops = 0;
}

/* One that succeeded at last has nothing to do any more. */
static bool gave_up(struct engine_api *api, const struct looping *one)
{
	CLEANUP(container_clear) struct container c;

	return watched_inspect(api, one->id, &c, NULL) >= 0 && !c.running &&
	       strcmp_null(c.state, "exited") == 0 && c.start_failed;
}

static int find_given_up(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;

	if (live_api_open(l, &api, NULL) < 0)
		return 0; /* its list of containers could be read a moment ago */
	for (size_t i = 0; i < l->nloops; i++)
		if (!container_is_named(may_stop, l->loops[i].name) && gave_up(api, &l->loops[i]))
			strv_add(&names, l->loops[i].name);
	if (names.count == 0)
		return 0;
	list = strv_join(&names, ", ");
	return error_set(err, -EIO,
			 "dockerd started %s again and again before its restart, could not at it, "
			 "and tries no more: its next start does, and 'docker inspect' tells what "
			 "was in the way",
			 list);
}

int loops_tell(struct live *l, const struct stopped_list *may_stop, struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	int r;

	if (!l->restarted || l->nloops == 0 || !l->effector.notes)
		return 0;
	r = live_wait_until_well(l, find_given_up, may_stop, TRY_AGAIN_MS, &why);
	if (r == -EIO)
		strv_add(l->effector.notes, error_text(&why));
	else if (r < 0)
		error_move(err, &why);
	return r == -EIO ? 0 : r;
}
