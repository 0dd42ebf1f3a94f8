#include "cli/again.h"

#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
#include "cli/report/finding.h"
#include "engine/base/alloc.h"
#include "engine/plan/planner.h"

/* The same plan once more, of its own controls alone; the facts are new. */
static int plan_again(struct context *c, struct plan *ret)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv planned = {0};
	struct plan_request request = context_request(c, &c->facts);
	int code;

	for (size_t i = 0; i < c->plan.nfindings; i++)
		if (c->plan.findings[i].state == FINDING_PLANNED)
			strv_add(&planned, c->plan.findings[i].control);
	request.only = &planned;
	request.skip = NULL;
	code = context_facts_of(c, plan_needs(&request));
	if (code != CODE_OK)
		return code;
	return plan_compute(&request, ret, &err) < 0 ? fail(CODE_ERROR, &err) : CODE_OK;
}

static bool was_known(const struct context *c, const struct finding *was, const char *hold)
{
	const struct control *control = context_control(c, was->control);

	for (size_t i = 0; i < was->holds.count; i++)
		if (again_is_no_worse(was->holds.items[i], hold))
			return true;
	return control && strcmp_null(control->hold, hold) == 0;
}

/* How many lines it said. */
static size_t compare_finding(const struct context *c, const struct finding *was,
			      const struct finding *now)
{
	size_t said = 0;

	if (now && now->state == FINDING_REFUSED) {
		message("refused: '%s' cannot be done here any more: %s", was->control,
			now->refusal ? now->refusal : "no reason is known");
		return 1;
	}
	for (size_t i = 0; now && i < now->holds.count; i++) {
		if (was_known(c, was, now->holds.items[i]))
			continue;
		message("refused: what speaks against '%s' is not what the plan said: %s",
			was->control, now->holds.items[i]);
		said++;
	}
	for (size_t i = 0; now && i < now->left_out.count; i++) {
		if (strv_contains(&was->left_out, now->left_out.items[i]))
			continue;
		message("refused: '%s' would have to leave out more than the plan said: %s",
			was->control, now->left_out.items[i]);
		said++;
	}
	return said;
}

static size_t compare_stopped(const struct stopped_list *was, const struct stopped_list *now)
{
	size_t said = 0;

	for (size_t i = 0; i < now->count; i++) {
		if (stopped_find(was, now->items[i].name))
			continue;
		message("refused: the restart would stop a container that the plan did not name: "
			"%s",
			now->items[i].text);
		said++;
	}
	return said;
}

static size_t compare_handlers(const struct plan *was, const struct plan *now)
{
	if ((plan_handlers(now) & ~plan_handlers(was) & HANDLERS_DOCKERD) == 0)
		return 0;
	message("refused: dockerd would have to be reloaded or restarted now, which the plan did "
		"not say");
	return 1;
}

size_t again_compare_restart(const struct plan *was, const struct plan *now)
{
	return compare_stopped(&was->stopped, &now->stopped) + compare_handlers(was, now);
}

static bool was_said(const struct strv *said, const char *what)
{
	for (size_t i = 0; i < said->count; i++)
		if (again_is_no_worse(said->items[i], what))
			return true;
	return false;
}

size_t again_compare_consent(const struct plan *was, const struct plan *now)
{
	size_t said = 0;

	for (size_t i = 0; i < now->consented.count; i++) {
		if (was_said(&was->consented, now->consented.items[i]))
			continue;
		message("refused: this came after what was consented to: %s",
			now->consented.items[i]);
		said++;
	}
	return said;
}

/* Those that `planned` plans, which is one of the two. */
static size_t compare_controls(const struct context *c, const struct plan *was,
			       const struct plan *now, const struct plan *planned)
{
	struct again_plans both = {.then = was, .now = now};
	size_t said = 0;

	plan_parts(was, &both.then_parts);
	plan_parts(now, &both.now_parts);
	for (size_t i = 0; i < planned->nfindings; i++)
		if (planned->findings[i].state == FINDING_PLANNED) {
			const char *id = planned->findings[i].control;
			const struct finding *f = plan_find_finding(was, id);

			said += again_compare_wish(c, &both, id);
			said += f ? compare_finding(c, f, plan_find_finding(now, id)) : 0;
		}
	plan_parts_clear(&both.then_parts);
	plan_parts_clear(&both.now_parts);
	return said + again_compare_effects(was, now);
}

int ask_again(struct execution *x)
{
	const struct plan *was = &x->c->plan;
	CLEANUP(plan_clear) struct plan now = {0};
	size_t said;
	int code = plan_again(x->c, &now);

	if (code != CODE_OK)
		return code;
	said = compare_controls(x->c, was, &now, was);
	said += again_compare_restart(was, &now);
	if (said == 0)
		return CODE_OK;
	message("nothing was changed: plan again, and look at what is new");
	return CODE_REFUSED;
}

/* What is held by now, or was done by others, tells nothing of the control. */
static size_t compare_planned(const struct strv *controls, const struct plan *part)
{
	size_t said = 0;

	for (size_t i = 0; i < controls->count; i++) {
		const char *id = controls->items[i];
		const struct finding *f = plan_find_finding(part, id);
		const char *why = f ? finding_says(f) : NULL;

		if (f && f->state == FINDING_PLANNED)
			continue;
		message("refused: '%s' was planned, and is not now%s%s", id, why ? ": " : "",
			why ? why : "");
		said++;
	}
	return said;
}

int again_compare_part(const struct context *c, const struct strv *controls, const struct plan *all,
		       const struct plan *part)
{
	size_t said = compare_planned(controls, part) + compare_controls(c, all, part, part) +
		      compare_stopped(&all->stopped, &part->stopped);

	if (!(plan_handlers(all) & HANDLERS_RESTART))
		said += compare_handlers(all, part);
	if (said == 0)
		return CODE_OK;
	message("no part of the plan is tried any more: plan again, and look at what is new");
	return CODE_REFUSED;
}
