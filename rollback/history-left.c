#include "rollback/history-left.h"

#include <string.h>

#include "engine/base/alloc.h"

/* Of one that undid it, by another path, too: the file may have another place by then. */
static bool is_about(const struct transaction_summary *later, const struct change *change,
		     const struct transaction_summary *t, const char *path, const struct edit *edit)
{
	bool same = strcmp(change->path, path) == 0;

	if (!same && (strcmp_null(later->of, t->id) != 0 || !edit_is_content(edit)))
		return false;
	for (size_t i = 0; i < change->edits.count; i++)
		if (subject_equal(change->edits.items[i].subject, edit->subject))
			return true;
	return false;
}

static bool is_settled(const struct history *h, size_t at, const char *path,
		       const struct edit *edit)
{
	for (size_t n = at + 1; n < h->count; n++) {
		const struct transaction_summary *later = &h->items[n];

		if (later->state != TRANSACTION_COMMITTED)
			continue;
		for (size_t i = 0; i < later->plan.nchanges; i++)
			if (is_about(later, &later->plan.changes[i], &h->items[at], path, edit))
				return true;
	}
	return false;
}

static void add_left(const struct history *h, size_t at, struct strv *ret)
{
	const struct transaction_summary *t = &h->items[at];

	for (size_t i = 0; i < t->plan.nchanges; i++) {
		const struct change *change = &t->plan.changes[i];

		for (size_t k = 0; k < change->edits.count; k++) {
			const struct edit *edit = &change->edits.items[k];
			CLEANUP(freep) char *subject = NULL, *text = NULL;

			if (history_stands(h, h->count, t, edit->control, NULL) ||
			    is_settled(h, at, change->path, edit))
				continue;
			subject = subject_print(edit->subject);
			text = xasprintf("%s of %s", subject, change->path);
			strv_add_once(ret, text);
		}
	}
}

void history_left(const struct history *h, struct strv *ret)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->items[i].state == TRANSACTION_COMMITTED && !h->items[i].of)
			add_left(h, i, ret);
}
