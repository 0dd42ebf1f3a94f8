#include "cli/verify.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/gather.h"
#include "engine/plan/planner.h"
#include "rollback/drift.h"
#include "rollback/in-force.h"

static bool is_executed(const struct execution *x, const char *control)
{
	const struct finding *f = control ? plan_find_finding(&x->c->plan, control) : NULL;

	return f && f->state == FINDING_PLANNED;
}

/* Whether the executed plan has effects of that control, and said of one that it would be pending. */
static bool has_effects(const struct execution *x, const char *control, bool *ret_announced)
{
	const struct plan *plan = &x->c->plan;
	bool found = false;

	*ret_announced = false;
	for (size_t i = 0; i < plan->nstages; i++) {
		for (size_t k = 0; k < plan->stages[i].effects.count; k++) {
			const struct effect *e = &plan->stages[i].effects.items[k];

			if (strcmp_null(e->control, control) != 0)
				continue;
			/* that systemd has read its files is confirmed by its handler */
			found |= e->handler != HANDLER_SYSTEMD_RELOAD;
			*ret_announced |= e->pending != NULL;
		}
	}
	return found;
}

static int blame(struct execution *x, struct error *err, const char *control, const char *what)
{
	str_replace(&x->suspect, control);
	return error_blame(err, error_set(err, -EIO, "control '%s': %s", control, what), control);
}

static int check_changes(struct execution *x, const struct plan *now, struct error *err)
{
	for (size_t i = 0; i < now->nchanges; i++) {
		for (size_t k = 0; k < now->changes[i].edits.count; k++) {
			const struct edit *e = &now->changes[i].edits.items[k];
			CLEANUP(freep) char *subject = subject_print(e->subject), *what = NULL;

			if (!is_executed(x, e->control))
				continue;
			what = xasprintf("'%s' of '%s' is not as planned", subject,
					 now->changes[i].path);
			return error_about(err, blame(x, err, e->control, what),
					   now->changes[i].path);
		}
	}
	return 0;
}

static int check_effects(struct execution *x, const struct plan *now, struct error *err)
{
	for (size_t i = 0; i < now->nstages; i++) {
		for (size_t k = 0; k < now->stages[i].effects.count; k++) {
			const struct effect *e = &now->stages[i].effects.items[k];
			CLEANUP(freep) char *subject = subject_print(e->subject), *what = NULL;

			if (!is_executed(x, e->control))
				continue;
			what = xasprintf("'%s' is not in force", subject);
			return blame(x, err, e->control, what);
		}
	}
	return 0;
}

/* Only what the plan left out is not as wanted. */
static bool was_left_out(const struct finding *then, const struct finding *now)
{
	if (now->state != FINDING_HELD && now->state != FINDING_REFUSED)
		return false;
	for (size_t i = 0; i < now->holds.count; i++)
		if (!strv_contains(&then->left_out, now->holds.items[i]))
			return false;
	return then->left_out.count > 0 &&
	       (!now->refusal || strv_contains(&then->left_out, now->refusal));
}

/* Whether all that the plan did for the control is known to be in force: what is not measured is beside it. */
static bool is_confirmed(const struct execution *x, const struct facts *facts, const char *control)
{
	const struct plan *plan = &x->c->plan;

	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++) {
			const struct effect *e = &plan->stages[i].effects.items[k];

			if (strcmp_null(e->control, control) == 0 &&
			    effect_in_force(facts, e) != IN_FORCE_YES)
				return false;
		}
	return true;
}

static void note_unmeasured(struct execution *x, const struct finding *f)
{
	CLEANUP(freep)
	char *line = xasprintf("in force as planned; of '%s' not everything could be measured: %s",
			       f->control, f->reason ? f->reason : "nobody said why");

	strv_add_once(&x->result.notes, line);
}

/* A verdict that the executed control must not have now: NULL when it may. */
static const char *unexpected(const struct execution *x, const struct finding *now)
{
	const struct finding *then = plan_find_finding(&x->c->plan, now->control);
	bool announced, effects = has_effects(x, now->control, &announced);

	switch (now->verdict) {
	case VERDICT_NOT_APPLICABLE:
	case VERDICT_PASS:
	case VERDICT_MANUAL:
		return NULL;
	case VERDICT_PENDING:
		return announced || then->verdict == VERDICT_PENDING
			       ? NULL
			       : "is not in force yet, which the plan did not announce";
	case VERDICT_NOT_MEASURED:
		/* what only files say was compared above; on an image nothing else is there */
		return effects && !x->c->facts.offline ? "cannot be measured after the change"
						       : NULL;
	case VERDICT_FAIL:
		/* what it still wants was compared above: here harden wants nothing, a person must */
		return now->state == FINDING_OK || was_left_out(then, now) ? NULL : "still fails";
	case VERDICT_COUNT:
		break;
	}
	return "still fails";
}

/*
 * Nothing of the plan was to bring it into force: dockerd did not run, and what runs without it keeps
 * its next start from doing so.
 */
static bool waits_by_itself(const struct execution *x, const struct finding *now)
{
	bool announced;

	return now->verdict == VERDICT_PENDING && !has_effects(x, now->control, &announced);
}

void verify_note_wait(struct execution *x, const char *what, const char *why)
{
	CLEANUP(freep)
	char *line =
		xasprintf("written, not in force: %s: %s", what, why ? why : "nobody said why");

	strv_add_once(&x->result.notes, line);
}

static int check_findings(struct execution *x, const struct facts *facts, const struct plan *now,
			  struct error *err)
{
	for (size_t i = 0; i < now->nfindings; i++) {
		const struct finding *f = &now->findings[i];
		const char *why = is_executed(x, f->control) ? unexpected(x, f) : NULL;
		CLEANUP(freep) char *what = NULL;

		if (!why)
			continue;
		if (waits_by_itself(x, f)) {
			verify_note_wait(x, f->control, f->reason);
			continue;
		}
		if (f->verdict == VERDICT_NOT_MEASURED && is_confirmed(x, facts, f->control)) {
			note_unmeasured(x, f);
			continue;
		}
		what = f->reason ? xasprintf("%s: %s", why, f->reason) : xstrdup(why);
		return blame(x, err, f->control, what);
	}
	return 0;
}

int verify_apply(struct execution *x, struct error *err)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(plan_clear) struct plan now = {0};
	struct plan_request request = context_request(x->c, &facts);
	/* most of what takes long is only measured: nothing here can have an effect on it */
	unsigned parts = plan_needs(&request) & FACTS_IN_FORCE;
	int r;

	facts.docker.silent = x->c->facts.docker.silent;
	r = facts_gather(&facts, &x->c->root, context_witness(x->c), parts, err);
	if (r == 0)
		r = plan_compute(&request, &now, err);
	if (r == 0)
		r = check_changes(x, &now, err);
	if (r == 0)
		r = check_effects(x, &now, err);
	return r == 0 ? check_findings(x, &facts, &now, err) : r;
}

int verify_edits(struct execution *x, struct error *err)
{
	const struct plan *plan = &x->c->plan;

	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *c = &plan->changes[i];
		CLEANUP(drifts_clear) struct drifts drifts = {0};
		int r = drift_from_image(&x->c->root, c->path, &c->edits,
					 &c->images[c->nimages - 1], &drifts, err);

		if (r < 0)
			return r;
		if (drifts.count) {
			CLEANUP(freep)
			char *subject = subject_print(drifts.items[0].edit->subject);

			return error_set_at(err, -EIO, c->path,
					    "'%s' of '%s' is not as it shall be", subject, c->path);
		}
	}
	return 0;
}
