/* The account for userns-remap goes last on the way down, and not beneath a dockerd that uses it. */

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"
#include "rollback/executor-impl.h"
#include "rollback/userns-account.h"

/* The run never came to it, or an earlier undo has been there. */
static bool is_as_before(const struct executor *x, const struct change *c)
{
	const struct node *was = &c->images[0].node;
	CLEANUP(node_clear) struct node now = {0};

	return observe(x->mover.root, c->path, OBSERVE_DIGEST, &now, NULL, NULL) >= 0 &&
	       now.kind == was->kind && strcmp_null(now.data, was->data) == 0;
}

void executor_hold_accounts(struct executor *x)
{
	const struct plan *plan = x->mover.plan;

	for (size_t i = 0; i < plan->nchanges; i++)
		if (userns_takes_entry(&plan->changes[i], true) &&
		    !is_as_before(x, &plan->changes[i]))
			strv_add_once(&x->mover.spared, plan->changes[i].path);
}

static char *why_needed(const struct executor *x)
{
	const struct effector *by = x->effector;
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(error_clear) struct error why = {0};

	if (!by->look)
		return userns_need(x->mover.root, x->mover.plan, NULL);
	if (by->look(by->look_data, &now, &why) < 0)
		return xasprintf("whether dockerd has its ids in use is not known: %s",
				 error_text(&why));
	return userns_need(x->mover.root, x->mover.plan, &now);
}

/* What is left brings recovery back, to look again; else the account stays for good, and is named. */
static void name_kept(struct executor *x, const char *need, struct strv *left)
{
	CLEANUP(freep) char *paths = strv_join(&x->mover.spared, "', '");

	x->mover.met_foreign |= left->count == 0;
	strv_addf(left->count ? left : &x->mover.notes,
		  "the account for userns-remap stays in '%s': %s; remove it (userdel, groupdel) "
		  "when nothing needs it",
		  paths, need);
}

int executor_accounts_down(struct executor *x, bool ended, struct strv *left, struct error *err)
{
	CLEANUP(freep) char *need = NULL;
	size_t held = x->mover.spared.count;

	if (held)
		need = ended ? why_needed(x) : xstrdup("what it is for is not undone yet");
	if (need)
		name_kept(x, need, left);
	strv_clear(&x->mover.spared);
	return held && !need ? mover_move(&x->mover, 0, left, err) : 0;
}
