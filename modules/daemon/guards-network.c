#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "modules/common/tally.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/next.h"

/* Such a dockerd starts, keeps what runs, and makes no network any more (moby#50635). */
void docker_guards_bridge(const struct docker_facts *docker, const char *since, struct delta *d)
{
	if (!docker->kernel_modules ||
	    (docker->version && engine_version_compare(docker->version, since) < 0))
		return;
	strv_addf(&d->holds,
		  "the kernel has no bridge netfilter, without which dockerd would make no network "
		  "and no container: %s",
		  docker->kernel_modules);
}

/* On bridges of this host: the others have no address that a port is published from or to. */
static bool is_bridged(const struct container *c)
{
	const char *mode = c->network_mode ? c->network_mode : "default";

	return container_will_run(c) && strcmp(mode, "host") != 0 && strcmp(mode, "none") != 0 &&
	       !starts_with(mode, "container:");
}

static bool share_a_network(const struct container *a, const struct container *b)
{
	for (size_t i = 0; i < a->networks.count; i++)
		if (strv_contains(&b->networks, a->networks.items[i]))
			return true;
	return a->networks.count == 0 && strcmp_null(a->network_mode, b->network_mode) == 0;
}

/* Ports of loopback are reached from the host alone, whoever forwards. */
static void reachable_ports(const struct container *c, struct strv *ret)
{
	for (size_t i = 0; i < c->ports.count; i++) {
		const char *port = c->ports.items[i], *on = strstr(port, " on ");
		CLEANUP(freep) char *number = on ? xstrndup(port, (size_t)(on - port)) : NULL;

		if (on && !starts_with(on, " on 127.") && strcmp(on, " on ::1") != 0)
			strv_add_once(ret, number);
	}
}

/* Those that a container could ask for it by; the caller frees it. */
static char *own_addresses(const struct docker_facts *docker)
{
	const struct listening *l = &docker->listening;
	CLEANUP(strv_clear) struct strv own = {0};

	for (size_t i = 0; i < l->addresses.count; i++) {
		const char *one = l->addresses.items[i];

		/* neither loopback (its range among them) nor what is of one link alone */
		if (!listening_is_loopback(one) && !starts_with(one, "127.") &&
		    !starts_with(one, "fe80:") && strcmp(one, "*") != 0)
			strv_add(&own, one);
	}
	strv_sort(&own);
	if (l->unknown || own.count == 0)
		return xstrdup("its addresses are not measured");
	return names_join(&own);
}

/*
 * Without the proxy a connection from a container to a port on the host's own address is
 * forwarded like any other between two bridges, and dropped there; to the bridge it came from it
 * would have to turn round, which a container's interface may do from its next start on.
 */
static void guard_publisher(const struct containers *all, const struct container *c,
			    const char *own, struct delta *d)
{
	CLEANUP(strv_clear) struct strv ports = {0}, others = {0};
	CLEANUP(freep) char *list = NULL, *names = NULL;

	reachable_ports(c, &ports);
	if (!is_bridged(c) || ports.count == 0)
		return;
	for (size_t i = 0; i < all->count; i++) {
		const struct container *host = containers_network_owner(all, &all->items[i]);

		if (host != c && container_will_run(&all->items[i]) && is_bridged(host) &&
		    !share_a_network(c, host))
			strv_add(&others, container_label(&all->items[i]));
	}
	list = names_join(&ports);
	names = names_join(&others);
	if (others.count > 0)
		strv_addf(&d->holds,
			  "%s of container %s would not be reached by this host's own address any "
			  "more from other networks: container%s %s (seen now: %s)",
			  list, container_label(c), others.count == 1 ? "" : "s", names, own);
	strv_addf(&d->holds,
		  "%s of container %s would not be reached by this host's own address from its own "
		  "network until its next start (seen now: %s)",
		  list, container_label(c), own);
}

static bool is_ipv6_port(const char *port)
{
	return strchr(port_address(port), ':') != NULL;
}

static void hold_ipv6_port(const struct container *c, const char *port, const char *why,
			   struct delta *d)
{
	strv_addf(&d->holds, "container %s publishes %s, which %s", container_label(c), port, why);
}

