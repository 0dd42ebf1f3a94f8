#include "engine/plan/planner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "engine/plan/brought.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/compose.h"
#include "engine/plan/control-diff.h"
#include "engine/plan/control-order.h"
#include "engine/plan/holds.h"
#include "engine/plan/omit.h"
#include "engine/plan/overlay-view.h"
#include "engine/plan/planner-impl.h"
#include "engine/plan/restart-holds.h"
#include "engine/plan/volume-holds.h"

/* One run of the planner. */
struct planner {
	const struct plan_request *request;
	struct plan *plan;
	struct overlay_view *view;
	struct edits edits;
	struct effects effects;
	const struct control **planned; /* those that have a part in the plan */
	size_t nplanned;
	struct map reported; /* control -> its finding's place in the plan, from 1 */
	bool backwards; /* the last control of the baselines first */
	const struct plan_known *known;
};

static void planner_clear(struct planner *p)
{
	overlay_view_free(p->view);
	edits_clear(&p->edits);
	effects_clear(&p->effects);
	free(p->planned);
	map_clear(&p->reported, NULL);
}

static bool is_acked(const struct plan_request *q, const struct control *control)
{
	return q->ack && strv_contains(q->ack, control->id);
}

static void order_controls(const struct plan_request *q, bool backwards, const struct strv *late,
			   struct control_order *ret)
{
	const struct selection s = {q->level, q->only, q->skip, q->ack};

	control_order(q->baselines, q->nbaselines, &s, backwards, late, ret);
}

unsigned plan_needs(const struct plan_request *request)
{
	CLEANUP(control_order_clear) struct control_order order = {0};
	unsigned parts = 0;

	order_controls(request, false, NULL, &order);
	for (size_t i = 0; i < order.count; i++)
		parts |= control_needs(order.items[i]);
	return parts;
}

static bool wants_something(const struct delta *d)
{
	return d->edits.count > 0 || d->effects.count > 0;
}

/*
 * Two judgements of one control: what it is on the host, which alone is its verdict, and what is to
 * be done, beside what the others of the plan do. What they would make is no evidence of what is.
 */
struct judgement {
	struct delta host, over;
	struct delta *plan; /* one of them */
	struct strv left_out;
	char *waiver_ended;
};

static void judgement_clear(struct judgement *j)
{
	delta_clear(&j->host);
	delta_clear(&j->over);
	strv_clear(&j->left_out);
	free(j->waiver_ended);
}

/*
 * Whom its restart would stop, also where something else holds it back: with consent it is done, and
 * nobody may end by that who was not named. Before the whole plan is known, nobody can tell.
 */
static void hold_by_objections(struct planner *p, struct delta *d)
{
	CLEANUP(stopped_clear) struct stopped_list stopped = {0};
	const struct plan_known *known = p->known;
	const struct facts *f = p->request->facts;
	bool live = live_at_restart(f, &d->effects) || known->live;

	borrowing_stopped(&known->borrowing, f, live, &d->effects, &known->keys, &stopped);
	hold_objections(f, known->live_is_known ? &stopped : NULL,
			known->keys_are_known ? &known->keys : NULL, d);
}

static int judge_twice(struct planner *p, const struct control *control, struct judgement *j,
		       struct error *err)
{
	bool bare = p->edits.count == 0 && p->effects.count == 0;
	int r = judged_diff(p->known->judged, control, overlay_view_host(p->view), &j->host, err);

	j->plan = &j->host;
	if (r == 0 && !bare && control->class == CLASS_REMEDIATE) {
		j->plan = &j->over;
		r = control_diff(control, overlay_view_base(p->view), &j->over, err);
	}
	if (r >= 0)
		r = plan_holds(overlay_view_base(p->view), &p->known->mounts, j->plan, err);
	if (r < 0)
		return r;
	omit(j->plan, is_acked(p->request, control), &j->left_out);
	volume_hold(p->request->observed, control, j->plan);
	hold_by_objections(p, j->plan);
	return 0;
}

static bool is_fine(const struct delta *d)
{
	return d->verdict == VERDICT_PASS || d->verdict == VERDICT_NOT_APPLICABLE;
}

/* The waiver that sets the control aside today; NULL: none. One that has ended is only told. */
static const struct waiver *waiver_of(const struct plan_request *q, const struct control *control,
				      struct judgement *j)
{
	const struct waiver *w = waivers_find(q->waivers, control->id, q->today);

