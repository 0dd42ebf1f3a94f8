#include "rollback/stopped.h"

#include <string.h>

#include "engine/base/alloc.h"

/* Whether the plan said that it may be left stopped. */
static bool is_named(const struct stopped_list *named, const char *name)
{
	const struct stopped *s = stopped_find(named, name);

	return s && (s->comes_back == COMES_BACK_NO || s->comes_back == COMES_BACK_UNLESS_0);
}

void stopped_name(const struct stopped_list *named, const struct stopped_list *own,
		  const struct facts *now, const char *whose, struct strv *ret)
{
	struct containers all;

	if (!containers_get(&now->docker.containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++) {
		const struct container *c = &all.items[i];
		CLEANUP(freep) char *line = NULL;

		if (!c->name || !container_told(c) || c->running || !is_named(named, c->name) ||
		    (own && stopped_find(own, c->name)))
			continue;
		line = xasprintf("the container '%s' was stopped by the restart of dockerd for %s, "
				 "as was announced, and does not run now; docker start %s",
				 c->name, whose, c->name);
		strv_add_once(ret, line);
	}
}
