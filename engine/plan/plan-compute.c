#include "engine/plan/planner.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/compose-stopped.h"
#include "engine/plan/overlay-view.h"
#include "engine/plan/own-keys.h"
#include "engine/plan/planner-impl.h"

static void known_clear(struct plan_known *k)
{
	strv_clear(&k->keys);
	strv_clear(&k->late);
	borrowing_clear(&k->borrowing);
	mount_table_clear(&k->mounts);
}

/*
 * What a control may do can depend on what others of the plan set: dockerd takes icc=false only with
 * iptables, a log option only with its driver. Such a control's answer is that over all others,
 * whichever stands first: it is found by planning backwards, too, and is judged late.
 */
static void find_late(const struct plan_request *request, const struct plan *plan,
		      struct plan_known *known)
{
	CLEANUP(plan_clear) struct plan other = {0};

	if (plan_once(request, known, true, &other, NULL) < 0)
		return; /* which names the controls that disagree only in this order */
	for (size_t i = 0; i < plan->nfindings; i++) {
		const struct finding *f = &plan->findings[i];
		const struct finding *is = plan_find_finding(&other, f->control);

		if (is && is->state != f->state)
			strv_add_once(&known->late, f->control);
	}
}

static bool sets(const struct control *control, const struct module *module, const char *what)
{
	for (size_t i = 0; i < control->nresources; i++) {
		const struct resource *r = &control->resources[i];

		if (r->module == module && module->sets &&
		    strcmp(module->sets(r->desired), what) == 0)
			return true;
	}
	return false;
}

static bool another_sets(const struct plan_request *q, const struct control *control,
			 const struct module *module, const char *what)
{
	for (size_t i = 0; i < q->nbaselines; i++)
		for (size_t k = 0; k < q->baselines[i]->ncontrols; k++) {
			const struct control *other = &q->baselines[i]->controls[k];

			if (other != control && sets(other, module, what))
				return true;
		}
	return false;
}

/*
 * A control that applies only with a setting that another control may change is judged late: else it
 * would bring what the other must then be refused for.
 */
static void find_conditional(const struct plan_request *q, const struct control *control,
			     struct plan_known *known)
{
	for (size_t i = 0; i < control->nresources; i++) {
		const struct resource *r = &control->resources[i];
		CLEANUP(freep) char *what = r->module->asks ? r->module->asks(r->desired) : NULL;

		if (what && another_sets(q, control, r->module, what))
			strv_add_once(&known->late, control->id);
	}
}

static void find_all_conditional(const struct plan_request *q, struct plan_known *known)
{
	for (size_t i = 0; i < q->nbaselines; i++)
		for (size_t k = 0; k < q->baselines[i]->ncontrols; k++)
			find_conditional(q, &q->baselines[i]->controls[k], known);
}

static bool keeps_live(const struct plan *plan, const struct facts *facts)
{
	static const struct effects none;
	bool live = live_at_restart(facts, &none);

	for (size_t i = 0; i < plan->nstages; i++)
		live |= live_at_restart(facts, &plan->stages[i].effects);
	return live;
}

static bool would_stop(const struct facts *facts, bool live)
{
	CLEANUP(stopped_clear) struct stopped_list stopped = {0};

	compose_stopped(facts, live, &stopped);
	return stopped.count > 0;
}

/*
 * What comes of a restart for who runs depends on live-restore, which the plan may bring; what is held
 * back for it may leave the plan without.
 */
static bool learn_live(const struct plan *plan, const struct facts *facts, bool first,
		       struct plan_known *known)
{
	bool live = keeps_live(plan, facts);

	if (!first && (live || !known->live))
		return false;
	known->live_is_known = true;
	known->live = live;
	return would_stop(facts, live);
}

/*
 * What the plan writes can keep dockerd from giving it back: then all are judged without. Not before
 * each was held for what its own restart stops: what is held back keeps nobody from it.
 */
