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
	bool away; /* since `answered` */
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

/* How long until then at least: from the first connection that was not taken to the next that was. */
double timing_least_ms(const struct timing *t, double now);

/*
 * Whether it is to be asked now, which it was last then. Since `hurried`, when something began that may take
 * ports away, at short intervals that grow; 0: nothing did. Where it answers, the first place of a service
 * speaks for the others, which are asked
 * once since then, as long as it has not counted many.
 */
bool timing_is_due(const struct timing *t, const struct service *s, bool first, double last,
		   double now, double hurried);

struct gap_watch;

/* Watches those of the addresses that answer. The caller ends it by gap_watch_free(). */
int gap_watch_start(struct gap_watch **ret, const struct knock *all, size_t count,
		    struct error *err);

/* Something begins now that may take ports away. NULL: nothing is watched. */
void gap_watch_hurry(struct gap_watch *w);

/* Knocks at all of them once, those that answer too; done when it returns. */
void gap_watch_ask(struct gap_watch *w);

/* What it knows of one by now. */
struct timing gap_watch_look(struct gap_watch *w, size_t i);

/* It knocks no more; what it knows stays. */
void gap_watch_stop(struct gap_watch *w);
void gap_watch_free(struct gap_watch *w);
