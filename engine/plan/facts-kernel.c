#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/observe.h"
#include "engine/plan/facts-parts.h"

#define MODULE "/br_netfilter.ko"

/* Whether a list of module files (modules.dep, modules.builtin) names br_netfilter. */
static bool listed(const struct gather *g, const char *list)
{
	CLEANUP(freep) char *path = xasprintf("/lib/modules/%s/%s", g->facts->kernel, list);
	CLEANUP(buf_clear) struct buf text = {0};

	return observe_content(g->root, path, &text, NULL) >= 0 && strstr(buf_str(&text), MODULE);
}

void gather_kernel(struct gather *g)
{
	if (g->facts->offline || !g->facts->kernel)
		return;
	if (path_exists(g, "/proc/sys/net/bridge") || listed(g, "modules.dep") ||
	    listed(g, "modules.builtin"))
		return;
	g->facts->docker.kernel_modules =
		xasprintf("br_netfilter is not loaded, and '/lib/modules/%s' has no such module",
			  g->facts->kernel);
}
