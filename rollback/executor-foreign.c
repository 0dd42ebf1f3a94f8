/* What others changed since the way up, and what they have come to count on: it is left alone. */

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/secret.h"
#include "engine/host/read/sysctl.h"
#include "engine/model/docker-kernel.h"
#include "engine/plan/own-keys.h"
#include "rollback/beside-foreign.h"
#include "rollback/executor-impl.h"

static bool is_of_control(const struct change *c, const char *control)
{
	for (size_t i = 0; i < c->edits.count; i++)
		if (control && strcmp_null(c->edits.items[i].control, control) == 0)
			return true;
	return false;
}

/* By the edits that the effect names; one that stands for itself may read all that its control changes. */
static bool reads_path(const struct effect *e, const struct change *c)
{
	if (e->nbrings == 0)
		return is_of_control(c, e->control);
	for (size_t i = 0; i < e->nbrings; i++)
		if (strcmp(e->brings[i].path, c->path) == 0)
			return true;
	return false;
}

/* `but` NULL: any of them. */
static bool reads_foreign(const struct executor *x, const struct effect *e, const char *but)
{
	const struct strv *paths = &x->mover.foreign_paths;

	for (size_t i = 0; i < paths->count; i++) {
		const struct change *c = plan_find_change(x->mover.plan, paths->items[i]);

		if (c && strcmp_null(c->path, but) != 0 && reads_path(e, c))
			return true;
	}
	return false;
}

/* dockerd reads all its files at once, by whichever handler. */
static bool is_beside_other_than(const struct executor *x, enum handler handler, const char *but)
{
	const struct plan *plan = x->mover.plan;
	unsigned same =
		HANDLER_BIT(handler) & HANDLERS_DOCKERD ? HANDLERS_DOCKERD : HANDLER_BIT(handler);

	for (size_t k = 0; k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++) {
			const struct effect *e = &plan->stages[k].effects.items[i];

			if (same & HANDLER_BIT(e->handler) && reads_foreign(x, e, but))
				return true;
		}
	return false;
}

/*
 * Whether the handler would make somebody read a file that stays as others made it. What came of
 * that is not ours: a dockerd whose file has lost live-restore ends its containers.
 */
bool executor_is_beside_foreign(const struct executor *x, enum handler handler)
{
	return is_beside_other_than(x, handler, NULL);
}

bool executor_would_be_beside(const struct executor *x, const char *path)
{
	const struct plan *plan = x->mover.plan;
	const struct change *c = path ? plan_find_change(plan, path) : NULL;

	for (size_t k = 0; c && k < plan->nstages; k++)
		for (size_t i = 0; i < plan->stages[k].effects.count; i++) {
			const struct effect *e = &plan->stages[k].effects.items[i];

			if (HANDLERS_DOCKERD & HANDLER_BIT(e->handler) && reads_path(e, c))
				return true;
		}
	return false;
}

/* Of what others have waiting in the file, all that the handler brings was named to who takes it back. */
static bool is_told(const struct executor *x, const struct facts *now, enum handler handler)
{
	const struct docker_facts *d = &now->docker;
	CLEANUP(strv_clear) struct strv own = {0};

	plan_dockerd_keys(x->mover.plan, now, &own);
	for (size_t i = 0; i < d->nwaiting; i++) {
		const struct waiting_key *w = &d->waiting[i];

		if (waiting_is_brought(w, HANDLER_BIT(handler), &own) &&
		    !strv_contains(x->effector->consented_to, w->brings))
			return false;
	}
	return true;
}

bool executor_is_consented(const struct executor *x, enum handler handler, struct facts *ret)
{
	const struct effector *by = x->effector;

	return by->consented_to && HANDLER_BIT(handler) & HANDLERS_DOCKERD && by->look &&
	       by->look(by->look_data, ret, NULL) >= 0 && ret->docker.config_file &&
	       !is_beside_other_than(x, handler, ret->docker.config_file) &&
	       is_told(x, ret, handler) &&
	       beside_brings_any(x->mover.plan, ret, HANDLER_BIT(handler));
}

static char *shown(const struct effect *e, const char *value)
{
	char *text = secret_show_value(e->subject, value);

	return text ? text : xstrdup("(not there)");
}

void executor_spare_others(struct executor *x, const struct facts *now, struct effects *effects)
{
	struct effects all = *effects;

	*effects = (struct effects){0};
	for (size_t i = 0; i < all.count; i++) {
		const struct effect *e = &all.items[i];
		CLEANUP(freep) char *is = shown(e, e->before);

		if (e->subject.scheme != SCHEME_DOCKER || beside_goes_back(x->mover.plan, now, e))
			effect_copy(array_append(&effects->items, &effects->count,
						 sizeof(*effects->items)),
				    e);
		else if (plan_find_effect(x->mover.plan, e->subject)) /* and was not lent */
			strv_addf(&x->mover.notes, "%s stays %s, as '%s' of others' leaves it",
				  e->subject.key, is, now->docker.config_file);
	}
	effects_clear(&all);
}

