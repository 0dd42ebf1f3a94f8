#include "engine/plan/planner.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/plan-once.h"
#include "engine/plan/restart-holds.h"

static void known_clear(struct plan_known *k)
{
	stopped_clear(&k->stopped);
	strv_clear(&k->keys);
	strv_clear(&k->late);
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

/* Whether another run may come to something else; takes what it has to know. */
static bool learn(const struct plan_request *request, const struct plan *plan, bool first,
		  struct plan_known *known)
{
	bool waits = request->facts->docker.nwaiting > 0 && !request->check;
	CLEANUP(strv_clear) struct strv own = {0};
	size_t late = known->late.count;
	bool more;

	if (first && !request->check)
		find_late(request, plan, known);
	plan_dockerd_keys(plan, request->facts, &own);
	more = known->late.count > late;
	more |= waits && (first || own.count < known->keys.count);
	if (known->stopped.count == 0 && plan->stopped.count > 0) {
		more = true;
		stopped_copy(&known->stopped, &plan->stopped);
	}
	strv_clear(&known->keys);
	strv_copy(&known->keys, &own);
	known->keys_are_known = waits;
	return more;
}

/*
 * A check judges each control as if it were the only one. What an apply would hold back beyond that,
 * for a restart that stops containers, say, only the plan of all of them tells.
 */
static void take_holds(const struct plan_request *request, struct plan *plan)
{
	struct plan_request real = *request;
	CLEANUP(plan_clear) struct plan whole = {0};

	real.check = false;
	if (plan_compute(&real, &whole, NULL) < 0)
		return; /* which `plan` and `apply` say */
	for (size_t i = 0; i < plan->nfindings; i++) {
		struct finding *f = &plan->findings[i];
		const struct finding *is = plan_find_finding(&whole, f->control);

		if (!is || f->verdict != VERDICT_FAIL || is->state != FINDING_HELD ||
		    (f->state != FINDING_PLANNED && f->state != FINDING_HELD))
			continue;
		f->state = FINDING_HELD;
		for (size_t k = 0; k < is->holds.count; k++)
			strv_add_once(&f->holds, is->holds.items[k]);
	}
}

/*
 * Which containers a restart stops, and which keys of the config file are this plan's and not what
 * others wrote, only the whole plan tells. What it then holds back may leave less of it, until no
 * more keys go.
 */
int plan_compute(const struct plan_request *request, struct plan *ret, struct error *err)
{
	CLEANUP(known_clear) struct plan_known known = {0};

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
			take_holds(request, &plan);
		*ret = plan;
		plan = (struct plan){0};
		return 0;
	}
}
