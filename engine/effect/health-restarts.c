#include <errno.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/effect/restart-gate.h"

/*
 * Containers that the restart of dockerd stopped and their policy started again: one that ends again and
 * again is up at one look in a few. dockerd counts, and begins anew when it starts.
 */

enum restarts_turn restarts_judge(long before, long now, uint64_t finished_usec,
				  uint64_t calm_since_usec)
{
	if (now <= before)
		return RESTARTS_NONE;
	return finished_usec > calm_since_usec ? RESTARTS_GO_ON : RESTARTS_OVER;
}

static int tell(struct live *l, const struct watched *w, long times, enum restarts_turn turn,
		struct error *err)
{
	CLEANUP(freep)
	char *text = xasprintf(
		"the container '%s' %s: its policy started it again %ld time%s since", w->name,
		turn == RESTARTS_GO_ON ? "does not stay up" : "did not stay up at first", times,
		times == 1 ? "" : "s");

	/* on the way back nothing more can be put back */
	if (turn == RESTARTS_GO_ON && l->effector.interrupt)
		return error_set(err, -EIO, "%s", text);
	if (l->effector.notes)
		strv_add_once(l->effector.notes, text);
	return 0;
}

static int judge(struct live *l, struct engine_api *api, const struct watched *w, int gate_ms,
		 struct error *err)
{
	uint64_t calm = clock_usec(CLOCK_REALTIME) - (uint64_t)gate_ms * 1000 / 2;
	long before = l->restarted ? 0 : w->restarts;
	CLEANUP(container_clear) struct container now;
	enum restarts_turn turn = RESTARTS_NONE;

	if (watched_inspect(api, w->id, &now, NULL) >= 0)
		turn = restarts_judge(before, now.restarts, now.finished_usec, calm);
	return turn == RESTARTS_NONE ? 0 : tell(l, w, now.restarts - before, turn, err);
}

int restarts_check(struct live *l, const struct stopped_list *may_stop, int gate_ms,
		   struct error *err)
{
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < l->ncontainers; i++) {
		const struct watched *w = &l->containers[i];

		if (w->told || w->looped || !container_is_named(may_stop, w->name) ||
		    watched_runs(w))
			continue;
		/* what it does not tell of them, it has told of whether they run */
		if (!api && live_api_open(l, &api, NULL) < 0)
			return 0;
		r = judge(l, api, w, gate_ms, err);
	}
	return r;
}
