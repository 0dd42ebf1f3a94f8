#pragma once

/*
 * How long each of some addresses does not answer: a thread of its own knocks at them, since whoever
 * brings effects into force waits for systemd meanwhile. It is sparing with those that answer, because
 * each connection is one for the service behind: some count them, and shut out who makes many and says
 * nothing.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"
#include "engine/host/ask/knock.h"

struct timing {
	double answered; /* when the last connection that was taken was begun; 0: none was */
	double away_ms; /* how long it did not answer, all that is over together */
	double missed; /* the first of those that were not taken since `answered` */
	double least_ms; /* as away_ms, from the first that was not taken on */
	/* Since then something goes on that takes ports away: the times between answers count; 0: nothing does */
	double counts_from;
	double longest_ms; /* of those times, of which each is over */
	bool away; /* since `answered` */
};

/* What may take ports away, and how closely it is to be seen. Times are by clock_ms(). */
struct haste {
	double since; /* when it began, or was asked for; 0: nothing was */
	bool ahead; /* it has not begun yet, since others come before it */
	double over; /* when it was done; 0: it goes on */
	int most_ms; /* as of gap_watch_start() */
};

/* What many places lead to: all of them together are what it counts. */
struct service {
	unsigned answers; /* connections that were taken, at whichever place */
	bool away; /* at the first of its places */
};

/* What one knock tells: by clock_ms(), from its begin to its end. */
void timing_saw(struct timing *t, double began, double ended, bool answers);

/*
 * How long it did not answer until then, at most: it was there when the last connection was begun, and
 * again when the next one was taken.
 */
double timing_away_ms(const struct timing *t, double now);

/*
 * The same of what nobody may have met: between two connections that were taken it may have been away all the
 * time. What was not asked is never taken for there. 0: nothing counts.
 */
double timing_most_ms(const struct timing *t, double now);

/* How long until then at least: from the first connection that was not taken to the next that was. */
double timing_least_ms(const struct timing *t, double now);

/*
 * Whether it is to be asked now, which it was last then. At once when something begins that may take ports
 * away, and when that is done; at short intervals that grow from its begin on, but not beyond half of what
 * is to be seen. Where it answers, the first place of a service speaks for the others, which are asked
 * once. A service that has counted many is asked seldom all the same, and what is ahead is not let use them up.
 */
bool timing_is_due(const struct timing *t, const struct service *s, bool first, double last,
		   double now, const struct haste *h);

struct gap_watch;

/*
 * Watches those of the addresses that answer, so that none is away for more than `most_ms` without being seen, as
 * far as that can be had; 0: no matter. The caller ends it by gap_watch_free().
 */
int gap_watch_start(struct gap_watch **ret, const struct knock *all, size_t count, int most_ms,
		    struct error *err);

/*
 * Something is asked for that will take ports away, and others come before it; it begins now; it is done. Only
 * from the first of these to the last time between answers counts (timing_most_ms()). NULL: nothing is watched.
 */
void gap_watch_ahead(struct gap_watch *w);
void gap_watch_hurry(struct gap_watch *w);
void gap_watch_calm(struct gap_watch *w);

/* Knocks at all of them once, those that answer too; done when it returns. */
void gap_watch_ask(struct gap_watch *w);

/* What it knows of one by now; where it never was away, at most by the first place of its service, which is asked more. */
struct timing gap_watch_look(struct gap_watch *w, size_t i);

/* It knocks no more; what it knows stays. */
void gap_watch_stop(struct gap_watch *w);
void gap_watch_free(struct gap_watch *w);
