#include "cli/undo.h"

#include <errno.h>
#include <string.h>

#include "cli/again.h"
#include "cli/message.h"
#include "cli/verify.h"
#include "engine/base/alloc.h"
#include "engine/effect/docker-confirm.h"
#include "engine/effect/start-failed.h"
#include "engine/facts/gather.h"
#include "engine/plan/image.h"
#include "engine/plan/preflight.h"
#include "rollback/in-force.h"
#include "rollback/left-behind.h"
#include "rollback/left-roots.h"
#include "rollback/revert.h"
#include "rollback/stopped.h"

static bool same_change(const struct change *a, const struct change *b)
{
	return a && b && image_equal(&a->images[0], &b->images[0]) &&
	       image_equal(&a->images[a->nimages - 1], &b->images[b->nimages - 1]);
}

/* How many lines it said: of one direction, or of both those that only the other has. */
static size_t compare_changes(const struct plan *was, const struct plan *now, bool missing_only)
{
	size_t said = 0;

	for (size_t i = 0; i < now->nchanges; i++) {
		const struct change *then = plan_find_change(was, now->changes[i].path);

		if (missing_only ? then != NULL : same_change(then, &now->changes[i]))
			continue;
		message("refused: '%s' was changed by somebody else while the rollback was "
			"planned",
			now->changes[i].path);
		said++;
	}
	return said;
}

static int plan_again(struct execution *x, struct plan *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0};
	struct context *c = x->c;
	int r = revert_plan(&c->state, x->undone, x->only, (enum on_conflict)c->o->on_conflict,
			    &c->root, &c->facts, ret, &conflicts, &err);

	if (r == -ESTALE)
		for (size_t i = 0; i < conflicts.count; i++)
			message("refused: changed meanwhile: %s", conflicts.items[i]);
	if (r < 0)
		return fail(r == -ESTALE || r == -EPERM || r == -EEXIST ? CODE_REFUSED : CODE_ERROR,
			    &err);
	return CODE_OK;
}

int undo_again(struct execution *x)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(plan_clear) struct plan now = {0};
	struct context *c = x->c;
	size_t said;
	int code = context_facts_of(c, FACTS_IN_FORCE);

	revert_name_config(x->undone, &c->root, &c->facts);
	if (code == CODE_OK)
		code = plan_again(x, &now);
	if (code != CODE_OK)
		return code;
	said = compare_changes(&c->plan, &now, false);
	said += compare_changes(&now, &c->plan, true);
	said += again_compare_restart(&c->plan, &now);
	said += again_compare_effects(&c->plan, &now);
	if (plan_check_restart(&now, &c->facts, &c->ack, &err) < 0) {
		message("refused: %s", error_text(&err));
		said++;
	}
	said += again_compare_consent(&c->plan, &now);
	if (said == 0)
		return CODE_OK;
	message("nothing was changed: roll back again, and look at what is new");
	return CODE_REFUSED;
}

/* A unit that came up, and is down by now: its start has failed after all. */
static int check_unit(struct execution *x, const struct effect *e, struct error *err)
{
	const char *unit = e->subject.key;
	struct error why = {0};
	int r;

	if (strv_contains(&x->effector->starts.left, unit))
		return 0;
	r = start_failed(x->effector, unit, error_set(&why, -EIO, "'%s' is down again", unit),
			 &why);
	if (r < 0)
		str_replace(&x->suspect, e->control);
	error_move(err, &why);
	return r;
}

static int check_effect(struct execution *x, const struct facts *facts, const struct effect *e,
			struct error *err)
{
	CLEANUP(freep) char *subject = subject_print(e->subject);

	switch (effect_in_force(facts, e)) {
	case IN_FORCE_YES:
		return 0;
	case IN_FORCE_UNKNOWN:
		if (e->pending)
			verify_note_wait(x, subject, e->pending);
		return 0; /* its handler has confirmed it, or nobody could */
	case IN_FORCE_NO:
		break;
	}
	if (e->pending) {
		verify_note_wait(x, subject, e->pending);
		return 0;
	}
	if (e->handler == HANDLER_SYSCTL &&
	    strv_contains(&x->effector->starts.left, e->subject.key))
		return 0; /* the kernel keeps it, and that is noted */
	if (e->subject.scheme == SCHEME_STATE && unit_is_up(e->after))
		return check_unit(x, e, err);
	str_replace(&x->suspect, e->control);
	return error_set(err, -EIO, "'%s' is as before in the files, and not in force", subject);
}

/* What a person said shall stay. */
static bool note_stays(struct execution *x, const struct facts *facts, const struct effect *was)
{
	const struct setting *next = settings_find(&facts->docker.next, was->subject.key);
	CLEANUP(freep) char *subject = NULL;
	CLEANUP(freep) char *line = NULL;

	if (!next || !docker_value_same(next->value, was->after))
		return false;
	subject = subject_print(was->subject);
	line = xasprintf("stays as it was applied: %s: dockerd has it, and its next start reads it "
			 "from %s",
			 subject, next->where ? next->where : "its command line");
	strv_add_once(&x->result.notes, line);
	return true;
}

