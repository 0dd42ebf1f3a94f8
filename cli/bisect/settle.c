#include "cli/bisect/settle.h"

#include <errno.h>

#include "cli/execute.h"
#include "cli/site.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/interrupt.h"

#define STEP_MS 1000
#define MOST_MS                                                                                    \
	180000 /* three times the interval at which a container's health is asked as a rule, and more */

static int look(struct execution *x, const struct interrupt *interrupt, int watch_ms,
		struct error *err)
{
	struct effector *e = x->effector;
	CLEANUP(strv_clear) struct strv notes = {0};
	int r;

	e->interrupt =
		interrupt; /* on the way back, which cannot be interrupted, less is a failure */
	e->notes = &notes;
	r = e->ops->health(e, &x->c->plan.stopped, watch_ms, err);
	e->interrupt = NULL;
	e->notes = NULL;
	return r < 0 ? r : site_says_well(x, interrupt, err);
}

int settle(struct execution *x, int watch_ms, struct error *err)
{
	CLEANUP(interrupt_close) struct interrupt interrupt = INTERRUPT_INIT;
	CLEANUP(error_clear) struct error last = {0};
	/* where nothing of a plan can do anything to what is watched, nothing comes back later */
	double deadline = clock_ms() + (execution_gate_ms(x) ? MOST_MS : 0);
	int r = interrupt_open(&interrupt, err);

	if (r < 0)
		return r;
	while ((r = look(x, &interrupt, watch_ms, &last)) < 0 && r != -EINTR &&
	       clock_ms() < deadline) {
		if (interrupt_wait(&interrupt, STEP_MS, err) < 0)
			return -EINTR;
	}
	terminal_progress_end();
	if (r < 0)
		error_move(err, &last);
	return r;
}
