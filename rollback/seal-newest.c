#include "rollback/seal-newest.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/tombstones.h"

/* The tombstone of the newest that is gone; NULL: none. */
static const struct tombstone *newest_tombstone(const struct tombstones *stones)
{
	const struct tombstone *newest = NULL;

	for (size_t i = 0; i < stones->count; i++)
		if (!newest || strcmp(stones->items[i].seal.id, newest->seal.id) >= 0)
			newest = &stones->items[i];
	return newest;
}

void seal_newest(const struct state *state, const struct strv *ids, struct seal *ret)
{
	CLEANUP(tombstones_clear) struct tombstones stones = {0};
	const struct tombstone *gone;
	int r;

	tombstones_list(state, &stones, NULL);
	gone = newest_tombstone(&stones);
	for (size_t i = ids->count; i-- > 0;) {
		if (gone && strcmp(ids->items[i], gone->seal.id) < 0)
			break;
		r = seal_measure(state, ids->items[i], 0, ret, NULL);
		if (r >= 0)
			return;
		if (r != -ENOENT) { /* with -ENOENT it died before it began */
			*ret = (struct seal){.id = xstrdup(ids->items[i])};
			return;
		}
	}
	if (gone)
		seal_copy(ret, &gone->seal);
}
