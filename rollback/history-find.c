/* Which of the transactions is meant, and what each still has a part in. */

#include <errno.h>
#include <string.h>

#include "engine/base/str.h"
#include "rollback/history.h"

int history_find(const struct transaction_summary *all, size_t count, const char *id, size_t *ret,
		 struct error *err)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		if (!starts_with(all[i].id, id))
			continue;
		if (found)
			return error_set(err, -EINVAL, "several transactions begin with '%s'", id);
		found = true;
		*ret = i;
	}
	return found ? 0 : error_set(err, -ENOENT, "there is no transaction '%s'", id);
}

int history_is_there(const struct state *s, const char *id, struct error *err)
{
	CLEANUP(strv_clear) struct strv ids = {0};
	int r = state_transactions(s, &ids, err);

	for (size_t i = 0; i < ids.count; i++)
		if (starts_with(ids.items[i], id))
			return 0;
	return r < 0 ? r : error_set(err, -ENOENT, "there is no transaction '%s'", id);
}

bool transaction_is_in_force(const struct transaction_summary *t)
{
	return t->state == TRANSACTION_COMMITTED && !t->rolled_back_by && !t->of;
}

int history_find_in_force(const struct transaction_summary *all, size_t count, size_t *ret,
			  struct error *err)
{
	for (size_t i = count; i > 0; i--) {
		const struct transaction_summary *t = &all[i - 1];

		if (t->state == TRANSACTION_DAMAGED && !t->rolled_back_by && !t->of)
			return error_set(err, -EUCLEAN,
					 "transaction '%s', perhaps the newest in force, cannot be "
					 "read (%s): give the id of another, or set it aside",
					 t->id, t->note);
		if (!transaction_is_in_force(t))
			continue;
		*ret = i - 1;
		return 0;
	}
	return error_set(err, -ENOENT, "there is no transaction to undo");
}

bool transaction_is_half_back(const struct transaction_summary *t)
{
	return t->state == TRANSACTION_ROLLED_BACK && t->leaves && !t->of;
}

bool history_counts(const struct history *h, const struct transaction_summary *t)
{
	return t->state == TRANSACTION_COMMITTED ||
	       (transaction_is_half_back(t) && h->undoing && strcmp(h->undoing, t->id) == 0);
}
