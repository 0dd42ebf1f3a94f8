#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/swarm-info.h"

/* A manager counts while the others reach it; this one does not, as long as it is restarted. */

/* One that is alone loses nothing that others have: it is back when it is back. */
void judge_swarm_majority(struct docker_facts *d, const struct swarm *managers, const char *why)
{
	size_t all = managers ? managers->nmanagers : 0, reached = 0;

	if (!managers || all == 0) {
		d->swarm_majority =
			xasprintf("whether the other managers of the swarm are enough while "
				  "dockerd is restarted is not known: %s",
				  why ? why : "dockerd lists none");
		return;
	}
	for (size_t i = 0; i < all; i++)
		reached += strcmp(managers->managers[i].reachability, "reachable") == 0;
	if (all == 1 || (reached > 0 && reached - 1 > all / 2))
		return;
	d->swarm_majority = xasprintf(
		"the restart of dockerd costs the swarm its majority: of %zu managers %zu can be "
		"reached, this one among them, and %zu are needed; until it is back nothing is "
		"started, moved or managed in the whole swarm (what runs on other nodes runs on)",
		all, reached, all / 2 + 1);
}

void gather_swarm_majority(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf body = {0};
	struct swarm managers = {0};
	int r;

	if (!d->running || !d->swarm || strcmp(d->swarm, "active") != 0 || !d->swarm_manager)
		return;
	if (!g->api) {
		judge_swarm_majority(d, NULL, "dockerd is not asked");
		return;
	}
	r = engine_api_get(g->api, "/nodes", &body, &err);
	if (r >= 0)
		r = swarm_info_read_nodes(&body, &managers, &err);
	judge_swarm_majority(d, r < 0 ? NULL : &managers, r < 0 ? error_text(&err) : NULL);
	swarm_clear(&managers);
}
