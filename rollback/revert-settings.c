#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/format/secret.h"
#include "engine/host/read/sysctl.h"
#include "engine/model/docker-kernel.h"
#include "rollback/revert-impl.h"

/*
 * Settings of the kernel on the way back. The kernel says what they are now: what somebody else set
 * since is a conflict, as in a file, and what dockerd has come to need meanwhile stays.
 */

/* The effect of the way back. False: there is none, or nothing can be compared. */
static bool turn_round(const struct reversal *v, const struct effect *e, struct effect *ret)
{
	const struct recorded r = find_recorded(v, e->subject);

	if (e->handler != HANDLER_SYSCTL || e->pending || r.last_toggled != e)
		return false;
	effect_copy(ret, e);
	str_replace(&ret->before, r.last_standing ? r.first->before : e->after);
	str_replace(&ret->after, revert_target(v, &r));
	return ret->before && ret->after && !secret_is_digest(ret->before) &&
	       !secret_is_digest(ret->after) && !revert_is_left_out(v, ret);
}

static void warn(struct reversal *v, const struct effect *back, const char *is, const char *why)
{
	checks_add(&v->plan->checks, CHECK_WARN, back->control, "%s stays %s: %s",
		   back->subject.key, is, why);
	strv_add(&v->stays, back->subject.key);
}

static void add_conflict(struct reversal *v, const struct effect *back, const char *is)
{
	CLEANUP(freep) char *subject = subject_print(back->subject);
	CLEANUP(freep) char *was = shown_value(back->subject, false, back->after);
	CLEANUP(freep) char *applied = shown_value(back->subject, false, back->before);

	strv_addf(v->conflicts, "%s: before %s, applied %s, now %s", subject, was, applied, is);
	if (v->on_conflict != CONFLICT_BEFORE)
		strv_add(&v->stays, back->subject.key);
}

static void judge(struct reversal *v, const struct effect *back, const char *now)
{
	CLEANUP(freep) char *is = shown_value(back->subject, false, now);
	CLEANUP(freep)
	char *need = docker_kernel_need(v->facts, back->subject.key, back->after);

	if (need)
		warn(v, back, is, need);
	else if (!sysctl_same(now, back->before))
		add_conflict(v, back, is);
	else if (v->on_conflict == CONFLICT_KEEP && revert_keeps_brought(v, back))
		warn(v, back, is, "its file stays as others have it");
}

static void look(struct reversal *v, const struct effect *e)
{
	CLEANUP(freep) char *now = NULL;
	CLEANUP(effect_clear) struct effect back = {0};
	int r;

	if (!turn_round(v, e, &back))
		return;
	r = sysctl_read(back.subject.key, &now, NULL);
	if (r == -ENOENT) {
		checks_add(&v->plan->checks, CHECK_WARN, back.control,
			   "the kernel has no setting %s any more: nothing of it is put back",
			   back.subject.key);
		strv_add(&v->stays, back.subject.key);
	} else if (r >= 0) {
		judge(v, &back, now);
	}
}

void revert_settings(struct reversal *v)
{
	const struct plan *was = &v->root_transaction->plan;

	for (size_t k = 0; k < was->nstages && !v->facts->offline; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++)
			look(v, &was->stages[k].effects.items[i]);
}

void revert_setting_now(const struct reversal *v, struct effect *e)
{
	CLEANUP(freep) char *now = NULL;

	if (e->handler == HANDLER_SYSCTL && !v->facts->offline && e->before &&
	    !secret_is_digest(e->before) && sysctl_read(e->subject.key, &now, NULL) >= 0 &&
	    !sysctl_same(now, e->before))
		str_replace(&e->before, now);
}
