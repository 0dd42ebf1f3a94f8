#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/host/read/proxies.h"

/*
 * live-restore keeps a container's process, and not all that dockerd keeps for it. Measured with
 * 20.10.24, 26.1.5 and 28.5.2: a port on an address that the host lacks while dockerd starts is not
 * taken again; names of links on networks that somebody made are forgotten; so are the rules that let
 * links through where icc is false. None comes back by itself: only the container's own restart does.
 * What its log goes to is container-logs.c's; its volumes are container-volumes.c's.
 */

#define DOCKER "docker.service"

/* The one address that it is published on; NULL: it is on each. */
static const char *address_of(const char *port)
{
	const char *host = port_address(port);

	return strcmp(host, "default") == 0 || strcmp(host, "0.0.0.0") == 0 ||
			       strcmp(host, "::") == 0
		       ? NULL
		       : host;
}

/* Told as one, and held one by one. */
static bool is_range(const char *port)
{
	return memchr(port, '-', strcspn(port, "/"));
}

/* Where dockerd has a proxy for each port, what has none is not dockerd's any more. */
bool port_is_lost(const struct docker_facts *d, const char *port)
{
	return d->listening.proxies_known && address_of(port) && !is_range(port) &&
	       !strv_contains(&d->listening.proxies, port);
}

/* Told by nothing else: inspect goes on to list them (20.10, 26.1). */
static void find_lost(const struct docker_facts *d, struct container *c)
{
	for (size_t i = 0; d->listening.proxies_known && i < c->ports.count; i++) {
		const char *port = c->ports.items[i];

		/* "any": of a network that is routed to, where there are none */
		if (!is_range(port) && !starts_with(port, "any/") &&
		    strcmp(port_address(port), "default") != 0 &&
		    !strv_contains(&d->listening.proxies, port))
			strv_add(&c->lost_ports, port);
	}
}

/* Only where it matters: the processes are gone through for it. */
static void find_proxies(struct docker_facts *d, const struct containers *all)
{
	const struct setting *proxy = settings_find(&d->now, "userland-proxy");
	bool matters = false;

	if (!proxy || strcmp_null(proxy->value, "true") != 0)
		return;
	for (size_t i = 0; i < all->count; i++)
		matters |= all->items[i].running && all->items[i].ports.count > 0;
	if (matters)
		d->listening.proxies_known = proxies_list(&d->listening.proxies, NULL) >= 0;
}

static bool is_loopback(const char *host)
{
	return starts_with(host, "127.") || strcmp(host, "::1") == 0;
}

/* Whether what systemd runs for a unit has the address as a word: "ip addr del 10.0.0.9/32 dev lo". */
static bool speaks_of(const struct gather *g, const char *unit, const char *host)
{
	static const char *const properties[] = {"ExecStop", "ExecStopPost", "ExecStartPre",
						 "ExecStart", "ExecStartPost"};
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(freep) char *text = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(properties); i++)
		if (bus_commands(g->bus, unit, properties[i], &words, NULL) < 0)
			return false; /* facts.docker.may_end has it */
	text = strv_join(&words, " ");
	/* one that listens on it has it as a word as well, and brings none */
	return (str_has_word(text, "ip", "-_.") || str_has_word(text, "ifconfig", "-_.")) &&
	       str_has_word(text, host, ".:");
}

/* One of those whose commands cannot be read. */
static const char *unread_unit(const struct docker_facts *d)
{
	for (size_t i = 0; i < d->goes_down.count; i++)
		for (size_t k = 0; k < d->may_end.count; k++)
			if (str_has_word(d->may_end.items[k], d->goes_down.items[i], ".-@"))
				return d->goes_down.items[i];
	return NULL;
}

/* An address that comes by what goes down with dockerd is not there while dockerd starts. */
static char *address_going(const struct gather *g, const char *host, bool *ret_may)
{
	const struct docker_facts *d = &g->facts->docker;
	const char *unit;

	for (size_t i = 0; i < d->goes_down.count; i++)
		if (speaks_of(g, d->goes_down.items[i], host))
			return xasprintf("an address of which %s speaks, and that goes down with "
					 "dockerd",
					 d->goes_down.items[i]);
	unit = unread_unit(d);
	*ret_may = unit != NULL;
	return unit ? xasprintf("an address that %s may bring, which goes down with dockerd and of "
				"whose commands nobody can tell",
				unit)
		    : NULL;
}

char *address_doubt(const struct gather *g, const char *host, bool *ret_may)
{
	const struct listening *l = &g->facts->docker.listening;

	*ret_may = false;
	if (l->unknown)
		return xasprintf("an address of which it is not known whether this host has it: %s",
				 l->unknown);
	if (!listening_has(l, host))
		return xstrdup("an address that this host does not have now");
	if (is_loopback(host) || strv_contains(&l->addresses, "*"))
		return NULL;
	return address_going(g, host, ret_may);
}

static void find_absent(const struct gather *g, const char *port, struct strv *ret)
{
	const char *host = address_of(port);
	bool may = false;
	CLEANUP(freep) char *why = host ? address_doubt(g, host, &may) : NULL;

	if (why)
		strv_addf(ret, "%s port %s, %s", may ? "may lose" : "loses", port, why);
}