/* Where this rollback wrote it: one that an earlier rollback took back does not wait for this one. */
static bool waits_for_start(const struct plan *plan, const struct effect *was)
{
	if (plan_handlers(plan) & HANDLERS_RESTART)
		return false; /* which has read it */
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++)
			if (strcmp_null(plan->changes[i].edits.items[k].control, was->control) == 0)
				return true;
	return false;
}

/* A setting that the rollback takes back in files alone: what the running dockerd has stays so. */
static void note_left(struct execution *x, const struct facts *facts, const struct effect *was)
{
	CLEANUP(freep) char *subject = subject_print(was->subject);
	struct effect back = *was; /* borrows */

	if (was->subject.scheme != SCHEME_DOCKER ||
	    (x->only && strcmp_null(was->control, x->only) != 0) ||
	    plan_find_effect(&x->c->plan, was->subject) || !facts->docker.running)
		return;
	back.after = was->before;
	if (effect_in_force(facts, &back) == IN_FORCE_YES)
		return;
	if (effect_in_force(facts, was) != IN_FORCE_NO && note_stays(x, facts, was))
		return;
	if (effect_in_force(facts, was) == IN_FORCE_YES)
		verify_note_wait(x, subject,
				 "dockerd has it as it was applied until its next start");
	else if (effect_in_force(facts, was) == IN_FORCE_UNKNOWN &&
		 waits_for_start(&x->c->plan, was))
		verify_note_wait(x, subject,
				 "dockerd does not tell what it has; its next start reads it");
}

static int for_all(struct execution *x, const struct facts *facts, struct error *err)
{
	const struct plan *plan = &x->c->plan, *undone = &x->undone->plan;
	int r = 0;

	for (size_t i = 0; i < plan->nstages && r >= 0; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count && r >= 0; k++)
			r = check_effect(x, facts, &plan->stages[i].effects.items[k], err);
	for (size_t i = 0; i < undone->nstages && r >= 0; i++)
		for (size_t k = 0; k < undone->stages[i].effects.count; k++)
			note_left(x, facts, &undone->stages[i].effects.items[k]);
	return r;
}

/* What dockerd does not take back with the setting. */
static void note_left_behind(struct execution *x, const struct facts *facts)
{
	const struct plan *undone = &x->undone->plan;

	for (size_t i = 0; i < undone->nstages; i++)
		for (size_t k = 0; k < undone->stages[i].effects.count; k++) {
			const struct effect *e = &undone->stages[i].effects.items[k];

			if (!effect_leaves_behind(e) ||
			    (x->only && strcmp_null(e->control, x->only)) ||
			    effect_in_force(facts, e) == IN_FORCE_YES)
				continue;
			left_behind(&x->c->root, &x->result.notes);
			return;
		}
}

/* A data root that dockerd had for remapped users, and has no more. */
static void note_left_roots(struct execution *x, const struct facts *facts)
{
	const struct effect *e = left_roots_effect(&x->undone->plan);

	if (e && !(x->only && strcmp_null(e->control, x->only)) &&
	    effect_in_force(facts, e) != IN_FORCE_YES)
		left_roots(&x->c->root, facts->docker.data_root, &x->result.notes);
}

int undo_verify(struct execution *x, struct error *err)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	int r = verify_edits(x, err);

	if (r < 0 || x->c->facts.offline)
		return r;
	facts.docker.silent = x->c->facts.docker.silent;
	r = facts_gather(&facts, &x->c->root, context_witness(x->c), FACTS_IN_FORCE, err);
	if (r >= 0)
		r = for_all(x, &facts, err);
	if (r >= 0)
		stopped_name(&x->undone->plan.stopped, &x->c->plan.stopped, &facts, x->undone->id,
			     &x->result.notes);
	if (r >= 0) {
		note_left_behind(x, &facts);
		note_left_roots(x, &facts);
	}
	return r;
}

char *undo_consent(const struct context *c, const char *id)
{
	CLEANUP(transaction_summary_clear) struct transaction_summary t = {0};
	CLEANUP(strv_clear) struct strv conflicts = {0}, ack = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(plan_clear) struct plan plan = {0};

	if (history_load(&c->state, id, &t, NULL) < 0 ||
	    facts_gather(&facts, &c->root, context_witness(c), 0, NULL) < 0)
		return NULL;
	revert_name_config(&t, &c->root, &facts);
	if (revert_plan(&c->state, &t, NULL, CONFLICT_STOP, &c->root, &facts, &plan, &conflicts,
			NULL) < 0)
		return NULL;
	if (plan_check_restart(&plan, &facts, &ack, NULL) >= 0 || plan.asked.count == 0)
		return NULL;
	strv_copy(&ack, &plan.asked);
	return plan_check_restart(&plan, &facts, &ack, NULL) < 0 ? NULL
								 : strv_join(&ack, " --ack ");
}
