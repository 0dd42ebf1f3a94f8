#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/observe.h"

/* Whether anything starts a unit by itself, now or at the next boot. */

bool unit_is_wanted(const struct gather *g, const char *unit)
{
	static const char *const kinds[] = {"wants", "requires", "upholds"};
	CLEANUP(freep) char *active = NULL;

	if (g->bus && bus_active_state(g->bus, unit, &active, NULL) >= 0 &&
	    strcmp(active, "inactive") != 0)
		return true;
	for (size_t i = 0; unit_directories[i]; i++)
		for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
			CLEANUP(freep)
			char *pattern =
				xasprintf("%s/*.%s/%s", unit_directories[i], kinds[k], unit);
			CLEANUP(strv_clear) struct strv links = {0};

			observe_glob(g->root, pattern, &links);
			for (size_t j = 0; j < links.count; j++)
				if (path_exists(g, links.items[j]))
					return true;
		}
	return false;
}

bool unit_is_needed(const struct gather *g, const char *unit)
{
	static const char *const by[] = {"RequiredBy", "WantedBy", "BoundBy", "UpheldBy"};
	CLEANUP(strv_clear) struct strv names = {0};

	for (size_t i = 0; g->bus && i < ARRAY_SIZE(by); i++)
		if (bus_related(g->bus, unit, by[i], &names, NULL) < 0)
			return true;
	return names.count > 0;
}