static bool has_name(const struct container *c, const char *network, const char *name)
{
	CLEANUP(freep) char *pair = xasprintf("%s %s", network, name);

	return strcmp_null(c->name, name) == 0 || strv_contains(&c->network_names, pair);
}

/* Whether the target is called so without the link; that another one is, is no help. */
static bool is_found(const struct containers *all, const char *network, const char *target,
		     const char *alias)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct container *c = &all->items[i];

		if (c->running && strv_contains(&c->networks, network) &&
		    has_name(c, network, target) && has_name(c, network, alias))
			return true;
	}
	return false;
}

/* "NETWORK TARGET:ALIAS"; without an alias the target's name is it. */
static void find_name(const struct containers *all, const char *link, struct strv *ret)
{
	const char *rest = strchr(link, ' ') + 1, *colon = strchr(rest, ':');
	CLEANUP(freep) char *network = xstrndup(link, (size_t)(rest - link) - 1);
	CLEANUP(freep) char *target = xstrndup(rest, strcspn(rest, ":"));
	const char *alias = colon ? colon + 1 : target;

	if (!is_found(all, network, target, alias))
		strv_addf(ret, "loses the name '%s', its link to %s on network %s", alias, target,
			  network);
}

/* "/dx:/ex/alias" */
static void find_rule(const char *link, struct strv *ret)
{
	const char *target = link + (*link == '/');
	CLEANUP(freep)
	char *text = xasprintf(
		"loses the way to %.*s over docker0, which without icc is its link's alone",
		(int)strcspn(target, ":"), target);

	strv_add_once(ret, text);
}

static bool has_rules(const struct docker_facts *d, const struct container *c)
{
	const struct setting *icc = settings_find(&d->now, "icc");

	/* what is not known may be */
	return !(icc && strcmp_null(icc->value, "true") == 0) &&
	       strv_contains(&c->networks, "bridge");
}

/* What was carried over a start of dockerd has lost its links by that one. */
static bool was_carried_over(const struct gather *g, const struct container *c)
{
	const struct unit_facts *u = facts_unit(g->facts, DOCKER);

	return u && c->started_usec && c->started_usec < u->started_usec;
}

/* dockerd keeps a runtime that was taken out of its file until its next start. */
static void lose_runtime(const struct gather *g, struct container *c)
{
	CLEANUP(freep) char *why = c->runtime ? runtime_missing(g, c->runtime) : NULL;

	if (!why)
		return;
	strv_addf(&c->loses, "loses what starts it again: %s", why);
	if (!c->no_start)
		c->no_start = TAKE_PTR(why);
}

/* Its links. */
static void find_ways(const struct gather *g, const struct containers *all,
		      const struct container *c, struct strv *ret)
{
	const struct docker_facts *d = &g->facts->docker;

	if (was_carried_over(g, c))
		return;
	for (size_t i = 0; i < c->network_links.count; i++)
		find_name(all, c->network_links.items[i], ret);
	for (size_t i = 0; has_rules(d, c) && i < c->links.count; i++)
		find_rule(c->links.items[i], ret);
}

static void find_losses(const struct gather *g, const struct containers *all, struct container *c)
{
	const struct docker_facts *d = &g->facts->docker;

	/* one between two runs has no port, and loses none */
	for (size_t i = 0; container_lives(c) && i < c->ports.count; i++)
		if (!port_is_lost(d, c->ports.items[i]))
			find_absent(g, c->ports.items[i], &c->absent_ports);
	strv_add_all(&c->loses, &c->absent_ports);
	if (container_lives(c))
		find_lost(d, c);
	lose_runtime(g, c);
	find_ways(g, all, c, &c->loses);
}

/* What its network loses is lost to whoever has the same one: --network container:X. */
static void find_shared(const struct gather *g, const struct containers *all, struct container *c)
{
	const struct container *own = containers_network_owner(all, c);
	CLEANUP(strv_clear) struct strv ways = {0};

	if (own == c || !own->running)
		return;
	strv_copy(&ways, &own->absent_ports);
	find_ways(g, all, own, &ways);
	for (size_t i = 0; i < ways.count; i++)
		strv_addf(&c->loses, "%s, with container %s whose network it has", ways.items[i],
			  container_label(own));
	if (ways.count > 0)
		str_replace(&c->loses_with, container_label(own));
}

void gather_container_losses(struct gather *g)
{
	struct containers all;

	if (g->facts->offline || !containers_get(&g->facts->docker.containers, &all))
		return;
	gather_container_logs(g);
	gather_container_volumes(g);
	find_proxies(&g->facts->docker, &all);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running)
			find_losses(g, &all, &g->facts->docker.containers.seen[i]);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running) {
			struct container *c = &g->facts->docker.containers.seen[i];

			find_shared(g, &all, c);
			strv_sort(&c->loses); /* a consent is to these words */
			strv_sort(&c->empty_volumes);
		}
}
