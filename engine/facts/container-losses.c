#include <arpa/inet.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/proxies.h"

/*
 * live-restore keeps a container's process, and not all that dockerd keeps for it. Measured with
 * 20.10.24, 26.1.5 and 28.5.2: a port on an address that the host lacks while dockerd starts is not
 * taken again; names of links on networks that somebody made are forgotten; so are the rules that let
 * links through where icc is false. None comes back by itself: only the container's own restart does.
 * What its log goes to is container-logs.c's.
 */

#define DOCKER "docker.service"

/* One address may be written in several ways. */
bool host_has(const struct listening *l, const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char address[INET6_ADDRSTRLEN];
	int family = strchr(host, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, host, bytes) != 1 ||
	    !inet_ntop(family, bytes, address, sizeof(address)))
		return false;
	return listening_is_here(l, address) || strv_contains(&l->addresses, "*");
}

/* The one address that it is published on; NULL: it is on each. */
static const char *address_of(const char *port)
{
	const char *host = port_address(port);

	return strcmp(host, "default") == 0 || strcmp(host, "0.0.0.0") == 0 ||
			       strcmp(host, "::") == 0
		       ? NULL
		       : host;
}

/* Where dockerd has a proxy for each port, what has none is not dockerd's any more. */
bool port_is_lost(const struct docker_facts *d, const char *port)
{
	bool is_range =
		memchr(port, '-', strcspn(port, "/")); /* told as one, and held one by one */

	return d->listening.proxies_known && address_of(port) && !is_range &&
	       !strv_contains(&d->listening.proxies, port);
}

/* Only where it matters: the processes are gone through for it. */
static void find_proxies(struct docker_facts *d, const struct containers *all)
{
	const struct setting *proxy = settings_find(&d->now, "userland-proxy");
	bool matters = false;

	if (!proxy || strcmp_null(proxy->value, "true") != 0)
		return;
	for (size_t i = 0; i < all->count; i++)
		for (size_t k = 0; all->items[i].running && k < all->items[i].ports.count; k++)
			matters |= address_of(all->items[i].ports.items[k]) != NULL;
	if (matters)
		d->listening.proxies_known = proxies_list(&d->listening.proxies, NULL) >= 0;
}

static void find_absent(const struct listening *l, const char *port, struct strv *ret)
{
	const char *host = address_of(port);

	if (!host)
		return;
	if (l->unknown)
		strv_addf(ret,
			  "loses port %s, an address of which it is not known whether this host "
			  "has it: %s",
			  port, l->unknown);
	else if (!host_has(l, host))
		strv_addf(ret, "loses port %s, an address that this host does not have now", port);
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
	strv_addf(&c->loses, "could not be started again: %s", why);
	if (!c->no_start)
		c->no_start = TAKE_PTR(why);
}

static void find_losses(const struct gather *g, const struct containers *all, struct container *c)
{
	const struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; i < c->ports.count; i++)
		if (!port_is_lost(d, c->ports.items[i]))
			find_absent(&d->listening, c->ports.items[i], &c->absent_ports);
	strv_add_all(&c->loses, &c->absent_ports);
	lose_runtime(g, c);
	if (was_carried_over(g, c))
		return;
	for (size_t i = 0; i < c->network_links.count; i++)
		find_name(all, c->network_links.items[i], &c->loses);
	for (size_t i = 0; has_rules(d, c) && i < c->links.count; i++)
		find_rule(c->links.items[i], &c->loses);
}

void gather_container_losses(struct gather *g)
{
	struct containers all;

	if (g->facts->offline || !containers_get(&g->facts->docker.containers, &all))
		return;
	gather_container_logs(g);
	find_proxies(&g->facts->docker, &all);
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running)
			find_losses(g, &all, &g->facts->docker.containers.seen[i]);
}
