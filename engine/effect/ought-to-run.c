#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"

/*
 * Whether dockerd is to run behind a handler: as it was when the effector was told to remember, or as the journal
 * tells; but not against the word of whoever has stopped it since.
 */

/* The caller frees it. */
static char *note_of(const char *unit)
{
	return xasprintf("'%s' was stopped by somebody meanwhile, and is not started: its next "
			 "start finds the files as they are then",
			 unit);
}

void live_stays_stopped(struct live *l, const char *unit)
{
	CLEANUP(freep) char *line = note_of(unit);

	live_let_down(l, unit); /* or it is started with those that ran before */
	strv_add_once(&l->stopped, unit);
	if (l->effector.notes) /* else nobody reads them */
		strv_add_once(l->effector.notes, line);
}

static void remove_each(struct strv *list, const char *text)
{
	for (size_t i = list->count; i-- > 0;)
		if (strcmp(list->items[i], text) == 0)
			strv_remove(list, i);
}

/* Somebody has started it again: what was noted is not so any more. */
static void forget_stop(struct live *l, const char *unit)
{
	CLEANUP(freep) char *line = note_of(unit);

	remove_each(&l->stopped, unit);
	if (l->effector.notes)
		remove_each(l->effector.notes, line);
}

/* What was found once counts on, as the stop of both units takes its time; whoever stops the service means both. */
static bool known_stopped(const struct live *l, const char *unit)
{
	return strv_contains(&l->stopped, unit) ||
	       (strcmp(unit, DOCKER_SOCKET) == 0 && strv_contains(&l->stopped, DOCKER_SERVICE));
}

/* A job of our own that ended badly leaves one that has not come up since then. */
int live_was_stopped(struct live *l, const char *unit, const char *active,
		     const uint64_t *since_usec, bool *ret, struct error *err)
{
	struct bus *b;
	int r = 0;

	*ret = known_stopped(l, unit) && strcmp(active, "inactive") == 0;
	if (*ret || !since_usec)
		return 0;
	r = live_bus(l, &b, err);
	return r < 0 ? r : bus_stopped_since(b, unit, *since_usec, ret, err);
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

/* Where it is not known, in a recovery, who has stopped it, and when: before the run, or since. */
static void note_down(struct live *l, const char *unit, const char *active)
{
	if (l->effector.notes && !l->remembered && strcmp(active, "inactive") == 0 &&
	    strcmp(unit, DOCKER_SERVICE) == 0 && !known_stopped(l, unit))
		strv_add_once(l->effector.notes,
			      "'docker.service' does not run, and is not started: its next start "
			      "finds the files as they are then");
}

int live_ought_to_run(struct live *l, const char *unit, bool *ret, struct error *err)
{
	CLEANUP(freep) char *active = NULL;
	bool stopped = false, dated = l->remembered || l->job_usec;
	struct bus *b;
	int r = live_bus(l, &b, err);

	if (r >= 0)
		r = bus_active_state(b, unit, &active, err);
	if (r >= 0)
		*ret = ran(l, unit, active);
	if (r >= 0 && strcmp(active, "inactive") != 0)
		forget_stop(l, unit);
	if (r >= 0 && !*ret)
		note_down(l, unit, active);
	else if (r >= 0)
		r = live_was_stopped(l, unit, active, dated ? &l->job_usec : NULL, &stopped, err);
	if (r >= 0 && stopped) {
		live_stays_stopped(l, unit);
		*ret = false;
	}
	return r < 0 ? r : 0;
}

int live_stopped_meanwhile(struct effector *e)
{
	struct live *l = (struct live *)e;
	bool wanted = true;
	int r = l->remembered && l->docker_ran ? live_ought_to_run(l, DOCKER_SERVICE, &wanted, NULL)
					       : 0;

	live_bus_lost(l, r);
	live_bus_release(l);
	return r >= 0 && !wanted;
}
