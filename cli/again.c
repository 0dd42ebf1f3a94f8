#include "cli/again.h"

#include <stdlib.h>
#include <string.h>

#include "cli/message.h"
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

/* Whether a plan makes of that subject, for the same control, what the edit makes of it. */
static bool is_edited_alike(const struct plan *plan, const char *path, const struct edit *edit)
{
	const struct change *change = plan_find_change(plan, path);

	for (size_t i = 0; change && i < change->edits.count; i++) {
		const struct edit *other = &change->edits.items[i];

		if (strcmp_null(other->control, edit->control) == 0 &&
		    subject_equal(other->subject, edit->subject) &&
		    strcmp_null(other->after, edit->after) == 0)
			return true;
	}
	return false;
}

/* The first edit of a control that the other plan does not have; NULL: it has them all. */
static const struct edit *edited_otherwise(const struct plan *plan, const struct map *parts,
					   const struct plan *other, const char *control,
					   const char **ret_path)
{
	const struct plan_part *part = map_get(parts, control);

	for (size_t i = 0; part && i < part->nchanges; i++) {
		const struct change *change = &plan->changes[part->changes[i]];

		*ret_path = change->path;
		for (size_t k = 0; k < change->edits.count; k++) {
			const struct edit *edit = &change->edits.items[k];

			if (strcmp_null(edit->control, control) == 0 &&
			    !is_edited_alike(other, change->path, edit))
				return edit;
		}
	}
	return NULL;
}

/* Two plans, and what each control has in them. */
struct both {
	const struct plan *then, *now;
	struct map then_parts, now_parts;
};

/*
 * What the site's files and the baseline ask for is the user's word as well: a plan of yesterday
 * does not do what they would not have done today, nor do it otherwise. What the host has already
 * is no other wish. How many lines it said.
 */
static size_t compare_wish(const struct context *c, const struct both *both, const char *id)
{
	const struct plan *then = both->then, *now = both->now;
	const struct finding *f = plan_find_finding(now, id);
	const struct control *control = context_control(c, id);
	bool opt_in = control && control->apply == APPLY_OPT_IN && !strv_contains(&c->ack, id);
	const struct edit *edit;
	const char *path;

	if (!map_get(&both->then_parts, id))
		return 0; /* another one does it: that one is asked */
	if (!f || opt_in || (f->state == FINDING_OK && f->verdict != VERDICT_PASS)) {
		message("refused: '%s' was planned, and would be left out now: the baseline or the "
			"site's files say so since",
			id);
		return 1;
	}
	if (f->state != FINDING_PLANNED)
		return 0; /* held, refused: by what, is said elsewhere; in force already */
	edit = edited_otherwise(then, &both->then_parts, now, id, &path);
	if (!edit)
		edit = edited_otherwise(now, &both->now_parts, then, id, &path);
	if (edit) {
		CLEANUP(freep) char *subject = subject_print(edit->subject);

		message("refused: '%s' would make something else of '%s' of '%s' than the plan "
			"says: what the baseline or the site's files ask for changed since",
			id, subject, path);
	}
	return edit != NULL;
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

static size_t compare_controls(const struct context *c, const struct plan *was,
			       const struct plan *now)
{
	struct both both = {.then = was, .now = now};
	size_t said = 0;

	plan_parts(was, &both.then_parts);
	plan_parts(now, &both.now_parts);
	for (size_t i = 0; i < was->nfindings; i++)
		if (was->findings[i].state == FINDING_PLANNED) {
			const char *id = was->findings[i].control;

			said += compare_wish(c, &both, id);
			said += compare_finding(c, &was->findings[i], plan_find_finding(now, id));
		}
	plan_parts_clear(&both.then_parts);
	plan_parts_clear(&both.now_parts);
	return said;
}

int ask_again(struct execution *x)
{
	const struct plan *was = &x->c->plan;
	CLEANUP(plan_clear) struct plan now = {0};
	size_t said;
	int code = plan_again(x->c, &now);

	if (code != CODE_OK)
		return code;
	said = compare_controls(x->c, was, &now);
	said += again_compare_restart(was, &now);
	if (said == 0)
		return CODE_OK;
	message("nothing was changed: plan again, and look at what is new");
	return CODE_REFUSED;
}
