#include "rollback/history-gone.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/drift.h"

/* Whether a rollback of it was taken back, and not in all of its parts. */
static bool was_half_undone(const struct history *h, const struct transaction_summary *t)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct transaction_summary *r = &h->items[i];

		if (r->of && r->state == TRANSACTION_ROLLED_BACK && r->leaves &&
		    history_root(h, r) == t)
			return true;
	}
	return false;
}

static int add_gone(const struct history *h, const struct transaction_summary *t,
		    const struct root *root, struct strv *ret, struct error *err)
{
	CLEANUP(drifts_clear) struct drifts drifts = {0};
	int r = drift_of(h, t, &(struct drift_wanted){0}, root, &drifts, err);

	for (size_t i = 0; r >= 0 && i < drifts.count; i++) {
		const struct edit *e = drifts.items[i].edit;
		CLEANUP(freep) char *subject = subject_print(e->subject);
		CLEANUP(freep) char *text = xasprintf("%s of %s", subject, e->path);

		strv_add_once(ret, text);
	}
	return r;
}

int history_gone(const struct state *s, struct history *h, const struct root *root,
		 struct strv *ret, struct error *err)
{
	bool loaded = false;
	int r = 0;

	for (size_t i = 0; i < h->count && r >= 0; i++) {
		const struct transaction_summary *t = &h->items[i];

		if (!transaction_is_in_force(t) || !was_half_undone(h, t))
			continue;
		r = loaded ? 0 : history_load_all(s, h, t, err);
		loaded = true;
		if (r >= 0)
			r = add_gone(h, t, root, ret, err);
	}
	return r;
}
