#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/effect/live.h"

/* What is said of containers that a restart of dockerd did not leave as they were, and that is no harm. */

/* Who may have asked for its end: the commands of units that our restart took down with dockerd. */
static char *by_units(const struct live *l, const struct ending *e)
{
	CLEANUP(freep) char *units = strv_join(&l->went_down, ", ");

	if (!*units || !(e->unknown || e->asked))
		return xstrdup("");
	return xasprintf(": %s went down with dockerd, whose commands may have done that, and what "
			 "it wrote into its own layer may be lost",
			 units);
}

/*
 * Why that may be no end that anybody wanted: measured with 26.1.5 and 28.5.2, what a `docker restart` has
 * asked to end when dockerd goes is not started again by dockerd's start, whatever its policy.
 */
static char *by_policy(const struct watched *w, const struct ending *e)
{
	static const char *const keeping[] = {"always", "unless-stopped"};

	if (e->unknown || e->runs || !w->restart_policy ||
	    !is_among(w->restart_policy, keeping, ARRAY_SIZE(keeping)))
		return xstrdup("");
	return xasprintf(
		", and does not run, though its restart policy is '%s': unless somebody stopped it "
		"for good, what restarted it was cut off; docker start %s",
		w->restart_policy, w->name);
}

/* One that ended by itself is told once, and then none of our business. */
void watched_tell_ended(struct live *l, struct watched *w, const struct ending *e)
{
	CLEANUP(freep) char *code = ending_words(e, &l->windows, w->restart_policy);
	CLEANUP(freep) char *units = by_units(l, e), *policy = by_policy(w, e);

	w->told = true;
	if (!l->effector.notes)
		return;
	strv_addf(l->effector.notes, "the container '%s' ended meanwhile%s%s%s%s", w->name, code,
		  e->unknown  ? ", and was removed"
		  : w->looped ? ", as it did before"
			      : "",
		  policy, units);
}

/* The plan named it: no harm, but its way back is a person's, whatever becomes of the files. */
void watched_tell_stopped(struct live *l, struct watched *w, bool removed)
{
	if (w->told || !l->effector.notes)
		return;
	w->told = true;
	strv_addf(l->effector.notes,
		  "the container '%s' was stopped by the restart of dockerd, as was announced, and "
		  "%s%s",
		  w->name,
		  removed ? "removed since: who made it makes it anew"
			  : "its restart policy leaves it so; docker start ",
		  removed ? "" : w->name);
}

/* One that has its name runs, and lacks what this one had written. */
void watched_tell_made_anew(struct live *l, struct watched *w, const struct stopped *s)
{
	if (!s || w->told || !l->effector.notes || !stopped_by_unit(s))
		return;
	w->told = true;
	strv_addf(
		l->effector.notes,
		"the container '%s' was made anew, as was announced, and what it had written into "
		"its own layer is lost: %s",
		w->name, s->text);
}

/* Neither is it brought back by what becomes of the files. */
void watched_tell_cut_off(struct live *l, const struct stopped_list *may_stop)
{
	for (size_t i = 0; i < l->ncontainers && l->effector.notes && l->windows.count > 0; i++) {
		struct watched *w = &l->containers[i];
		const struct stopped *s = may_stop ? stopped_find(may_stop, w->name) : NULL;

		if (!s || s->comes_back != COMES_BACK_CUT_OFF || w->told || !watched_runs(w) ||
		    (w->only_ports && ports_are_kept(l, w)))
			continue;
		w->told = true;
		strv_addf(l->effector.notes,
			  "the restart of dockerd cut off a container, as was announced: %s",
			  s->text);
	}
}
