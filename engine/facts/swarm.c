#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/swarm-info.h"
#include "engine/host/read/observe.h"

static int ask(struct gather *g, const char *path,
	       int (*read)(const struct buf *body, struct swarm *ret, struct error *err),
	       struct error *err)
{
	CLEANUP(buf_clear) struct buf body = {0};
	int r = engine_api_get(g->api, path, &body, err);

	return r < 0 ? r : read(&body, &g->facts->swarm, err);
}

/* The API does not tell what a node listens on. */
static void read_state(struct gather *g)
{
	CLEANUP(freep)
	char *path = xasprintf("%s/swarm/docker-state.json", g->facts->docker.data_root);
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	struct swarm *s = &g->facts->swarm;
	int r = observe_content(g->root, path, &text, &err);

	if (r >= 0)
		r = swarm_info_read_state(&text, s, &err);
	if (r < 0)
		s->listen_unknown = r == -ENOENT ? xasprintf("there is no '%s'", path)
						 : xstrdup(error_text(&err));
}

/* A manager that waits for its key, like a worker, answers none of this. */
static int ask_manager(struct gather *g, struct error *err)
{
	int r = ask(g, "/info", swarm_info_read_role, err);

	if (r < 0 || !g->facts->swarm.manager)
		return r;
	r = ask(g, "/swarm", swarm_info_read, err);
	return r < 0 ? r : ask(g, "/nodes", swarm_info_read_nodes, err);
}

void gather_swarm(struct gather *g)
{
	const char *state = g->facts->docker.swarm;
	struct swarm *s = &g->facts->swarm;
	CLEANUP(error_clear) struct error err = {0}, why = {0};

	if (!(g->facts->parts & FACTS_SWARM) || !state || strcmp(state, "inactive") == 0)
		return;
	read_state(g);
	if (!g->api)
		return;
	if (ask_manager(g, &err) < 0)
		s->not_measured = xstrdup(error_text(&err));
	if (ask(g, "/networks", swarm_info_read_networks, &why) < 0)
		s->networks_unknown = xstrdup(error_text(&why));
}
