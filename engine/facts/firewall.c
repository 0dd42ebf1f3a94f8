#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/nft-text.h"
#include "engine/format/published-info.h"
#include "engine/host/ask/nft.h"
#include "engine/host/ask/peers.h"
#include "engine/host/read/elsewhere.h"

#define FIREWALLD "firewalld.service"

static void find_manager(struct gather *g)
{
	CLEANUP(freep) char *state = NULL;

	if (g->bus && bus_active_state(g->bus, FIREWALLD, &state, NULL) >= 0 && unit_is_up(state))
		g->facts->firewall.manager = xstrdup("firewalld");
}

static int ask(struct gather *g, const char *path, struct strv *into,
	       int (*read)(const struct buf *body, struct strv *ret, struct error *err))
{
	char **why = &g->facts->firewall.published_unknown;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf body = {0};
	int r = engine_api_get(g->api, path, &body, &err);

	if (r >= 0)
		r = read(&body, into, &err);
	if (r < 0 && !*why)
		*why = xstrdup(error_text(&err));
	return r;
}

/* Managers alone are told what the swarm publishes, though each node opens it. */
static void find_published(struct gather *g)
{
	struct firewall_facts *f = &g->facts->firewall;
	const char *swarm = g->facts->docker.swarm;

	if (!g->api)
		return;
	ask(g, "/networks", &f->bridges, published_info_read_bridges);
	if (swarm && strcmp(swarm, "inactive") != 0)
		ask(g, "/services", &f->ingress, published_info_read_ingress);
}

void gather_firewall(struct gather *g)
{
	struct firewall_facts *f = &g->facts->firewall;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf json = {0};

	if (!(g->facts->parts & FACTS_FIREWALL)) {
		f->not_measured = xstrdup("the packet filter was not asked for");
		return;
	}
	if (g->facts->offline) {
		f->not_measured = xstrdup("this is not the running system");
		return;
	}
	if (elsewhere()->network) {
		f->not_measured = xstrdup(elsewhere()->network);
		return;
	}
	find_manager(g);
	find_published(g);
	peers_read(&f->peers);
	if (nft_list(&json, &err) < 0 || nft_parse(buf_str(&json), f, &err) < 0)
		f->not_measured = xstrdup(error_text(&err));
}
