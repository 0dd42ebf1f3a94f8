#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/nft-text.h"
#include "engine/host/nft.h"
#include "engine/host/peers.h"
#include "engine/plan/facts-parts.h"

#define FIREWALLD "firewalld.service"

static void find_manager(struct gather *g)
{
	CLEANUP(freep) char *state = NULL;

	if (g->bus && bus_active_state(g->bus, FIREWALLD, &state, NULL) >= 0 && unit_is_up(state))
		g->facts->firewall.manager = xstrdup("firewalld");
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
	find_manager(g);
	peers_read(&f->peers);
	if (nft_list(&json, &err) < 0 || nft_parse(buf_str(&json), f, &err) < 0)
		f->not_measured = xstrdup(error_text(&err));
}
