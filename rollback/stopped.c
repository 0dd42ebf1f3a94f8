#include "rollback/stopped.h"

#include <string.h>

#include "engine/base/alloc.h"

/* How the plan's line of one goes on that may be left stopped (engine/plan/compose-stages.c). */
static const char *const endings[] = {" (stays stopped: ", " (comes back unless "};

static bool is_left(const char *rest)
{
	for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
		if (strncmp(rest, endings[i], strlen(endings[i])) == 0)
			return true;
	return false;
}

static bool is_named(const struct plan *plan, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < plan->stopped_containers.count; i++) {
		const char *line = plan->stopped_containers.items[i];

		if (strncmp(line, name, n) == 0 && is_left(line + n))
			return true;
	}
	return false;
}

void stopped_name(const struct plan *plan, const struct facts *now, const char *whose,
		  struct strv *ret)
{
	struct containers all;

	if (!containers_get(&now->docker.containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++) {
		const struct container *c = &all.items[i];

		if (c->name && container_told(c) && !c->running && is_named(plan, c->name))
			strv_addf(
				ret,
				"the container '%s' was stopped by the restart of dockerd for %s, "
				"as was announced, and does not run now; docker start %s",
				c->name, whose, c->name);
	}
}