static bool learn_borrowing(const struct plan *plan, struct plan_known *known)
{
	if (!known->live_is_known || !known->borrowing.can || !plan->stopped.not_borrowed)
		return false;
	known->borrowing.can = false;
	known->borrowing.why_not = xstrdup(plan->stopped.not_borrowed);
	return true;
}

/* Whether another run may come to something else; takes what it has to know. */
static bool learn(const struct plan_request *request, const struct plan *plan, bool first,
		  struct plan_known *known)
{
	const struct docker_facts *d = &request->facts->docker;
	bool waits = (d->nwaiting > 0 || d->moves_data) && !request->check;
	CLEANUP(strv_clear) struct strv own = {0};
	size_t late = known->late.count;
	bool more;

	if (first && !request->check)
		find_late(request, plan, known);
	plan_dockerd_keys(plan, request->facts, &own);
	more = known->late.count > late;
	more |= learn_borrowing(plan, known);
	more |= waits && (first || own.count < known->keys.count);
	if (!request->check)
		more |= learn_live(plan, request->facts, first, known);
	strv_clear(&known->keys);
	strv_copy(&known->keys, &own);
	known->keys_are_known = waits;
	return more;
}

static void take_hold(const struct finding *from, struct finding *to)
{
	to->state = from->state;
	str_replace(&to->refusal, from->refusal);
	for (size_t i = 0; i < from->holds.count; i++)
		strv_add_once(&to->holds, from->holds.items[i]);
}

static int compute(const struct plan_request *request, struct overlay_looks *looks,
		   struct judged *judged, struct plan *ret, struct error *err);

/*
 * A check judges each control as if it were the only one. What an apply would hold back or refuse
 * beyond that, for a restart that stops containers, say, only the plan of all of them tells.
 */
static void take_holds(const struct plan_request *request, struct overlay_looks *looks,
		       struct judged *judged, struct plan *plan)
{
	struct plan_request real = *request;
	CLEANUP(plan_clear) struct plan whole = {0};

	real.check = false;
	if (compute(&real, looks, judged, &whole, NULL) < 0)
		return; /* which `plan` and `apply` say */
	for (size_t i = 0; i < plan->nfindings; i++) {
		struct finding *f = &plan->findings[i];
		const struct finding *is = plan_find_finding(&whole, f->control);

		if (is && f->verdict == VERDICT_FAIL &&
		    (is->state == FINDING_HELD || is->state == FINDING_REFUSED) &&
		    (f->state == FINDING_PLANNED || f->state == FINDING_HELD))
			take_hold(is, f);
	}
}

/*
 * Which containers a restart stops, and which keys of the config file are this plan's and not what
 * others wrote, only the whole plan tells. What it then holds back may leave less of it, until no
 * more keys go.
 */
static int compute(const struct plan_request *request, struct overlay_looks *looks,
		   struct judged *judged, struct plan *ret, struct error *err)
{
	CLEANUP(known_clear) struct plan_known known = {.looks = looks, .judged = judged};

	if (request->facts->mounts)
		mount_table_parse(&known.mounts, request->facts->mounts);
	borrowing_find(request->root, request->facts, looks, &known.borrowing);
	if (!request->check)
		find_all_conditional(request, &known);
	for (bool first = true;; first = false) {
		CLEANUP(plan_clear) struct plan plan = {0};
		int r = plan_once(request, &known, false, &plan, err);

		if (r < 0)
			return r;
		if (learn(request, &plan, first, &known))
			continue;
		if (request->check)
			take_holds(request, looks, judged, &plan);
		*ret = plan;
		plan = (struct plan){0};
		return 0;
	}
}

int plan_compute(const struct plan_request *request, struct plan *ret, struct error *err)
{
	struct overlay_looks *looks = overlay_looks_new();
	CLEANUP(judged_freep) struct judged *judged = judged_new();
	int r = compute(request, looks, judged, ret, err);

	overlay_looks_free(looks);
	return r;
}
