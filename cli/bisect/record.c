#include "cli/bisect/record.h"

#include <stdlib.h>

#include "engine/base/alloc.h"

ENUM_TABLE(bisect_end, enum bisect_end,
	   BISECT_END_COUNT, [BISECT_FOUND] = "found", [BISECT_NOT_THE_CHANGE] = "not_the_change",
	   [BISECT_LIMIT] = "limit", [BISECT_STOPPED] = "stopped");

ENUM_TABLE(bisect_result, enum bisect_result, BISECT_RESULT_COUNT, [BISECT_WELL] = "well",
	   [BISECT_BROKEN] = "broken", [BISECT_UNTOLD] = "untold");

static void try_clear(struct bisect_try *t)
{
	free(t->id);
	strv_clear(&t->controls);
	free(t->failure);
}

static void culprit_clear(struct bisect_culprit *c)
{
	strv_clear(&c->controls);
	strv_clear(&c->out);
	free(c->failure);
}

void bisect_free(struct bisect *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->ntries; i++)
		try_clear(&b->tries[i]);
	free(b->tries);
	for (size_t i = 0; i < b->nculprits; i++)
		culprit_clear(&b->culprits[i]);
	free(b->culprits);
	strv_clear(&b->out);
	strv_clear(&b->kept);
	free(b->of);
	free(b->failure);
	free(b->why);
	free(b);
}

static bool has_all(const struct strv *set, const struct strv *of)
{
	for (size_t i = 0; i < of->count; i++)
		if (!strv_contains(set, of->items[i]))
			return false;
	return true;
}

const char *bisect_failure_of(const struct bisect *b, const struct strv *controls)
{
	const struct bisect_try *best = NULL;

	for (size_t i = 0; i < b->ntries; i++) {
		const struct bisect_try *t = &b->tries[i];

		if (t->result == BISECT_BROKEN && t->failure && has_all(&t->controls, controls) &&
		    (!best || t->controls.count < best->controls.count))
			best = t;
	}
	return best ? best->failure : b->failure;
}