static void hold_ipv6_ports(const struct containers *all, const char *why, struct delta *d)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct container *c = &all->items[i];

		for (size_t p = 0; container_will_run(c) && p < c->ports.count; p++)
			if (is_ipv6_port(c->ports.items[p]))
				hold_ipv6_port(c, c->ports.items[p], why, d);
	}
}

static bool is_false(const char *value)
{
	return value && strcmp(value, "false") == 0;
}

static bool will_be_false(const struct view *v, const char *key)
{
	CLEANUP(freep) char *value = daemon_next_effective(v, key);

	return is_false(value);
}

/*
 * A published port is forwarded by dockerd's rules in the packet filter or by its proxy: without
 * both it is dead for everybody, loopback too, at once and for good (seen on 20.10, 26.1, 28.5;
 * ip-forward, ip-masq and ip6tables do not change that).
 */
static void hold_dead_ports(const struct docker_facts *docker, struct delta *d)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;
	struct containers all;

	if (docker_guards_look(docker, &all, d))
		for (size_t i = 0; i < all.count; i++)
			if (all.items[i].ports.count > 0)
				strv_add(&names, container_label(&all.items[i]));
	list = names_join(&names);
	strv_addf(&d->holds,
		  "with iptables=false and userland-proxy=false nothing forwards published ports: "
		  "%s%s%s",
		  names.count == 0  ? "none would be reached by anybody"
		  : names.count > 1 ? "nobody would reach those of containers "
				    : "nobody would reach those of container ",
		  list ? list : "", names.count ? ", this host included" : "");
}

void docker_guards_iptables(const struct view *v, const char *value, struct delta *d)
{
	const char *lacks = v->facts->docker.no_iptables;

	if (!is_false(value) && lacks && !d->refusal)
		d->refusal = xasprintf("dockerd would not start: %s", lacks);
	if (is_false(value) && will_be_false(v, "userland-proxy"))
		hold_dead_ports(&v->facts->docker, d);
}

void docker_guards_ip6tables(const struct view *v, const char *value, struct delta *d)
{
	struct containers all;

	if (is_false(value) && will_be_false(v, "userland-proxy") &&
	    docker_guards_look(&v->facts->docker, &all, d))
		hold_ipv6_ports(&all, "nothing would forward beside userland-proxy=false", d);
}

/*
 * With rules for IPv6 only this host itself loses it, and only by its loopback address, from which nothing is forwarded
 * (seen with 26.1.5: all its other addresses go on to answer). Without, everybody does.
 */
static void hold_proxied_ipv6(const struct view *v, const struct containers *all, struct delta *d)
{
	CLEANUP(freep) char *ip6tables = daemon_next_effective(v, "ip6tables");
	const char *version = v->facts->docker.version;
	bool unasked = version && engine_version_compare(version, "27.0") >= 0;
	bool rules = ip6tables ? !is_false(ip6tables) : unasked;

	for (size_t i = 0; i < all->count; i++) {
		const struct container *c = &all->items[i];

		for (size_t p = 0; container_will_run(c) && p < c->ports.count; p++) {
			const char *port = c->ports.items[p];
			bool led = rules && c->has_ipv6 && strcmp(port_address(port), "::1") != 0;

			if (!is_ipv6_port(port))
				continue;
			if (!led)
				hold_ipv6_port(c, port, "needs the proxy", d);
			else if (listening_is_any(port_address(port)))
				hold_ipv6_port(c, port,
					       "this host itself would not reach at ::1 any more",
					       d);
		}
	}
}

void docker_guards_userland_proxy(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(freep) char *own = NULL;
	struct containers all;

	if (!is_false(value))
		return;
	docker_guards_bridge(docker, "27.4", d);
	if (will_be_false(v, "iptables")) {
		hold_dead_ports(docker, d);
		return;
	}
	if (!docker_guards_look(docker, &all, d))
		return;
	hold_proxied_ipv6(v, &all, d);
	own = own_addresses(docker);
	for (size_t i = 0; i < all.count; i++)
		guard_publisher(&all, &all.items[i], own, d);
}
