#include "engine/plan/judged.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "engine/plan/control-diff.h"

struct judged {
	struct map
		deltas; /* a control's address, since two baselines may have one of the same name */
};

static void free_delta(void *d)
{
	delta_clear(d);
	free(d);
}

struct judged *judged_new(void)
{
	return xcalloc(1, sizeof(struct judged));
}

void judged_free(struct judged *j)
{
	if (!j)
		return;
	map_clear(&j->deltas, free_delta);
	free(j);
}

int judged_diff(struct judged *j, const struct control *control, const struct view *host,
		struct delta *ret, struct error *err)
{
	CLEANUP(freep) char *key = xasprintf("%p", (const void *)control);
	struct delta *known = map_get(&j->deltas, key);
	int r;

	if (known) {
		delta_copy(ret, known);
		return 0;
	}
	r = control_diff(control, host, ret, err);
	if (r < 0)
		return r;
	known = xcalloc(1, sizeof(*known));
	delta_copy(known, ret);
	map_put(&j->deltas, key, known);
	return 0;
}
