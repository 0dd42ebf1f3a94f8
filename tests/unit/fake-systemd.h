#pragma once

/*
 * A systemd of one unit (and one timer), in a thread of the test's own. It listens on a socket, and hangs
 * up at a chosen point, as systemd does when it executes itself anew: unit and jobs are kept.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/un.h>

enum hang_up { HANG_UNHEARD, HANG_UNANSWERED, HANG_ANSWERED, HANG_COUNT };

struct fake_systemd {
	/* what the test wants; to be set before it begins */
	unsigned hang_at; /* the call, or the word of a job's end, at which it hangs up; 0: none */
	unsigned hang_times; /* at so many in a row */
	enum hang_up how;
	bool over_meanwhile; /* a job ends while nobody listens, ... */
	bool fails; /* ... and each start fails */
	const char
		*others; /* the type of a job that somebody else has when it is back; NULL: none */
	bool stays_away;
	unsigned mute_at; /* the call before which it hears nothing for so long; 0: none */
	unsigned mute_ms;

	/* what it has */
	const char *active;
	uint64_t up_usec; /* since when it is, or was, active, by CLOCK_MONOTONIC */
	unsigned invocation;
	uint32_t job; /* 0: none */
	const char *job_type;
	uint64_t job_due; /* by CLOCK_MONOTONIC */
	bool timer;

	/* what was done */
	unsigned events, restarts, starts, stops, reloads, daemon_reloads, resets, timers;

	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int listens;
	bool ends;
	pthread_t thread;
};

/* Listens when this returns. */
void fake_systemd_begin(struct fake_systemd *s, const char *directory);
void fake_systemd_end(struct fake_systemd *s);