/* Neither as it was before nor as we made it. */
static void name_foreign(struct executor *x, const struct effect *e, const char *now,
			 struct strv *left)
{
	CLEANUP(freep) char *was = shown(e, e->after), *applied = shown(e, e->before);
	CLEANUP(freep) char *is = shown(e, now);
	struct mover *m = &x->mover;

	m->met_foreign = true;
	if (m->keep_foreign || !left)
		strv_addf(&m->notes, "%s stays %s, as others set it", e->subject.key, is);
	else
		strv_addf(left, "somebody else set %s: before %s, applied %s, now %s",
			  e->subject.key, was, applied, is);
}

/*
 * Whoever recovers later may find a dockerd that was started meanwhile and found its setting on. Right
 * after the run nobody has come to count on it.
 */
static char *need_of_others(const struct executor *x, const struct effect *e)
{
	const struct effector *by = x->effector;
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(error_clear) struct error why = {0};

	if (!x->later || !docker_kernel_is_off(e->subject.key, e->after))
		return NULL;
	if (!by->look || by->look(by->look_data, &now, &why) < 0)
		return xasprintf("whether dockerd needs it is not known%s%s", why.text ? ": " : "",
				 why.text ? why.text : "");
	return docker_kernel_need(&now, e->subject.key, e->after);
}

static bool is_needed(struct executor *x, const struct effect *e)
{
	CLEANUP(freep) char *need = need_of_others(x, e);
	CLEANUP(freep) char *is = shown(e, e->before);

	if (need)
		strv_addf(&x->mover.notes, "%s stays %s: %s", e->subject.key, is, need);
	return need != NULL;
}

static bool is_same(const struct effect *e, const char *a, const char *b)
{
	return a && b && e->handler == HANDLER_SYSCTL ? sysctl_same(a, b) : strcmp_null(a, b) == 0;
}

static bool can_be_compared(const struct effect *e)
{
	if (e->pending || (e->after && secret_is_digest(e->after)) ||
	    (e->before && secret_is_digest(e->before)))
		return false;
	return e->before && e->after;
}

/* As one of the plan's controls made it. */
static bool is_ours(const struct effects *all, const struct effect *e, const char *now)
{
	for (size_t i = 0; i < all->count; i++)
		if (subject_equal(all->items[i].subject, e->subject) &&
		    is_same(e, now, all->items[i].before))
			return true;
	return false;
}

/* Whether a setting is to be put back, by what it is now. */
static bool goes_back(struct executor *x, const struct effects *all, const struct effect *e,
		      struct strv *left)
{
	CLEANUP(freep) char *now = NULL;
	int r = x->effector->ops->value_now(x->effector, e->subject, &now);

	if (r < 0)
		return true; /* what cannot be told is tried */
	if (r == 0) {
		strv_addf(&x->mover.notes,
			  "the kernel has no setting %s any more: nothing of it is put back",
			  e->subject.key);
		return false;
	}
	if (is_same(e, now, e->after))
		return false;
	if (is_ours(all, e, now))
		return !is_needed(x, e);
	name_foreign(x, e, now, left);
	return false;
}

/* Where several controls set it, the first found what was there before. */
static bool has_earlier(const struct effects *all, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (subject_equal(all->items[k].subject, all->items[i].subject))
			return true;
	return false;
}

void executor_spare(struct executor *x, enum handler handler, struct effects *effects,
		    struct strv *left)
{
	struct effects all = *effects;

	if (handler == HANDLER_AUDIT_RULES)
		executor_spare_rules(x, effects);
	if (handler != HANDLER_SYSCTL || !x->effector->ops->value_now)
		return;
	*effects = (struct effects){0};
	for (size_t i = 0; i < all.count; i++) {
		const struct effect *e = &all.items[i];

		if (!can_be_compared(e) || (!has_earlier(&all, i) && goes_back(x, &all, e, left)))
			effect_copy(array_append(&effects->items, &effects->count,
						 sizeof(*effects->items)),
				    e);
	}
	effects_clear(&all);
}

bool executor_is_ours(const struct executor *x, const struct effect *e)
{
	CLEANUP(freep) char *now = NULL;
	int r = x->effector->ops->value_now
			? x->effector->ops->value_now(x->effector, e->subject, &now)
			: -ENOTSUP;

	return r >= 0 && (r > 0 || e->handler == HANDLER_FIREWALL) && is_same(e, now, e->after);
}
