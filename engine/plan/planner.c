#include "engine/plan/planner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/selection.h"
#include "engine/model/path-guard.h"
#include "engine/plan/compose.h"
#include "engine/plan/overlay-view.h"

/* One run of the planner. */
struct planner {
	const struct plan_request *request;
	struct plan *plan;
	struct overlay_view *view;
	struct edits edits;
	struct effects effects;
	const struct control **planned; /* those that have a part in the plan */
	size_t nplanned;
};

static void planner_clear(struct planner *p)
{
	overlay_view_free(p->view);
	edits_clear(&p->edits);
	effects_clear(&p->effects);
	free(p->planned);
}

static bool is_selected(const struct plan_request *q, const struct control *control)
{
	const struct selection s = {q->level, q->only, q->skip, q->ack};

	return selection_takes(&s, control);
}

/* Whether the resource can be compared: without a value of the site it may not be whole. */
static bool is_whole(const struct control *control, const struct resource *r)
{
	return control->lacks.count == 0 || !r->module->check ||
	       r->module->check(r->desired, NULL) >= 0;
}

static unsigned control_needs(const struct control *control)
{
	unsigned parts = 0;

	for (size_t i = 0; i < control->nresources; i++) {
		const struct resource *r = &control->resources[i];

		if (r->module->needs && is_whole(control, r))
			parts |= r->module->needs(r->desired);
	}
	return parts;
}

unsigned plan_needs(const struct plan_request *request)
{
	unsigned parts = 0;

	for (size_t i = 0; i < request->nbaselines; i++) {
		const struct baseline *b = request->baselines[i];

		for (size_t k = 0; k < b->ncontrols; k++)
			if (is_selected(request, &b->controls[k]))
				parts |= control_needs(&b->controls[k]);
	}
	return parts;
}

static int diff_resource(struct planner *p, const struct control *control,
			 const struct resource *resource, struct delta *ret, struct error *err)
{
	int r = resource->module->diff(resource->desired, overlay_view_base(p->view), ret, err);

	if (r < 0)
		return error_wrap(err, r, "control '%s': %s", control->id, resource->address);
	return 0;
}

/* Brings what one resource answered into the control's one answer. */
static void merge_delta(struct delta *into, struct delta *from, const char *control)
{
	if (from->verdict > into->verdict || !into->reason) {
		if (from->verdict >= into->verdict)
			str_replace(&into->reason, from->reason);
		if (!into->mend)
			into->mend = TAKE_PTR(from->mend);
	}
	if (from->verdict > into->verdict)
		into->verdict = from->verdict;
	if (!into->refusal)
		into->refusal = TAKE_PTR(from->refusal);
	strv_add_all(&into->holds, &from->holds);
	strv_add_all(&into->warnings, &from->warnings);
	for (size_t i = 0; i < from->edits.count; i++) {
		struct edit *e = array_append(&into->edits.items, &into->edits.count, sizeof(*e));

		edit_copy(e, &from->edits.items[i]);
		str_replace(&e->control, control);
	}
	for (size_t i = 0; i < from->effects.count; i++) {
		struct effect *e =
			array_append(&into->effects.items, &into->effects.count, sizeof(*e));

		effect_copy(e, &from->effects.items[i]);
		str_replace(&e->control, control);
	}
}

/* What the site has not said yet; what was measured stands before it. */
static void ask_the_site(const struct control *control, struct delta *ret)
{
	CLEANUP(freep) char *names = strv_join(&control->lacks, ", ");
	CLEANUP(freep) char *measured = TAKE_PTR(ret->reason);

	ret->verdict = VERDICT_MANUAL;
	ret->reason = xasprintf("%s%sneeds a value of the site: %s", measured ? measured : "",
				measured ? "; " : "", names);
	str_replace(&ret->mend, NULL);
	ret->mend = xasprintf("set it below 'settings' of '%s' in /etc/harden/conf.d/*.yaml",
			      control->id);
}

/*
 * A control that lacks a value of the site: where its resources can be compared without it, it may
 * be as wanted already; nothing can be planned.
 */
static int diff_lacking(struct planner *p, const struct control *control, struct delta *ret,
			struct error *err)
{
	bool all = true;

	for (size_t i = 0; i < control->nresources; i++) {
		const struct resource *resource = &control->resources[i];
		CLEANUP(delta_clear) struct delta one = {0};
		int r;

		if (!is_whole(control, resource)) {
			all = false;
			continue;
		}
		r = diff_resource(p, control, resource, &one, err);
		if (r < 0)
			return r;
		delta_raise(ret, one.verdict, one.reason ? "%s" : NULL, one.reason);
	}
	if (!all || (ret->verdict != VERDICT_PASS && ret->verdict != VERDICT_NOT_APPLICABLE))
		ask_the_site(control, ret);
	return 0;
}

