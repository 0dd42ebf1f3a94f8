#include "engine/base/alloc.h"
#include "rollback/revert-impl.h"
#include "rollback/rule-files.h"

/*
 * Audit rules on the way back. What another rule file than the one that goes back has by now is loaded by
 * the next boot, and stays loaded until then: nobody is to be unwatched between. Where the apply wrote no
 * line for it, that file had it before, and the kernel had it not: so it is again.
 */

static void look(struct reversal *v, const struct effect *e)
{
	const struct recorded r = find_recorded(v, e->subject);
	const struct rule_files files = {.root = v->root, .plan = v->plan};
	CLEANUP(freep) char *why = NULL;

	if (e->handler != HANDLER_AUDIT_RULES || !e->nbrings || r.last_toggled != e ||
	    revert_target(v, &r))
		return;
	why = rule_files_want(&files, e->subject.key);
	if (!why)
		return;
	checks_add(&v->plan->checks, CHECK_WARN, e->control, "the audit rule '%s' stays loaded: %s",
		   e->subject.key, why);
	strv_add(&v->stays, e->subject.key);
}

void revert_rules(struct reversal *v)
{
	const struct plan *was = &v->root_transaction->plan;

	for (size_t k = 0; k < was->nstages && !v->facts->offline; k++)
		for (size_t i = 0; i < was->stages[k].effects.count; i++)
			look(v, &was->stages[k].effects.items[i]);
}
