#include "tests/cases/verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/format.h"

static void compare(const struct finding *in_plan, const struct plan *other, const char *how,
		    struct strv *notes)
{
	const struct finding *f = plan_find_finding(other, in_plan->control);

	if (f && f->verdict == in_plan->verdict && strcmp_null(f->reason, in_plan->reason) == 0)
		return;
	strv_addf(notes, "%s is %s (%s) in the plan, and %s (%s) %s", in_plan->control,
		  verdict_to_string(in_plan->verdict), in_plan->reason ? in_plan->reason : "",
		  f ? verdict_to_string(f->verdict) : "not there", f && f->reason ? f->reason : "",
		  how);
}

static void compare_alone(const struct plan_request *request, const struct finding *f,
			  struct strv *notes)
{
	CLEANUP(plan_clear) struct plan alone = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv only = {0};
	struct plan_request one = *request;

	strv_add(&only, f->control);
	one.only = &only;
	if (plan_compute(&one, &alone, &err) < 0)
		strv_addf(notes, "%s alone: %s", f->control, error_text(&err));
	else
		compare(f, &alone, "alone", notes);
}

/* Who reads a check learns what an apply would not do, and why. */
static void compare_holds(const struct finding *in_plan, const struct plan *check,
			  struct strv *notes)
{
	const struct finding *f = plan_find_finding(check, in_plan->control);

	if ((in_plan->state != FINDING_HELD && in_plan->state != FINDING_REFUSED) ||
	    in_plan->verdict != VERDICT_FAIL || !f)
		return;
	if (f->state != in_plan->state)
		strv_addf(notes, "%s is %s in the plan, and %s in a check", f->control,
			  finding_state_to_string(in_plan->state),
			  finding_state_to_string(f->state));
	for (size_t i = 0; in_plan->state == FINDING_HELD && i < in_plan->holds.count; i++)
		if (!strv_contains(&f->holds, in_plan->holds.items[i]))
			strv_addf(notes, "a check of %s does not say: %s", f->control,
				  in_plan->holds.items[i]);
}

static void turn_round(struct control *controls, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct control c = controls[i];

		controls[i] = controls[count - 1 - i];
		controls[count - 1 - i] = c;
	}
}

void verdicts_in_order(const struct test_case *c, const struct root *root,
		       const struct facts *facts, const struct plan *plan, struct strv *notes)
{
	const struct baseline *baselines[1];
	struct plan_request request = case_request(c, baselines, root, facts);
	CLEANUP(plan_clear) struct plan other = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct baseline turned = *baselines[0];

	turned.controls = xcalloc(turned.ncontrols + 1, sizeof(*turned.controls));
	memcpy(turned.controls, baselines[0]->controls,
	       turned.ncontrols * sizeof(*turned.controls));
	turn_round(turned.controls, turned.ncontrols);
	baselines[0] = &turned;
	if (plan_compute(&request, &other, &err) < 0)
		strv_addf(notes, "the other way round: %s", error_text(&err));
	for (size_t i = 0; i < plan->nfindings && i < other.nfindings; i++)
		if (plan->findings[i].state != other.findings[i].state)
			strv_addf(notes, "%s is %s, and %s in the other order of controls",
				  plan->findings[i].control,
				  finding_state_to_string(plan->findings[i].state),
				  finding_state_to_string(other.findings[i].state));
	free(turned.controls);
}

void verdicts_alone(const struct test_case *c, const struct root *root, const struct facts *facts,
		    const struct plan *plan, struct strv *notes)
{
	const struct baseline *baselines[1];
	struct plan_request request = case_request(c, baselines, root, facts);
	CLEANUP(plan_clear) struct plan check = {0};
	CLEANUP(error_clear) struct error err = {0};

	for (size_t i = 0; i < plan->nfindings; i++)
		compare_alone(&request, &plan->findings[i], notes);
	request.check = true;
	if (plan_compute(&request, &check, &err) < 0)
		strv_addf(notes, "check: %s", error_text(&err));
	for (size_t i = 0; i < plan->nfindings; i++)
		compare(&plan->findings[i], &check, "in a check", notes);
	for (size_t i = 0; i < plan->nfindings; i++)
		compare_holds(&plan->findings[i], &check, notes);
}

/* Of edits that its handler may bring into force, by the row of their scheme. */
static void check_effect(const struct effect *e, struct strv *notes)
{
	for (size_t i = 0; i < e->nbrings; i++) {
		const struct format *f = format_find(e->brings[i].subject);
		CLEANUP(freep) char *edit = subject_print(e->brings[i].subject);

		if (!subject_is_link(e->brings[i].subject) &&
		    (!f || !(f->forced_by & HANDLER_BIT(e->handler))))
			strv_addf(notes, "%s is said to bring %s into force",
				  handler_to_string(e->handler), edit);
	}
}

void verdicts_effects(const struct plan *plan, struct strv *notes)
{
	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++)
			check_effect(&plan->stages[k].effects.items[i], notes);
}