static int diff_control(struct planner *p, const struct control *control, struct delta *ret,
			struct error *err)
{
	if (control->lacks.count > 0)
		return diff_lacking(p, control, ret, err);
	ret->verdict = VERDICT_NOT_APPLICABLE;
	for (size_t i = 0; i < control->nresources; i++) {
		CLEANUP(delta_clear) struct delta one = {0};
		int r = diff_resource(p, control, &control->resources[i], &one, err);

		if (r < 0)
			return r;
		merge_delta(ret, &one, control->id);
	}
	/* nobody need look where the host has nothing to look at */
	if (control->class == CLASS_MANUAL &&
	    (control->nresources == 0 || ret->verdict != VERDICT_NOT_APPLICABLE))
		delta_raise(ret, VERDICT_MANUAL, NULL);
	if (control->class == CLASS_MANUAL && !ret->reason)
		str_replace(&ret->reason, control->facets.audit);
	return 0;
}

static bool wants_something(const struct delta *d)
{
	return d->edits.count > 0 || d->effects.count > 0;
}

/* A file with several names, or one that is protected, is never replaced without being asked. */
static int hold_special_files(struct planner *p, struct delta *d, struct error *err)
{
	const struct view *v = overlay_view_base(p->view);

	for (size_t i = 0; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];
		CLEANUP(node_clear) struct node node = {0};
		CLEANUP(freep) char *hold = NULL;
		int r = edit_is_content(e) ? view_node(v, e->path, &node, err) : 0;

		if (r < 0)
			return r;
		if (node.kind == NODE_FILE && node.nlink > 1)
			hold = xasprintf("'%s' has %lu names: replacing it would part them",
					 e->path, (unsigned long)node.nlink);
		else if (node.flags)
			hold = xasprintf("'%s' is %s (chattr)", e->path,
					 node.flags & NODE_IMMUTABLE ? "immutable" : "append-only");
		if (hold)
			strv_add_once(&d->holds, hold);
	}
	return 0;
}

/*
 * Nothing is written into a place that is somebody else's: what is put there today they replace
 * tomorrow. One that is root's, and that others can write besides, is another control's to close.
 */
static void hold_foreign_places(struct planner *p, struct delta *d)
{
	const struct facts *f = p->request->facts;

	for (size_t i = 0; i < d->edits.count && (!f->offline || f->root); i++) {
		const struct edit *e = &d->edits.items[i];
		CLEANUP(path_gap_clear) struct path_gap gap = {0};
		CLEANUP(freep) char *hold = NULL;

		if (!edit_is_content(e) ||
		    path_guard(overlay_view_base(p->view), e->path, NULL, &gap, NULL) <= 0 ||
		    !gap.owned)
			continue;
		hold = xasprintf("%s, who can put something else at '%s'", gap.text, e->path);
		strv_add_once(&d->holds, hold);
	}
}

/* The waiver that sets the control aside today; NULL: none. One that has ended is only told. */
static const struct waiver *waiver_of(const struct plan_request *q, const struct control *control,
				      struct delta *d)
{
	const struct waiver *w = waivers_find(q->waivers, control->id);

	if (!w || d->verdict == VERDICT_PASS || d->verdict == VERDICT_NOT_APPLICABLE)
		return NULL;
	if (!waiver_has_ended(w, q->today))
		return w;
	strv_addf(&d->warnings, "the waiver of %s ended on %s (%s, line %zu)", w->owner, w->until,
		  w->file, w->line);
	return NULL;
}

/* What becomes of a control that wants something: set aside, planned, held back, refused. */
static enum finding_state judge(const struct plan_request *q, const struct control *control,
				const struct delta *d, const struct waiver *waiver)
{
	bool acked = q->ack && strv_contains(q->ack, control->id);

	if (waiver)
		return FINDING_WAIVED;
	if (!wants_something(d) && !d->refusal)
		return FINDING_OK;
	if (control->class != CLASS_REMEDIATE)
		return FINDING_OK;
	if (d->refusal)
		return FINDING_REFUSED;
	if (!acked && (control->apply == APPLY_OPT_IN || d->holds.count > 0))
		return FINDING_HELD;
	return FINDING_PLANNED;
}

