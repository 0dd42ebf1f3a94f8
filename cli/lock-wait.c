#include "cli/lock-wait.h"

#include <errno.h>
#include <string.h>

#include "cli/message.h"
#include "cli/outlet.h"
#include "engine/base/alloc.h"
#include "rollback/lock-holder.h"

#define LOOK_MS 1000

/* Once for each process: who stops it again means it. */
static void see_to(const struct state *s, struct lock_holder *seen)
{
	struct lock_holder now = lock_holder_find(s->fd, STATE_LOCK);
	CLEANUP(freep) char *text = NULL;
	bool same = seen->held && seen->pid == now.pid;
	int r;

	if (!now.held || (same && (seen->stopped || !now.stopped)))
		return;
	*seen = now;
	if (!now.stopped) {
		text = lock_holder_text(&now);
		remark("%s; it is waited for", text);
		return;
	}
	r = lock_holder_continue(s->fd, STATE_LOCK, &now);
	if (r > 0)
		remark("another run of harden (process %d) holds the lock, and was stopped: it is "
		       "told to go on (SIGCONT)",
		       now.pid);
	else if (r < 0)
		remark("warning: another run of harden (process %d) holds the lock and is stopped, "
		       "and cannot be told to go on: %s",
		       now.pid, error_reason(-r));
	else
		seen->stopped = false; /* it may be so at the next look */
}

static int wait_for(struct context *c, int left_ms, struct error *err)
{
	struct lock_holder seen = {0};
	int r = state_lock(&c->state, 0, err);

	while (r == -EWOULDBLOCK && left_ms > 0) {
		int ms = left_ms < LOOK_MS ? left_ms : LOOK_MS;

		see_to(&c->state, &seen);
		left_ms -= ms;
		error_clear(err);
		r = state_lock(&c->state, ms, err);
	}
	return r;
}

int lock_wait(struct context *c)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = state_open(&c->state, &c->root, true, &err);

	outlet_hold();
	if (r == 0)
		r = wait_for(c, c->o->lock_timeout_ms, &err);
	return context_locked(r, &err);
}
