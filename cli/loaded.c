#include "cli/loaded.h"

#include <string.h>
#include <unistd.h>

#include "cli/notice.h"
#include "engine/base/alloc.h"
#include "engine/format/nft-text.h"
#include "engine/host/ask/nft.h"
#include "engine/host/read/elsewhere.h"
#include "rollback/left-behind.h"

/* Who made the chain, where nothing in force has it; "" where nobody did, NULL where it is in force. */
static const char *maker(const struct ledger *l, const char *chain)
{
	const struct history h = {.items = l->items, .count = l->count};
	const struct subject subject = subject_of(SCHEME_CHAIN, chain);
	const char *made = ""; /* a later one only changed it */

	for (size_t i = 0; i < l->count; i++) {
		const struct transaction_summary *t = &l->items[i];
		const struct effect *e = plan_find_effect(&t->plan, subject);

		if (t->state != TRANSACTION_COMMITTED || t->of || !e)
			continue;
		if (history_stands(&h, h.count, t, e->control, NULL))
			return NULL;
		if (!e->before)
			made = t->id;
	}
	return made;
}

static void judge(const struct ledger *l, const char *chain, struct strv *ret)
{
	const char *made = maker(l, chain);

	if (made && *made)
		strv_addf(ret,
			  "the chain '%s' of the packet filter's table " FIREWALL_TABLE
			  " is in the kernel, and no transaction in force put it there. 'harden "
			  "rollback --on-conflict before %s' takes it away.",
			  chain, made);
	else if (made)
		strv_addf(ret,
			  "the chain '%s' of the packet filter's table " FIREWALL_TABLE
			  " is in the kernel, and no transaction in force put it there. "
			  "'nft delete "
			  "chain " FIREWALL_TABLE " %s' takes it away.",
			  chain, chain);
}

static void own(const struct ledger *l, const char *chain, struct strv *ret)
{
	const char *made = maker(l, chain);

	if (made && *made)
		strv_add_once(ret, made);
}

/* What stands keeps it there; without one that does, it is what an undone one left: the newest. */
static const char *was_left(const struct ledger *l)
{
	const struct history h = {.items = l->items, .count = l->count};
	const char *left = NULL;

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
					return NULL;
				left = t->id;
			}
	}
	return left;
}

static void find_chains(const struct ledger *l,
			void (*take)(const struct ledger *l, const char *chain, struct strv *ret),
			struct strv *ret)
{
	CLEANUP(firewall_clear) struct firewall_facts f = {0};
	CLEANUP(buf_clear) struct buf json = {0};

	if (nft_list(&json, NULL) < 0 || nft_parse(buf_str(&json), &f, NULL) < 0)
		return;
	for (size_t i = 0; i < f.nchains; i++)
		take(l, f.chains[i].name, ret);
}

/* Whether this kernel's state is the ledger's, and all of the ledger can be read. */
static bool can_tell(const struct ledger *l)
{
	if (l->c.root.offline || geteuid() != 0 || elsewhere()->network)
		return false;
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].state == TRANSACTION_DAMAGED || notice_is_open(&l->items[i]))
			return false;
	return true;
}

void loaded_find(const struct ledger *l, struct strv *ret)
{
	if (!can_tell(l))
		return;
	find_chains(l, judge, ret);
	if (was_left(l))
		left_behind(&l->c.root, ret);
}

void loaded_owners(const struct ledger *l, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv left = {0};
	const char *id = was_left(l);

	if (!can_tell(l))
		return;
	find_chains(l, own, ret);
	if (id)
		left_behind(&l->c.root, &left);
	if (left.count > 0)
		strv_add_once(ret, id);
}