	if (!w || (is_fine(&j->host) && is_fine(j->plan)))
		return NULL;
	if (!waiver_has_ended(w, q->today))
		return w;
	j->waiver_ended = xasprintf("the waiver of %s ended on %s (%s, line %zu)", w->owner,
				    w->until, w->file, w->line);
	strv_add(&j->plan->warnings, j->waiver_ended);
	return NULL;
}

/*
 * Fails on the host, and will not once the others of the plan are done with it; nor where what they
 * write cannot be seen in force: nobody else could do more.
 */
static bool others_fix_it(const struct judgement *j)
{
	return j->host.verdict == VERDICT_FAIL &&
	       (is_fine(j->plan) || j->plan->verdict == VERDICT_PENDING ||
		(wants_something(&j->host) && j->plan->verdict == VERDICT_NOT_MEASURED));
}

/* What becomes of a control that wants something: set aside, planned, held back, refused. */
static enum finding_state judge(const struct plan_request *q, const struct control *control,
				const struct judgement *j, const struct waiver *waiver)
{
	const struct delta *d = j->plan;

	if (waiver)
		return FINDING_WAIVED;
	if (control->class != CLASS_REMEDIATE)
		return FINDING_OK;
	if (!wants_something(d) && !d->refusal)
		return others_fix_it(j) ? FINDING_PLANNED : FINDING_OK;
	if (d->refusal || (d->first && is_acked(q, control)))
		return FINDING_REFUSED;
	if (!is_acked(q, control) && (volume_leaves_held(q->observed, control) || d->holds.count))
		return FINDING_HELD;
	return FINDING_PLANNED;
}

static int lay_over(struct planner *p, const struct control *control, struct delta *d,
		    struct error *err)
{
	for (size_t i = 0; i < d->edits.count; i++) {
		struct edit *e = &d->edits.items[i];
		CLEANUP(freep) char *was = xstrdup(e->path);
		int r = overlay_view_edit(p->view, e, err);

		if (r < 0)
			return error_blame(err, error_wrap(err, r, "control '%s'", control->id),
					   control->id);
		brought_follow(&d->effects, was, e);
		if (r > 0)
			edit_copy(array_append(&p->edits.items, &p->edits.count, sizeof(*e)), e);
	}
	for (size_t i = 0; i < d->effects.count; i++) {
		struct effect *e = &d->effects.items[i];

		overlay_view_effect(p->view, e);
		effect_copy(array_append(&p->effects.items, &p->effects.count, sizeof(*e)), e);
	}
	return 0;
}

/* A control that two baselines have is one finding. */
static struct finding *finding_of(struct planner *p, const char *control)
{
	size_t place = (size_t)map_get(&p->reported, control);

	if (place)
		return &p->plan->findings[place - 1];
	map_put(&p->reported, control, (void *)(p->plan->nfindings + 1));
	return plan_append_finding(p->plan, control);
}

static struct finding *report(struct planner *p, const struct control *control, struct judgement *j,
			      enum finding_state state)
{
	struct finding *f = finding_of(p, control->id);
	const struct delta *d = j->plan;

	f->title = xstrdup_null(control->title);
	f->severity = control->severity;
	f->state = state;
	f->verdict = j->host.verdict;
	f->in_place = delta_is_in_place(&j->host);
	f->reason = TAKE_PTR(j->host.reason);
	if (j->host.details.count > 1)
		strv_copy(&f->details, &j->host.details);
	f->fix = TAKE_PTR(j->host.fix);
	f->blocks = j->host.blocks && state != FINDING_WAIVED;
	f->waiver_ended = TAKE_PTR(j->waiver_ended);
	if (state == FINDING_REFUSED || (state == FINDING_HELD && d->first))
		f->refusal = xstrdup(d->refusal ? d->refusal : d->first);
	strv_add_all(&f->holds, &d->holds);
	strv_add_all(&f->left_out, &j->left_out);
	volume_tell(p->request->observed, control, d, &f->holds);
	strv_add_all(&f->warnings, &d->warnings);
	return f;
}

/* What a planned control still wants, beside the items that it leaves out. */
static int diff_again(struct planner *p, const struct control *control, struct delta *ret,
		      struct error *err)
{
	int r = control_diff(control, overlay_view_base(p->view), ret, err);

	if (r >= 0 && wants_something(ret))
		r = plan_holds(overlay_view_base(p->view), &p->known->mounts, ret, err);
	if (r >= 0)
		omit_edits(ret, is_acked(p->request, control));
	return r;
}

/*
 * A control's resources are compared before any of them is laid over, so two that meet in one
 * line (two flags of one command) see each other only when they are compared once more.
 */