static int lay_over(struct planner *p, const struct control *control, struct delta *d,
		    struct error *err)
{
	for (size_t i = 0; i < d->edits.count; i++) {
		struct edit *e = &d->edits.items[i];
		int r = overlay_view_edit(p->view, e, err);

		if (r < 0)
			return error_wrap(err, r, "control '%s'", control->id);
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

/* Who, until when, why; NULL where nobody. The caller frees it. */
static char *waiver_text(const struct waiver *w)
{
	return w ? xasprintf("by %s until %s: %s", w->owner, w->until, w->reason) : NULL;
}

static struct finding *report(struct planner *p, const struct control *control, struct delta *d,
			      enum finding_state state)
{
	struct finding *f = plan_add_finding(p->plan, control->id);

	f->title = xstrdup_null(control->title);
	f->state = state;
	f->verdict = d->verdict;
	f->reason = TAKE_PTR(d->reason);
	f->mend = TAKE_PTR(d->mend);
	if (state == FINDING_REFUSED)
		str_replace(&f->reason, d->refusal);
	strv_add_all(&f->holds, &d->holds);
	if (control->apply == APPLY_OPT_IN && wants_something(d) && d->holds.count == 0 &&
	    control->hold)
		strv_add(&f->holds, control->hold);
	strv_add_all(&f->warnings, &d->warnings);
	return f;
}

/*
 * A control's resources are compared before any of them is laid over, so two that meet in one
 * line (two flags of one command) see each other only when they are compared once more.
 */
static int settle(struct planner *p, const struct control *control, struct error *err)
{
	for (size_t turn = 1; turn < control->nresources; turn++) {
		CLEANUP(delta_clear) struct delta more = {0};
		int r = diff_control(p, control, &more, err);

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
	CLEANUP(delta_clear) struct delta delta = {0};
	const struct waiver *waiver;
	enum finding_state state;
	int r = diff_control(p, control, &delta, err);

	if (r >= 0)
		r = hold_special_files(p, &delta, err);
	if (r < 0)
		return r;
	hold_foreign_places(p, &delta);
	waiver = waiver_of(p->request, control, &delta);
	state = judge(p->request, control, &delta, waiver);
	report(p, control, &delta, state)->waiver = waiver_text(waiver);
	if (state != FINDING_PLANNED)
		return 0;
	*(const struct control **)array_append(&p->planned, &p->nplanned, sizeof(*p->planned)) =
		control;
	r = lay_over(p, control, &delta, err);
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

/* Every planned control's diff again, over the result: it must want nothing more. */
static int check_convergence(struct planner *p, struct error *err)
{
	for (size_t i = 0; i < p->nplanned; i++) {
		const struct control *control = p->planned[i];
		CLEANUP(delta_clear) struct delta again = {0};
		int r = diff_control(p, control, &again, err);

		if (r < 0)
			return r;
		if (wants_something(&again))
			return error_set(
				err, -EUCLEAN,
				"controls '%s' and '%s' disagree on '%s': the plan is refused",
				control->id, opponent(p, control, &again),
				again.edits.count ? again.edits.items[0].path
						  : again.effects.items[0].subject);
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
}

static int compare_findings(const void *a, const void *b)
{
	return strcmp(((const struct finding *)a)->control, ((const struct finding *)b)->control);
}

static int plan_all(struct planner *p, struct error *err)
{
	const struct plan_request *q = p->request;

	for (size_t i = 0; i < q->nbaselines; i++) {
		for (size_t k = 0; k < q->baselines[i]->ncontrols; k++) {
			const struct control *control = &q->baselines[i]->controls[k];
			int r = is_selected(q, control) ? plan_control(p, control, err) : 0;

			if (r < 0)
				return r;
		}
	}
	return check_convergence(p, err);
}

int plan_compute(const struct plan_request *request, struct plan *ret, struct error *err)
{
	CLEANUP(plan_clear) struct plan plan = {0};
	CLEANUP(planner_clear) struct planner p = {.request = request, .plan = &plan};
	int r;

	p.view = overlay_view_new(request->root, request->facts);
	describe(&p);
	r = plan_all(&p, err);
	if (r < 0)
		return r;
	if (plan.nfindings > 1)
		qsort(plan.findings, plan.nfindings, sizeof(*plan.findings), compare_findings);
	r = compose_changes(&plan, request->root, &p.edits, err);
	if (r < 0)
		return r;
	r = compose_stages(&plan, request->facts, &p.effects, err);
	if (r < 0)
		return r;
	*ret = plan;
	plan = (struct plan){0};
	return 0;
}
