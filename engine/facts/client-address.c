#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/clients.h"
#include "engine/facts/sockets.h"
#include "engine/host/read/proc.h"
#include "engine/model/listening.h"

/*
 * Whose dockerd answers at an address. A proxy that has this dockerd's socket listens wherever it likes,
 * in a container or on this host, and at a port that is none of dockerd's: whatever answers on this host
 * may lead here, but another dockerd itself. An address that nobody on this host has is another host's.
 */

/* Who may answer, of all that was looked at. */
struct answers {
	bool here; /* somebody of this host does, be he found or not */
	bool ours; /* this dockerd is told to listen there */
	bool may_be_ours;
	bool by_proxy; /* docker-proxy passes on to somebody else */
};

/* Any other way to write one is a name: who knows what it is taken for. */
static bool is_address(const char *host)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool is_own_loopback(const char *host)
{
	return !*host || listening_is_loopback(host) || strcmp(host, "0.0.0.0") == 0 ||
	       strcmp(host, "::") == 0;
}

/* In the network of that process, at that address, or where it is NULL at any. */
static void look_in(struct gather *g, pid_t pid, const char *host, const char *port,
		    struct answers *ret)
{
	CLEANUP(freep) char *net = xasprintf("/proc/%d/net", (int)pid);
	CLEANUP(listening_clear) struct listening l = {0};
	CLEANUP(strv_clear) struct strv inodes = {0}, none = {0};

	if (host && !listening_is_loopback(host) && listening_read(net, &none, &l, NULL) >= 0 &&
	    !listening_is_here(&l, host) && !strv_contains(&l.addresses, "*"))
		return;
	listeners_in(net, host, port, &inodes);
	if ((host || ret->here || inodes.count > 0) && !holders_are_other_dockerds(g, &inodes))
		ret->may_be_ours = true;
}

/*
 * Whether nobody but another dockerd could be behind a published port of the container: which of its
 * own ports that leads to is not told.
 */
static bool serves_another(struct gather *g, const struct container *c)
{
	CLEANUP(freep) char *net = xasprintf("/proc/%d/net", (int)c->pid);
	CLEANUP(strv_clear) struct strv inodes = {0};

	listeners_in(net, NULL, NULL, &inodes);
	holders_drop_proxies(g, &inodes);
	return c->pid > 0 && holders_are_other_dockerds(g, &inodes);
}

/* "8080/tcp on 0.0.0.0", "80-90/tcp on ::"; without a host on whatever address. */
static bool is_published_at(const char *published, const char *host, const char *port)
{
	static const char tcp[] = "/tcp on ";
	CLEANUP(listening_clear) struct listening one = {0};
	unsigned long wanted = strtoul(port, NULL, 10), first, last;
	const char *address = port_address(published);
	char *end;

	first = last = strtoul(published, &end, 10);
	if (*end == '-')
		last = strtoul(end + 1, &end, 10);
	if (!starts_with(end, tcp) || wanted < first || wanted > last)
		return false;
	strv_addf(&one.ports, "%s %s", strcmp(address, "default") == 0 ? "::" : address, port);
	return !host || listening_answers(&one, host, port);
}

static bool is_on_hosts_network(pid_t pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/ns/net", (int)pid), *own = NULL;
	CLEANUP(freep) char *its = NULL;

	return proc_link("/proc/1/ns/net", &own, NULL) == 0 && proc_link(path, &its, NULL) == 0 &&
	       strcmp(own, its) == 0;
}

/*
 * Seen with 26.1.5: docker-proxy passes on what comes from containers, of whatever network, and from
 * the host by its loopback; what the host sends to its other addresses the packet filter leads on.
 */
static bool is_proxied(const struct gather *g, const struct client *c, const char *host)
{
	const struct docker_facts *d = &g->facts->docker;

	return docker_has_proxies(d) && (!host || strchr(host, ':') || is_own_loopback(host) ||
					 !docker_has_filter(d) || !is_on_hosts_network(c->pid));
}

/* Ports of this host that lead into containers, with a process that listens for them or without. */
static bool look_at_published(struct gather *g, const struct client *c, const char *host,
			      const char *port, struct answers *ret)
{
	const struct container_list *l = &g->facts->docker.containers;
	bool found = false;

	for (size_t i = 0; i < l->nseen; i++)
		for (size_t k = 0; l->seen[i].running && k < l->seen[i].ports.count; k++) {
			if (!is_published_at(l->seen[i].ports.items[k], host, port))
				continue;
			found = true;
			ret->may_be_ours |= !serves_another(g, &l->seen[i]);
			ret->by_proxy |= is_proxied(g, c, host);
		}
	return found;
}

