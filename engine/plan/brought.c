#include "engine/plan/brought.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/audit-rule.h"
#include "engine/format/format.h"
#include "engine/format/json-util.h"
#include "engine/format/subject-key.h"

void brought_follow(struct effects *effects, const char *was, const struct edit *edit)
{
	if (strcmp(was, edit->path) == 0)
		return;
	for (size_t i = 0; i < effects->count; i++)
		if (effect_names(&effects->items[i], was, edit->subject))
			effect_bring(&effects->items[i], edit->path, edit->subject);
}

static void settle(const struct plan *plan, struct effect *effect)
{
	struct effect named = {.brings = effect->brings, .nbrings = effect->nbrings};

	effect->brings = NULL;
	effect->nbrings = 0;
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++) {
			const struct edit *e = &plan->changes[i].edits.items[k];

			if (strcmp_null(e->control, effect->control) == 0 &&
			    effect_names(&named, e->path, e->subject))
				effect_bring(effect, e->path, e->subject);
		}
	effect_bring_none(&named);
}

void brought_settle(struct plan *plan)
{
	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++)
			settle(plan, &plan->stages[k].effects.items[i]);
}

/* For one architecture a line is a part of the rule for all. */
static bool is_same_rule(struct subject effect, struct subject edit)
{
	CLEANUP(audit_rule_clear) struct audit_rule a = {0};
	CLEANUP(audit_rule_clear) struct audit_rule b = {0};

	if (subject_equal(effect, edit))
		return true;
	return effect.scheme == SCHEME_RULE && edit.scheme == SCHEME_RULE &&
	       audit_rule_parse(effect.key, &a, NULL) == 1 &&
	       audit_rule_parse(edit.key, &b, NULL) == 1 && b.arch && audit_rule_same(&a, &b);
}

static bool may_bring(const struct effect *effect, const struct edit *edit)
{
	if (subject_is_link(edit->subject))
		return effect->handler == HANDLER_SYSTEMD_RELOAD;
	if (!edit_is_content(edit) ||
	    !(format_find(edit->subject)->forced_by & HANDLER_BIT(effect->handler)))
		return false;
	switch (effect->subject.scheme) {
	case SCHEME_RULE:
		return is_same_rule(effect->subject, edit->subject);
	case SCHEME_SYSCTL:
		return strcmp(edit->subject.key, effect->subject.key) == 0;
	case SCHEME_DOCKER:
		return edit->subject.scheme != SCHEME_JSON ||
		       json_pointer_begins(edit->subject.key, effect->subject.key);
	case SCHEME_STATE: /* a unit is started whatever its file says */
		return false;
	case SCHEME_START:
	case SCHEME_FILE: /* the daemon's keys have effects of their own */
		return edit->subject.scheme != SCHEME_JSON;
	default:
		return true;
	}
}

void brought_guess(const struct plan *plan, struct effect *effect)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0; k < plan->changes[i].edits.count; k++) {
			const struct edit *e = &plan->changes[i].edits.items[k];

			if (strcmp_null(effect->control, e->control) == 0 && may_bring(effect, e))
				effect_bring(effect, e->path, e->subject);
		}
}
