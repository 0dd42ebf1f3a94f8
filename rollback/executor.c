#include "rollback/executor-impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/format/secret.h"
#include "rollback/left-running.h"
#include "rollback/live-image.h"

void executor_init(struct executor *x)
{
	x->begun = xcalloc(x->mover.plan->nstages, sizeof(*x->begun));
	x->open = xcalloc(x->mover.plan->nstages, sizeof(*x->open));
}

void executor_clear(struct executor *x)
{
	journal_close(&x->journal);
	mover_clear(&x->mover);
	free(x->begun);
	free(x->open);
	x->begun = x->open = NULL;
}

static void tell(struct executor *x, const char *phase, double since)
{
	if (x->phase)
		x->phase(x->data, phase, clock_ms() - since);
}

static int stage_handlers_up(struct executor *x, size_t k, struct error *err)
{
	const struct stage *stage = &x->mover.plan->stages[k];

	for (int h = 0; h < HANDLER_COUNT; h++) {
		int r;

		if (!(stage->up & HANDLER_BIT(h)))
			continue;
		r = interrupt_wait(x->effector->interrupt, 0, err);
		if (r >= 0)
			r = drain_before(&x->drain, (enum handler)h, &x->journal,
					 x->effector->interrupt, err);
		if (r >= 0)
			r = executor_begin(x, k, (enum handler)h, false, err);
		if (r < 0)
			return r;
		r = executor_run_handler(x, stage, (enum handler)h, false, err);
		if (r >= 0)
			r = executor_end(x, k, (enum handler)h, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Before the file of a dockerd that may not run loses live-restore: its next start, by whomever. */
static int may_move(struct executor *x, size_t k, struct error *err)
{
	const struct effector_ops *ops = x->effector->ops;
	const char *path = ops->may_give_up_live ? live_given_up(&x->mover, k) : NULL;
	int r = path ? ops->may_give_up_live(x->effector, err) : 0;

	return r < 0 ? error_about(err, error_wrap(err, r, "'%s' keeps live-restore", path), path)
		     : 0;
}

int executor_up(struct executor *x, struct error *err)
{
	const struct plan *plan = x->mover.plan;

	for (size_t k = 0; k < plan->nstages; k++) {
		bool last = k + 1 == plan->nstages;
		double since = clock_ms();
		int r;

		if (!plan->stages[k].up && !last)
			continue; /* an image that only the way back needs */
		r = interrupt_wait(x->effector->interrupt, 0, err);
		if (r >= 0)
			r = may_move(x, k + 1, err);
		if (r >= 0)
			r = mover_move(&x->mover, k + 1, NULL, err);
		if (r >= 0 && last)
			r = journal_note(&x->journal, RECORD_APPLIED, "{}", err);
		if (r < 0)
			return r;
		tell(x, "files", since);
		r = stage_handlers_up(x, k, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * The undo is judged by the state, and not by whether a handler could be run: a reload that dockerd
 * refuses for a reason of its own has changed nothing on the way up, and need change nothing back.
 */
static bool is_in_force(struct executor *x, const struct stage *stage, enum handler handler)
{
	CLEANUP(effects_clear) struct effects effects = {0};

	if (!x->effector->ops->in_force)
		return false;
	effects_towards(stage, handler, true, &effects);
	return x->effector->ops->in_force(x->effector, handler, &effects) > 0;
}

/* What is not in force again, each with the value that it had. */
static char *name_values(const struct stage *stage, enum handler handler)
{
	CLEANUP(effects_clear) struct effects all = {0};
	CLEANUP(strv_clear) struct strv names = {0};

	effects_towards(stage, handler, false, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct effect *e = &all.items[i];
		CLEANUP(freep) char *subject = subject_print(e->subject);
		CLEANUP(freep) char *was = secret_show_value(e->subject, e->before);

		strv_addf(&names, "%s (%s)", subject, was ? was : "default");
	}
	return strv_join(&names, ", ");
}

/* Whether a file of somebody else is why; then it is noted, and nobody has to fix it first. */
static bool is_left_running(struct executor *x, size_t k, enum handler handler, const char *failure)
{
	const struct stage *stage = &x->mover.plan->stages[k];
	CLEANUP(freep) char *why = left_running(x->effector, x->mover.plan, k, handler);
	CLEANUP(freep) char *values = why ? name_values(stage, handler) : NULL;

	if (!why)
		return false;
	strv_addf(&x->mover.notes,
		  "dockerd is left as it runs: %s; %s; not in force again, before its next start "
		  "with a file that says so: %s",
		  failure, why, values);
	x->mover.met_foreign = true;
	return true;
}

/*
 * The way up had live-restore in force here; a dockerd that somebody's edit started without it has not,
 * and no restart is let through. The file says it again, and a reload puts it in force.
 */
static void lend_live(struct executor *x, size_t k, enum handler handler)
{
	const struct effector_ops *ops = x->effector->ops;
	CLEANUP(effects_clear) struct effects live = {0};
	struct error why = {0};

	if (!(HANDLER_BIT(handler) & HANDLERS_RESTART) || !ops->contradicts ||
	    !live_is_at(&x->mover, k))
		return;
	effects_add(&live, NULL, HANDLER_DOCKER_RELOAD, subject_of(SCHEME_DOCKER, "live-restore"),
		    "false", "true");
	if (ops->contradicts(x->effector, &live) > 0 &&
	    ops->run(x->effector, HANDLER_DOCKER_RELOAD, &live, &why) < 0)
		strv_addf(&x->mover.notes, "live-restore was not in force any more: %s",
			  error_text(&why));
	error_clear(&why);
}

/*
 * A unit that does not start any more, or a setting that the kernel does not give up, is for a person
 * to give up, as a file of others is.
 */
static int run_down(struct executor *x, enum handler handler, const struct effects *effects,
		    struct error *err)
{
	struct starts *s = &x->effector->starts;
	bool failed = s->failed, settings_failed = s->settings_failed;
	int r;

	s->failed = s->settings_failed = false;
	r = executor_run_effects(x, handler, effects, err);
	x->mover.met_foreign |= s->failed || s->settings_failed;
	s->failed |= failed;
	s->settings_failed |= settings_failed;
	return r;
}

/* `beside`: the host, where a file of others' is read, and a person consented to that; else NULL. */
static void handler_down(struct executor *x, size_t k, enum handler handler,
			 const struct facts *beside, struct strv *left)
{
	const struct stage *stage = &x->mover.plan->stages[k];
	CLEANUP(effects_clear) struct effects effects = {0};
	struct error why = {0};
	size_t all;

	effects_towards(stage, handler, true, &effects);
	all = effects.count;
	executor_spare(x, handler, &effects, left);
	if (beside)
		executor_spare_others(x, beside, &effects);
	if (all > 0 && effects.count == 0 && !(x->open[k] & HANDLER_BIT(handler)))
		return; /* else what went along with it goes back */
	lend_live(x, k, handler);
	executor_begin(x, k, handler, true, NULL); /* a way back does not hang on it */
	if (run_down(x, handler, &effects, &why) >= 0) {
		executor_end_down(x, k, handler);
		return;
	}
	if (is_in_force(x, stage, handler))
		strv_addf(&x->mover.notes, "%s; what is in force is as it was all the same",
			  error_text(&why));
	else if (!is_left_running(x, k, handler, error_text(&why)))
		strv_add(left, error_text(&why));
	error_clear(&why);
}

static bool stage_has_effect(const struct stage *stage, enum handler handler)
{
	for (size_t i = 0; i < stage->effects.count; i++)
		if (stage->effects.items[i].handler == handler)
			return true;
	return false;
}

/* Handlers back, in the same order: systemd reads its units before dockerd is restarted. */
static void stage_handlers_down(struct executor *x, size_t k, struct strv *left)
{
	const struct stage *stage = &x->mover.plan->stages[k];

	for (int i = 0; i < HANDLER_COUNT; i++) {
		enum handler h = (enum handler)i;
		CLEANUP(facts_clear) struct facts now = {0};

		if (!(stage->down & HANDLER_BIT(h)) || executor_is_untouched(x, k, h))
			continue;
		if (!executor_is_beside_foreign(x, h)) {
			handler_down(x, k, h, NULL, left);
		} else if (executor_is_consented(x, h, &now)) {
			handler_down(x, k, h, &now, left);
		} else {
			x->left_out |=
				stage_has_effect(stage, h); /* what was lent is back already */
			strv_addf(x->mover.keep_foreign ? &x->mover.notes : left,
				  "%s: left out, beside what others changed", handler_phrase(h));
		}
	}
}

/*
 * Before an earlier stage's handlers run, it is noted that this one's need not run again; and where
 * something is left, so that recovery comes back.
 */
static bool note_undone(struct executor *x, size_t k, struct strv *left)
{
	CLEANUP(freep) char *payload = xasprintf("{\"stage\":%zu}", k);
	struct error why = {0};
	bool more = left->count > 0;
	int r = 0;

	x->begun[k] = 0;
	for (size_t i = 0; i < k; i++)
		more |= x->begun[i] != 0;
	if (more)
		r = journal_note(&x->journal, RECORD_EFFECT_UNDONE, payload, &why);
	if (r < 0)
		strv_add(left, error_text(&why));
	error_clear(&why);
	return r >= 0;
}

static int move_down(struct executor *x, size_t k, struct strv *left, struct error *err)
{
	double since = clock_ms();
	int r = mover_move(&x->mover, k, left, err);

	tell(x, "files put back", since);
	return r;
}

/*
 * Files to boundary k, or to the last one before it that keeps live-restore where that may not be
 * given up now, which is named. 1: there; 0: the walk ends here.
 */
static int step_down(struct executor *x, size_t k, struct strv *left, struct error *err)
{
	size_t kept = live_kept_from(&x->mover, k);
	struct error why = {0};
	int r = may_move(x, k, &why);

	bool may = r >= 0;

	if (!may)
		strv_addf(left, "%s; when dockerd runs and answers again, 'harden recover' goes on",
			  error_text(&why));
	error_clear(&why);
	r = move_down(x, may ? k : kept, left, err);
	return r < 0 ? r : may;
}

/*
 * The end of a walk in which something failed: all the way, but where that gives up live-restore.
 * Then not, whatever failed: dockerd has not given it up, and may be down at that.
 */
static int move_after_failure(struct executor *x, struct strv *left, struct error *err)
{
	const char *path = live_given_up(&x->mover, 0);

	if (path)
		strv_addf(left,
			  "'%s' keeps live-restore, so that no start of dockerd ends a container, "
			  "until 'harden recover' can undo the rest",
			  path);
	return move_down(x, path ? live_kept_from(&x->mover, 0) : 0, left, err);
}

/* Whether dockerd itself says that live-restore is not in force: then nobody's start ends more for it. */
static bool has_given_up_live(struct executor *x)
{
	CLEANUP(effects_clear) struct effects off = {0};

	effects_add(&off, NULL, HANDLER_DOCKER_RELOAD, subject_of(SCHEME_DOCKER, "live-restore"),
		    "true", "false");
	return x->effector->ops->in_force &&
	       x->effector->ops->in_force(x->effector, HANDLER_DOCKER_RELOAD, &off) > 0;
}

/*
 * A dockerd that was not told, refused it, or ended instead has live-restore in force, or is started by
 * others: on the file with it.
 */
static int hold_live(struct executor *x, size_t k, size_t kept, struct strv *left,
		     struct error *err)
{
	if (kept == k)
		kept = live_kept_above(&x->mover, k); /* a run before this one took it out */
	if (kept == k || !x->effector->ops->may_give_up_live || has_given_up_live(x))
		return 0;
	return move_down(x, kept, left, err);
}

/* Undoes stage k. 1: the next one's turn; 0: the walk ends here. */
static int stage_down(struct executor *x, size_t k, struct strv *left, struct error *err)
{
	size_t kept = live_kept_from(&x->mover, k), before;
	int r = step_down(x, k, left, err);

	if (r <= 0)
		return r;
	before = left->count;
	stage_handlers_down(x, k, left);
	if (left->count == before && note_undone(x, k, left))
		return 1;
	r = hold_live(x, k, kept, left, err);
	return r < 0 ? r : move_after_failure(x, left, err);
}

/* No control has it, so nobody else tells that it is there. */
static void name_lent(struct executor *x)
{
	const char *path = live_left_in(&x->mover);

	if (path)
		strv_addf(&x->mover.notes,
			  "'%s' has live-restore, which was borrowed for a restart, and stays as "
			  "others changed it: take that line out, and set it to false before by a "
			  "reload, where it is not wanted",
			  path);
}

int executor_down(struct executor *x, bool here, struct strv *ret_left, struct error *err)
{
	bool with_effects = here || executor_mark_in_force(x);
	int r = 1, accounts;

	executor_hold_accounts(x);
	/* a stage counts on those behind it being undone */
	for (size_t k = x->mover.plan->nstages; with_effects && r > 0 && k > 0; k--)
		if (x->begun[k - 1])
			r = stage_down(x, k - 1, ret_left, err);
	if (r > 0)
		r = step_down(x, 0, ret_left, err);
	accounts = r < 0 ? r : executor_accounts_down(x, r > 0, ret_left, err);
	r = accounts < 0 ? accounts : r;
	name_lent(x);
	if (r >= 0 && !here)
		executor_after_boot(x, ret_left);
	return r < 0 ? r : 0;
}
