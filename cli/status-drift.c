#include "cli/status-drift.h"

#include "cli/message.h"
#include "cli/notice.h"
#include "cli/status-left.h"
#include "engine/base/alloc.h"
#include "engine/facts/gather.h"
#include "rollback/drift-effects.h"

static void say_unknown(const struct error *err)
{
	message("whether what was applied is so still is not known: %s", error_text(err));
}

static bool is_settled(const struct ledger *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].state == TRANSACTION_WAITING || notice_is_open(&l->items[i]))
			return false;
	return !notice_is_running(&l->c.state);
}

static void add_files(const struct history *h, const struct root *root, const struct strv *known,
		      struct strv *ret)
{
	CLEANUP(drifts_clear) struct drifts drifts = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (drift_of_all(h, &(struct drift_wanted){.loosened = true}, root, &drifts, &err) < 0)
		say_unknown(&err);
	for (size_t i = 0; i < drifts.count; i++) {
		const struct edit *e = drifts.items[i].edit;
		CLEANUP(freep) char *subject = subject_print(e->subject);
		CLEANUP(freep) char *text = xasprintf("%s of %s", subject, e->path);

		if (!strv_contains(known, text))
			strv_add_once(ret, text);
	}
}

/* The host is asked only where something of no file was applied; nobody waits long for the status. */
static void add_effects(const struct ledger *l, const struct history *h, struct strv *ret)
{
	const struct drift_wanted all = {0};
	CLEANUP(effect_drifts_clear) struct effect_drifts drifts = {0};
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(error_clear) struct error err = {0};

	facts.docker.silent = true;
	if (l->c.root.offline || !drift_of_effects_any(h, &all))
		return;
	if (facts_gather(&facts, &l->c.root, context_witness(&l->c),
			 drift_of_effects_needs(h, &all), &err) < 0) {
		say_unknown(&err);
		return;
	}
	drift_of_effects(h, &all, &facts, &drifts);
	for (size_t i = 0; i < drifts.count; i++) {
		const struct effect_drift *d = &drifts.items[i];
		CLEANUP(freep) char *subject = subject_print(d->subject);

		if (d->unknown)
			message("whether '%s' is as it was applied is not known: %s", subject,
				d->unknown);
		else
			strv_add_once(ret, subject);
	}
}

void drifted_find(struct ledger *l, const struct strv *known, struct strv *ret)
{
	struct history h = {.items = l->items, .count = l->count};
	CLEANUP(error_clear) struct error err = {0};
	size_t newest;

	if (!is_settled(l) || history_find_in_force(l->items, l->count, &newest, NULL) < 0)
		return;
	if (history_load_all(&l->c.state, &h, &l->items[newest], &err) < 0) {
		say_unknown(&err);
		return;
	}
	add_files(&h, &l->c.root, known, ret);
	add_effects(l, &h, ret);
}

void drifted_put(const struct strv *drifted, const struct options *o, struct buf *b,
		 const struct style *s)
{
	CLEANUP(freep) char *list = left_list(drifted);
	CLEANUP(freep) char *check = options_command(o, "check");
	CLEANUP(freep)
	char *line = xasprintf("not as it was applied any more: %s. '%s' tells what is "
			       "so now",
			       list, check);

	if (drifted->count == 0)
		return;
	buf_puts(b, "Changed:  ");
	wrap_text(b, s, 10, line);
}
