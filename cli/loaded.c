#include "cli/loaded.h"

#include <string.h>
#include <unistd.h>

#include "cli/notice.h"
#include "engine/base/alloc.h"
#include "engine/format/nft-text.h"
#include "engine/host/ask/nft.h"
#include "engine/host/read/elsewhere.h"
#include "rollback/left-behind.h"

static void judge(const struct ledger *l, const char *chain, struct strv *ret)
{
	const struct history h = {.items = l->items, .count = l->count};
	const struct subject subject = subject_of(SCHEME_CHAIN, chain);
	const struct transaction_summary *made = NULL; /* a later one only changed it */

	for (size_t i = 0; i < l->count; i++) {
		const struct transaction_summary *t = &l->items[i];
		const struct effect *e = plan_find_effect(&t->plan, subject);

		if (t->state != TRANSACTION_COMMITTED || t->of || !e)
			continue;
		if (history_stands(&h, h.count, t, e->control, NULL))
			return;
		if (!e->before)
			made = t;
	}
	if (made)
		strv_addf(ret,
			  "the chain '%s' of the packet filter's table " FIREWALL_TABLE
			  " is in the kernel, and no transaction in force put it there. 'harden "
			  "rollback --on-conflict before %s' takes it away.",
			  chain, made->id);
	else
		strv_addf(ret,
			  "the chain '%s' of the packet filter's table " FIREWALL_TABLE
			  " is in the kernel, and no transaction in force put it there. "
			  "'nft delete "
			  "chain " FIREWALL_TABLE " %s' takes it away.",
			  chain, chain);
}

/* What stands keeps it there; without one that does, it is what an undone one left. */
static bool was_left(const struct ledger *l)
{
	const struct history h = {.items = l->items, .count = l->count};
	bool left = false;

	for (size_t i = 0; i < l->count; i++) {
		const struct transaction_summary *t = &l->items[i];
		bool put_back = t->state == TRANSACTION_ROLLED_BACK;

		if (t->state != TRANSACTION_COMMITTED && !put_back)
			continue;
		for (size_t s = 0; s < t->plan.nstages; s++)
			for (size_t k = 0; k < t->plan.stages[s].effects.count; k++) {
				const struct effect *e = &t->plan.stages[s].effects.items[k];

				if (!effect_leaves_behind(e) || t->of)
					continue;
				if (!put_back && history_stands(&h, h.count, t, e->control, NULL))
					return false;
				left = true;
			}
	}
	return left;
}

static void find_chains(const struct ledger *l, struct strv *ret)
{
	CLEANUP(firewall_clear) struct firewall_facts f = {0};
	CLEANUP(buf_clear) struct buf json = {0};

	if (nft_list(&json, NULL) < 0 || nft_parse(buf_str(&json), &f, NULL) < 0)
		return;
	for (size_t i = 0; i < f.nchains; i++)
		judge(l, f.chains[i].name, ret);
}

void loaded_find(const struct ledger *l, struct strv *ret)
{
	if (l->c.root.offline || geteuid() != 0 || elsewhere()->network)
		return;
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].state == TRANSACTION_DAMAGED || notice_is_open(&l->items[i]))
			return;
	find_chains(l, ret);
	if (was_left(l))
		left_behind(&l->c.root, ret);
}