static int settle(struct planner *p, const struct control *control, struct error *err)
{
	for (size_t turn = 1; turn < control->nresources; turn++) {
		CLEANUP(delta_clear) struct delta more = {0};
		int r = diff_again(p, control, &more, err);

		if (r < 0 || !wants_something(&more))
			return r;
		r = lay_over(p, control, &more, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_control(struct planner *p, const struct control *control, struct error *err)
{
	CLEANUP(judgement_clear) struct judgement j = {0};
	const struct waiver *waiver;
	enum finding_state state;
	int r = judge_twice(p, control, &j, err);

	if (r < 0)
		return r;
	waiver = waiver_of(p->request, control, &j);
	state = judge(p->request, control, &j, waiver);
	report(p, control, &j, state)->waiver = waiver_text(waiver);
	if (state != FINDING_PLANNED || p->request->check)
		return 0;
	if (is_acked(p->request, control))
		strv_add(&p->plan->acknowledged, control->id);
	*(const struct control **)array_append(&p->planned, &p->nplanned, sizeof(*p->planned)) =
		control;
	r = lay_over(p, control, j.plan, err);
	return r < 0 ? r : settle(p, control, err);
}

/* Who else touched what this delta still wants, for the message. */
static const char *opponent(struct planner *p, const struct control *control, const struct delta *d)
{
	const char *owner = NULL;

	if (d->edits.count) {
		CLEANUP(freep) char *path = NULL;

		if (view_resolve(overlay_view_base(p->view), d->edits.items[0].path, &path, NULL) ==
		    0)
			owner = overlay_view_owner(p->view, path, d->edits.items[0].subject);
	} else if (d->effects.count) {
		owner = overlay_view_owner(p->view, "", d->effects.items[0].subject);
	}
	return owner ? owner : control->id;
}

/* What it is about, for the message. */
static char *disputed(const struct delta *d)
{
	return d->edits.count ? xstrdup(d->edits.items[0].path)
			      : subject_print(d->effects.items[0].subject);
}

/* Every planned control's diff again, over the result: it must want nothing more. */
static int check_convergence(struct planner *p, struct error *err)
{
	for (size_t i = 0; i < p->nplanned; i++) {
		const struct control *control = p->planned[i];
		CLEANUP(delta_clear) struct delta again = {0};
		int r = diff_again(p, control, &again, err);

		if (r < 0)
			return r;
		if (wants_something(&again)) {
			CLEANUP(freep) char *what = disputed(&again);

			return error_set(
				err, -EUCLEAN,
				"controls '%s' and '%s' disagree on '%s': the plan is refused",
				control->id, opponent(p, control, &again), what);
		}
	}
	return 0;
}

static void describe(struct planner *p)
{
	const struct plan_request *q = p->request;
	struct plan *plan = p->plan;
	CLEANUP(strv_clear) struct strv names = {0};

	for (size_t i = 0; i < q->nbaselines; i++)
		strv_addf(&names, "%s %s", q->baselines[i]->name, q->baselines[i]->version);
	plan->baseline = strv_join(&names, " + ");
	plan->harden_version = xstrdup(HARDEN_VERSION);
	plan->level = q->level;
	plan->hostname = xstrdup_null(q->facts->hostname);
	plan->machine_id = xstrdup_null(q->facts->machine_id);
	plan->docker_version = xstrdup_null(q->facts->docker.version);
	plan->offline = q->facts->offline;
	volumes_copy(&plan->observed, q->observed);
}

static int plan_all(struct planner *p, struct error *err)
{
	CLEANUP(control_order_clear) struct control_order order = {0};

	order_controls(p->request, p->backwards, &p->known->late, &order);
	for (size_t i = 0; i < order.count; i++) {
		int r = plan_control(p, order.items[i], err);

		if (r < 0)
			return r;
	}
	return check_convergence(p, err);
}

int plan_once(const struct plan_request *request, const struct plan_known *known, bool backwards,
	      struct plan *ret, struct error *err)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(planner_clear)
	struct planner p = {
		.request = request, .plan = &plan, .backwards = backwards, .known = known};
	int r;

	p.view = overlay_view_new(request->root, request->facts, known->looks);
	describe(&p);
	r = plan_all(&p, err);
	plan_sort_findings(&plan);
	if (r >= 0)
		r = compose_changes(&plan, request->root, &p.edits, err);
	if (r >= 0)
		r = compose_effects(&plan, request->root, request->facts, &known->borrowing,
				    &p.effects, err);
	if (r < 0)
		return r;
	*ret = plan;
	plan = (struct plan){0};
	return 0;
}
