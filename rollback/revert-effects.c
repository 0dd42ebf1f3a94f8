#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "engine/format/secret.h"
#include "engine/format/subject-key.h"
#include "rollback/revert-impl.h"
#include "rollback/userns-account.h"

bool is_daemons(const struct effect *e)
{
	return e->subject.scheme == SCHEME_DOCKER;
}

struct recorded find_recorded(const struct reversal *v, struct subject subject)
{
	const struct plan *was = &v->root_transaction->plan;
	const struct history *h = &v->history;
	struct recorded found = {0};

	for (size_t k = 0; k < was->nstages; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++) {
			const struct effect *e = &was->stages[k].effects.items[i];

			if (!subject_equal(e->subject, subject))
				continue;
			if (!found.first)
				found.first = e;
			if (reversal_concerns(v, e->control))
				found.last_toggled = e;
			if (history_stands(h, h->count, v->root_transaction, e->control,
					   &v->undoing))
				found.last_standing = e;
		}
	return found;
}

const char *recorded_target(const struct recorded *r)
{
	return r->last_standing ? r->last_standing->after : r->first->before;
}

static bool has_effect(const struct effects *effects, struct subject subject)
{
	for (size_t i = 0; i < effects->count; i++)
		if (subject_equal(effects->items[i].subject, subject))
			return true;
	return false;
}

/* Of a secret only the file's bytes are kept, and the kernel had another value than the file. */
static bool is_unrecorded(const struct effect *e)
{
	return e->handler == HANDLER_SYSCTL && e->after && secret_is_digest(e->after);
}

/* All but dockerd's settings: from what was recorded, but for what is so already, or stays so. */
static void add_recorded(const struct reversal *v, struct effects *ret)
{
	const struct plan *was = &v->root_transaction->plan;

	for (size_t k = 0; k < was->nstages; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++) {
			const struct effect *e = &was->stages[k].effects.items[i];
			struct recorded r = find_recorded(v, e->subject);
			struct effect *added;

			if (is_daemons(e) || r.last_toggled != e || has_effect(ret, e->subject))
				continue;
			added = effects_add(ret, e->control, e->handler, e->subject,
					    r.last_standing ? r.first->before
							    : r.last_toggled->after,
					    revert_target(v, &r));
			revert_setting_now(v, added);
			if (revert_is_left_out(v, added)) {
				effect_clear(added);
				ret->count--;
			} else if (is_unrecorded(added)) {
				str_replace(&added->pending, "what it was in the kernel before is "
							     "a secret, and is not recorded");
			}
		}
}

/* Whether dockerd needs the account for its ranges of ids after the rollback, or may need it. */
static bool needs_account(const struct reversal *v, const struct effects *effects)
{
	CLEANUP(freep) char *after = NULL;
	bool by_flag = false, known;
	const char *now;

	after = daemon_value_after(v, USERNS, &by_flag);
	if (userns_is_on(after))
		return true;
	if (v->facts->offline || docker_is_stopped(v->facts) ||
	    has_effect(effects, subject_of(SCHEME_DOCKER, USERNS)))
		return false;
	known = daemon_value_now(v, USERNS, &now);
	return !known || userns_is_on(now);
}

/* An account is not taken away beneath a dockerd that uses it. */
static void keep_accounts(const struct reversal *v, const struct effects *effects)
{
	struct plan *plan = v->plan;
	size_t kept = 0;

	if (!needs_account(v, effects))
		return;
	for (size_t i = plan->nchanges; i-- > 0;) {
		if (!userns_takes_entry(&plan->changes[i], false))
			continue;
		change_clear(&plan->changes[i]);
		plan->nchanges--;
		memmove(&plan->changes[i], &plan->changes[i + 1],
			(plan->nchanges - i) * sizeof(*plan->changes));
		kept++;
	}
	if (kept)
		checks_add(&plan->checks, CHECK_WARN, NULL,
			   "the account for userns-remap stays: dockerd has its "
			   "ids in use; remove it (userdel, groupdel) when it has not");
}

/* Where nothing is recorded of a key: the edits of the way back that set it in daemon.json. */
static void bring_key(const struct reversal *v, struct effect *e)
{
	for (size_t i = 0; i < v->plan->nchanges; i++)
		for (size_t k = 0; k < v->plan->changes[i].edits.count; k++) {
			const struct edit *edit = &v->plan->changes[i].edits.items[k];

			if (edit->subject.scheme == SCHEME_JSON &&
			    json_pointer_begins(edit->subject.key, e->subject.key))
				effect_bring(e, edit->path, edit->subject);
		}
}

/* What the apply's effect brought into force goes out of it with its reverse; what is not edited falls away. */
static void name_edits(const struct reversal *v, struct effect *e)
{
	const struct plan *was = &v->root_transaction->plan;

	for (size_t k = 0; k < was->nstages; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++)
			if (subject_equal(was->stages[k].effects.items[i].subject, e->subject))
				effect_bring_as(e, &was->stages[k].effects.items[i]);
	if (is_daemons(e))
		bring_key(v, e);
}

void revert_effects(const struct reversal *v, struct effects *ret)
{
	add_recorded(v, ret);
	revert_units_along(v, ret);
	revert_daemon(v, ret);
	for (size_t i = 0; i < ret->count; i++) {
		name_edits(v, &ret->items[i]);
		revert_tell_kept(v, &ret->items[i]);
	}
	keep_accounts(v, ret);
}
