#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"

/*
 * Whether dockerd is to run behind a handler: as it was when the effector was told to remember, or as the journal
 * tells; but not against the word of whoever has stopped it since.
 */

void live_note_stopped(struct live *l, const char *unit)
{
	CLEANUP(freep) char *line = NULL;

	if (!l->effector.notes)
		return;
	line = xasprintf("'%s' was stopped by somebody meanwhile, and is not started: its next "
			 "start finds the files as they are then",
			 unit);
	strv_add_once(l->effector.notes, line);
}

/*
 * A job of our own that ended badly leaves one that has not come up since then. What recovery is told of ran before
 * was held against that already (along.c).
 */
static int was_stopped(struct live *l, struct bus *b, const char *unit, bool *ret,
		       struct error *err)
{
	*ret = false;
	return l->remembered || l->job_usec ? bus_stopped_since(b, unit, l->job_usec, ret, err) : 0;
}

/* When it was told to remember, before it changed anything. */
static bool ran_then(const struct live *l, const char *unit)
{
	return strcmp(unit, DOCKER_SERVICE) == 0 ? l->docker_ran : l->socket_listened;
}

/*
 * A start that failed leaves "failed" or "activating" behind, as a rule, so that still says that it ran. Of what is
 * inactive the journal of the run says whether one of our own jobs left it so.
 */
static bool ran(const struct live *l, const char *unit, const char *active)
{
	if (l->remembered)
		return ran_then(l, unit);
	return strv_contains(&l->ran, unit) || strcmp(active, "inactive") != 0;
}

int live_ought_to_run(struct live *l, const char *unit, bool *ret, struct error *err)
{
	CLEANUP(freep) char *active = NULL;
	bool stopped = false;
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r >= 0)
		r = bus_active_state(b, unit, &active, err);
	if (r >= 0)
		*ret = ran(l, unit, active);
	if (r >= 0 && *ret)
		r = was_stopped(l, b, unit, &stopped, err);
	if (r >= 0 && stopped) {
		live_note_stopped(l, unit);
		*ret = false;
	}
	return r < 0 ? r : 0;
}
