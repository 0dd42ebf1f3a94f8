#pragma once

/*
 * What the running daemon has in force for one key of daemon.json: what an effect of this plan
 * gives it counts before the facts, as it does in next.h for the next start. And what keeps a
 * value that is written already from coming into force.
 */

#include "engine/format/daemon-keys.h"
#include "engine/model/delta.h"
#include "engine/model/view.h"

enum daemon_now_state {
	NOW_KNOWN,
	NOW_NOT_RUNNING, /* or another root than the running host's */
	NOW_FILE_CHANGED, /* the file was changed after the start: what was read then is unknown */
	NOW_NOT_MEASURED,
};

struct daemon_now {
	enum daemon_now_state state;
	char *value; /* NULL: the default */
};

/* Negative when the view cannot say what the plan makes of it; *ret is cleared by the caller. */
int daemon_now_read(struct daemon_now *ret, const struct view *v, const char *key,
		    struct error *err);
void daemon_now_clear(struct daemon_now *now);

/*
 * Why dockerd would not take a value of this key at its next start (`k` may be NULL: not in the
 * table); NULL: nothing is in the way. The caller frees it.
 */
char *daemon_now_pending(const struct view *v, const struct daemon_key *k);

/* The same where no dockerd runs on this host; else NULL. Of an image nothing waits. */
char *daemon_now_stopped(const struct view *v, const struct daemon_key *k);

/*
 * The verdict on what is as wanted at the next start, of a daemon that does not run: in force by then,
 * or not, where containers run on without it. `next` is its value (NULL: set nowhere), `shown` that
 * for people.
 */
void daemon_now_await(const struct view *v, const char *key, const char *next, const char *shown,
		      struct delta *delta);

/* Whether containers run on through the next start, as far as is known: with what the plan makes of it. */
bool daemon_now_live(const struct view *v);
