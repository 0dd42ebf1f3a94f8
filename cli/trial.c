#include "cli/trial.h"

#include <errno.h>

#include "cli/message.h"
#include "cli/report/outcome.h"
#include "cli/suspect.h"
#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/plan/dockerd-reach.h"

/* Whether a restart hangs on what nobody has tried, and nobody has consented to by name. */
static bool must_be_tried(const struct context *c)
{
	if (!c->facts.docker.untried || c->plan.start_known || !start_can_be_asked(&c->facts) ||
	    !(plan_handlers(&c->plan) & HANDLERS_RESTART))
		return false;
	for (size_t k = 0; k < c->plan.nstages; k++)
		for (size_t i = 0; i < c->plan.stages[k].effects.count; i++) {
			const char *control = c->plan.stages[k].effects.items[i].control;

			if (control &&
			    (strv_contains(&c->ack, control) || strv_contains(&c->o->ack, control)))
				return false;
		}
	return true;
}

/* A rollback beside a dockerd that runs on: whether it would take the file back is told, no hurdle. */
static bool gives_files_back(const struct execution *x)
{
	return x->of && !(plan_handlers(&x->c->plan) & HANDLERS_DOCKERD);
}

static int refused(struct execution *x, int r, struct error *err)
{
	x->failed_trial = r == -EPERM;
	x->result.failure = xstrdup(error_text(err));
	suspect_find(x, r, err);
	if (x->tries != TRIES_NONE && x->failed_trial)
		return CODE_REFUSED; /* a trial among others: who has made it tells */
	return fail(r == -EPERM ? CODE_REFUSED : CODE_ERROR, err);
}

int trial_of_plan(struct execution *x)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *why = NULL;
	double start = clock_ms();
	int r;

	if (!x->effector->ops->trial || gives_files_back(x))
		return CODE_OK;
	r = x->effector->ops->trial(x->effector, &x->c->facts, &x->c->plan, &why, &err);
	if (r == 0 && must_be_tried(x->c)) {
		message("refused: the next start of dockerd is not tried yet (%s), and dockerd "
			"could not be asked beforehand%s%s; --ack of a control that needs the "
			"restart consents to it",
			x->c->facts.docker.untried, why ? ": " : "", why ? why : "");
		return CODE_REFUSED;
	}
	if (r == 1)
		outcome_phase(x, "trial", clock_ms() - start);
	else if (why && x->tries == TRIES_NONE)
		remark("dockerd could not be asked beforehand: %s", why);
	return r < 0 ? refused(x, r, &err) : CODE_OK;
}
