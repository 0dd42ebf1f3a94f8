#include "engine/effect/ending.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

#define AFTER_USEC (UINT64_C(250) * 1000) /* what a handler did may show this much later */
#define LOOP_USEC                                                                                  \
	(UINT64_C(600) * 1000 * 1000) /* Docker waits a minute at most between two starts */
#define BY_SIGNAL 128 /* codes from here on are of processes that a signal ended */
/* What dockerd notes where a container ended while it was away, and containerd kept no code (28.5). */
#define NOT_SEEN 255

void windows_begin(struct windows *w, uint64_t now, bool live)
{
	struct window *one = array_append(&w->items, &w->count, sizeof(*one));

	one->from = now;
	one->live = live;
	one->spares = true;
}

void windows_ended_dockerd(struct windows *w)
{
	struct window *one = w->count ? &w->items[w->count - 1] : NULL;

	if (one && one->to == 0)
		one->spares = one->live;
}

void windows_end(struct windows *w, uint64_t now)
{
	w->items[w->count - 1].to = now;
}

static bool is_within(const struct window *w, uint64_t when)
{
	return when >= w->from && (w->to == 0 || when <= w->to + AFTER_USEC);
}

/* The window in which it ended, by the heaviest reading where that is not known; NULL: in none. */
static const struct window *window_of(const struct windows *w, uint64_t finished)
{
	const struct window *found = NULL;

	for (size_t i = 0; i < w->count; i++)
		if ((finished == 0 || is_within(&w->items[i], finished)) &&
		    (!found || found->spares))
			found = &w->items[i];
	return found;
}

bool ending_loops(const char *policy, long restarts, uint64_t finished, uint64_t now)
{
	bool starts_again = policy && *policy && strcmp(policy, "no") != 0;

	return starts_again && (restarts > 0 || (finished && finished + LOOP_USEC > now));
}

/* dockerd was down, or on its way: whoever ends with that number otherwise is as likely as not. */
static bool was_away(const struct ending *e, const struct window *w)
{
	return e->code == NOT_SEEN && w;
}

char *ending_words(const struct ending *e, const struct windows *windows, const char *policy)
{
	bool again = policy && starts_with(policy, "on-failure");

	if (e->code < 0 || e->runs || e->unknown)
		return xstrdup("");
	if (!was_away(e, window_of(windows, e->finished)))
		return xasprintf(" (exit code %d)", e->code);
	return xasprintf(" (how is not known: dockerd was away, and takes it for a failure%s)",
			 again ? "; its restart policy may have it run once more" : "");
}

/*
 * How it ended is not known, which says nothing either way: that others went through the same restart
 * of a dockerd that left containers alone does.
 */
static bool ended_unseen(const struct ending *e, const struct window *w, bool survivors)
{
	return was_away(e, w) && w->spares && survivors;
}

enum ended ending_judge(const struct ending *e, const struct ending_scene *scene)
{
	const struct window *w;
	bool spared;

	if (e->unknown && e->on_disk)
		return ENDED_OUT_OF_VIEW;
	if (e->unknown && !scene->removes_itself)
		return ENDED_BY_ITSELF; /* dockerd removes none unasked: somebody did */
	w = window_of(&scene->windows, e->unknown ? 0 : e->finished);
	if (!w || e->asked)
		return ENDED_BY_ITSELF;
	spared = w->spares || scene->survivors;
	if (scene->looped && spared)
		return ENDED_BY_ITSELF;
	if (!e->unknown && !e->runs && !e->oom && (e->code < 0 || e->code >= BY_SIGNAL) &&
	    !ended_unseen(e, w, scene->survivors))
		return ENDED_BY_CHANGE;
	/* one that stays up would have been started anew by nobody but the change */
	if (e->runs && !scene->looped && !(w->spares && scene->survivors))
		return ENDED_BY_CHANGE;
	return spared ? ENDED_BY_ITSELF : ENDED_BY_CHANGE;
}
