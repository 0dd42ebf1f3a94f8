#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/network-info.h"
#include "engine/host/ask/bus-firewalld.h"
#include "engine/host/ask/docker-log.h"
#include "engine/host/read/elsewhere.h"

/*
 * dockerd makes every network anew at its start, of what is there then; one that it cannot make it
 * has lost: no container starts there any more, and those in it lose their ports. Measured with
 * 20.10.24 and 28.5.2: it puts each bridge into firewalld's zone "docker", which accepts everything,
 * and fails where another zone has the bridge; macvlan needs its parent.
 */

#define DOCKER "docker.service"
#define ZONE "docker"
#define INTERFACES "/sys/class/net"

/* What dockerd takes from another zone, or puts where everything is let in. */
static void judge_zone(struct docker_facts *d, const struct network *n, const char *zone)
{
	if (strcmp(zone, ZONE) == 0)
		return;
	if (*zone)
		strv_addf(&d->restart_brings,
			  "firewalld has %s, the bridge of network '%s', in zone '%s': dockerd's "
			  "start would want it in zone '" ZONE "', fail, and lose the network with "
			  "all ports that are published there; 'firewall-cmd --zone=" ZONE
			  " --change-interface=%s' (with --permanent as well) lets it go on",
			  n->bridge, n->name, zone, n->bridge);
	else
		strv_addf(
			&d->restart_brings,
			"firewalld has %s, the bridge of network '%s', in no zone: dockerd's start "
			"puts it into zone '" ZONE "', which lets its containers reach all ports "
			"of this host, and no rollback takes it out again ('firewall-cmd "
			"--zone=" ZONE " --remove-interface=%s' does)",
			n->bridge, n->name, n->bridge);
}

/* Only where it runs: who has no firewalld is not to hear of it. */
static bool may_run(const struct gather *g)
{
	CLEANUP(freep) char *active = NULL;

	return bus_active_state(g->bus, "firewalld.service", &active, NULL) < 0 ||
	       unit_is_up(active);
}

static void find_zones(struct gather *g, const struct networks *all)
{
	struct docker_facts *d = &g->facts->docker;
	const struct setting *rules = settings_find(&d->next, "iptables");
	CLEANUP(strv_clear) struct strv bridges = {0}, zones = {0};
	CLEANUP(error_clear) struct error err = {0};
	bool runs = false;
	int r;

	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].bridge)
			strv_add(&bridges, all->items[i].bridge);
	if (bridges.count == 0 || (rules && strcmp_null(rules->value, "false") == 0))
		return;
	r = firewalld_zones(&bridges, &runs, &zones, &err);
	if (r < 0 && may_run(g))
		strv_addf(&d->restart_brings,
			  "in which zone firewalld has the bridges of Docker's networks, which "
			  "dockerd's start would put into zone '" ZONE "', is not known: %s",
			  error_text(&err));
	for (size_t i = 0, k = 0; r >= 0 && runs && i < all->count && k < zones.count; i++)
		if (all->items[i].bridge)
			judge_zone(d, &all->items[i], zones.items[k++]);
}

static bool is_there(const struct gather *g, const char *interface, const char *below)
{
	CLEANUP(freep) char *path = xasprintf(INTERFACES "/%s%s", interface, below);

	return path_exists(g, path);
}

/* "eth0.10" of an eth0 that is there dockerd makes itself (its documents: 802.1Q trunks). */
static bool is_made(const struct gather *g, const char *parent)
{
	const char *dot = strrchr(parent, '.');
	CLEANUP(freep) char *trunk = dot ? xstrndup(parent, (size_t)(dot - parent)) : NULL;

	return trunk && *trunk && is_there(g, trunk, "");
}

static void find_parent(struct gather *g, const struct network *n)
{
	if (n->parent && !is_there(g, n->parent, "") && !is_made(g, n->parent))
		strv_addf(&g->facts->docker.restart_brings,
			  "network '%s' (%s) stands on the interface %s, which is not there: "
			  "dockerd's start would lose the network, and no container could be "
			  "started in it, not even when the interface is back; have it back first",
			  n->name, n->driver, n->parent);
}

/* A bridge of a name of its own that somebody else makes: dockerd makes none for the default network. */
static void find_bridge(struct gather *g, const struct network *n)
{
	bool is_own = n->bridge && strcmp(n->bridge, "docker0") != 0;

	if (is_own && strcmp(n->name, "bridge") == 0 && !is_there(g, n->bridge, ""))
		strv_addf(
			&g->facts->docker.restart_brings,
			"the default network stands on the bridge %s, which is not there: dockerd "
			"would not start; have it back first",
			n->bridge);
	else if (n->bridge && is_there(g, n->bridge, "") && !is_there(g, n->bridge, "/bridge"))
		strv_addf(
			&g->facts->docker.restart_brings,
			"network '%s' wants the bridge %s, and what is called so is not a bridge: "
			"dockerd's start would lose the network",
			n->name, n->bridge);
}

static void find_interfaces(struct gather *g, const struct networks *all)
{
	if (elsewhere()->network) {
		strv_addf(&g->facts->docker.restart_brings,
			  "whether the interfaces of Docker's networks are there is not known: %s",
			  elsewhere()->network);
		return;
	}
	for (size_t i = 0; i < all->count; i++) {
		find_parent(g, &all->items[i]);
		find_bridge(g, &all->items[i]);
	}
}

/* The API goes on to list them. */
static void find_lost(struct gather *g, const struct networks *all)
{
	const struct unit_facts *u = facts_unit(g->facts, DOCKER);
	CLEANUP(strv_clear) struct strv messages = {0};

	if (!u || !u->started_usec)
		return;
	docker_log_lost_networks(u->started_usec, &messages);
	for (size_t i = 0; i < messages.count; i++) {
		CLEANUP(freep) char *id = docker_log_network_id(messages.items[i]);

		for (size_t k = 0; k < all->count; k++)
			if (strcmp(all->items[k].id, id) == 0)
				strv_addf(&g->facts->docker.lost_networks, "%s: %s",
					  all->items[k].name, messages.items[i]);
	}
}

/* The default one has the setting "ip" for that. */
static void find_wide(struct docker_facts *d, const struct networks *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].wide && strcmp(all->items[i].name, "bridge") != 0)
			strv_add(&d->wide_networks, all->items[i].name);
}

void gather_networks(struct gather *g)
{
	CLEANUP(networks_info_clear) struct networks all = {0};
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r;

	if (!g->api) {
		/* why dockerd was not asked; those that it has are on its disk all the same */
		g->facts->docker.wide_unread = xstrdup_null(g->facts->docker.not_measured);
		return;
	}
	r = engine_api_get(g->api, "/networks", &body, &err);
	if (r >= 0)
		r = network_info_read(&body, &all, &err);
	if (r < 0)
		g->facts->docker.wide_unread = xstrdup(error_text(&err));
	find_wide(&g->facts->docker, &all);
	if (!restart_is_possible(g))
		return;
	if (r < 0) {
		strv_addf(&g->facts->docker.restart_brings,
			  "what dockerd's start does to its networks could not be asked: %s",
			  error_text(&err));
		return;
	}
	find_lost(g, &all);
	find_interfaces(g, &all);
	find_zones(g, &all);
	plugins_take_networks(g, &all);
}