/* Of the host itself. At a published port docker-proxy listens, and beside it at other addresses anybody. */
static void look_on_host(struct gather *g, const struct client *c, const char *host,
			 const char *port, struct answers *ret)
{
	CLEANUP(strv_clear) struct strv inodes = {0};

	if (!look_at_published(g, c, host, port, ret)) {
		look_in(g, 1, host, port, ret);
		return;
	}
	listeners_in("/proc/1/net", host, port, &inodes);
	holders_drop_proxies(g, &inodes);
	if (inodes.count > 0 && !holders_are_other_dockerds(g, &inodes))
		ret->may_be_ours = true;
}

static void look_at_processes(struct gather *g, const struct processes *all, const char *host,
			      const char *port, struct strv *networks, struct answers *ret)
{
	for (size_t i = 0; i < all->count; i++)
		if (network_is_new(&all->items[i], networks))
			look_in(g, all->items[i].pid, host, port, ret);
}

/* Whether this host itself has the address; a name it may have. */
static bool is_hosts_own(const struct gather *g, const char *host)
{
	const struct listening *l = &g->facts->docker.listening;

	return !host || l->unknown || listening_is_here(l, host) ||
	       strv_contains(&l->addresses, "*");
}

/* By what it is told: its next start may listen there, too. */
static bool dockerd_listens(const struct docker_facts *d, const char *port)
{
	CLEANUP(freep) char *end = xasprintf(":%s", port);

	for (size_t i = 0; i < d->tcp_listeners.count; i++)
		if (ends_with(d->tcp_listeners.items[i], end))
			return true;
	return false;
}

/* In every network that there is. */
static void look_everywhere(struct gather *g, const struct client *c, const char *host,
			    const char *port, struct answers *ret)
{
	const struct process first = {.pid = 1};
	CLEANUP(strv_clear) struct strv networks = {0};

	network_is_new(&first, &networks);
	if (is_hosts_own(g, host)) {
		ret->may_be_ours |= dockerd_listens(&g->facts->docker, port);
		look_on_host(g, c, host, port, ret);
	}
	look_at_processes(g, &g->processes, host, port, &networks, ret);
	look_at_processes(g, &g->contained, host, port, &networks, ret);
}

/* As Docker's own DNS has it: on a network that both are in. */
static bool is_called(const struct container *asks, const struct container *c, const char *name)
{
	for (size_t i = 0; i < asks->networks.count; i++) {
		const char *network = asks->networks.items[i];
		CLEANUP(freep) char *pair = xasprintf("%s %s", network, name);

		if (strv_contains(&c->networks, network) &&
		    (strcmp_null(c->name, name) == 0 || strv_contains(&c->network_names, pair)))
			return true;
	}
	return false;
}

/* False: no container is called so. */
static bool look_by_name(struct gather *g, const struct client *c, const char *name,
			 const char *port, struct answers *ret)
{
	const struct container_list *l = &g->facts->docker.containers;

	for (size_t i = 0; c->container && i < l->nseen; i++) {
		if (!l->seen[i].running || l->seen[i].pid <= 0 ||
		    !is_called(c->container, &l->seen[i], name))
			continue;
		ret->here = true;
		look_in(g, l->seen[i].pid, NULL, port, ret);
	}
	return ret->here;
}

static void look_at_loopback(struct gather *g, const struct client *c, const char *host,
			     const char *port, struct answers *ret)
{
	if (!is_on_hosts_network(c->pid)) {
		look_in(g, c->pid, host, port, ret);
		return;
	}
	ret->ours |= dockerd_listens(&g->facts->docker, port);
	look_on_host(g, c, host, port, ret);
}

static void look(struct gather *g, const struct client *c, const char *host, const char *port,
		 struct answers *ret)
{
	if (is_own_loopback(host))
		look_at_loopback(g, c, listening_is_loopback(host) ? host : "localhost", port, ret);
	else if (is_address(host))
		look_everywhere(g, c, host, port, ret);
	else if (!look_by_name(g, c, host, port, ret))
		look_everywhere(g, c, NULL, port, ret);
}

/* As the kernel's tables have it; NULL: the name of one, or none at all. The caller frees it. */
static char *port_number(const char *port)
{
	return *port && strspn(port, "0123456789") == strlen(port)
		       ? xasprintf("%lu", strtoul(port, NULL, 10))
		       : NULL;
}

enum whose client_whose_address(struct gather *g, const struct client *c, const struct url_host *u)
{
	static const char *const usual[] = {"2375", "2376"};
	CLEANUP(freep) char *port = port_number(u->port ? u->port : usual[0]);
	struct answers found = {0};

	if (!port)
		return WHOSE_UNKNOWN;
	look(g, c, u->host, port, &found);
	if (!u->port)
		look(g, c, u->host, usual[1], &found);
	return found.ours          ? WHOSE_OURS
	       : found.may_be_ours ? WHOSE_UNKNOWN
	       : found.by_proxy    ? WHOSE_PROXIED
				   : WHOSE_ANOTHER;
}
