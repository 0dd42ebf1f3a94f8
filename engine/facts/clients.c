#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/clients.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/read/proxies.h"

/*
 * Whom the restart of dockerd cuts off: its clients that wait for an answer, and what they run in
 * containers.
 */

static void take_client(struct gather *g, const struct client *c)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *line = NULL, *outcome = NULL;

	/* a container may have units of its own */
	if (!c->container && client_is_in_service(g->facts, c)) {
		client_take_unit(g, c);
		return;
	}
	if (c->contained) {
		client_take_contained(g, c);
		return;
	}
	outcome = client_outcome(g, c);
	line = xasprintf(c->command.reads ? "'%s' (pid %d) is cut off by the restart of dockerd%s%s"
					  : "'%s' (pid %d) is under way: the restart of dockerd "
					    "cuts it off%s%s",
			 c->command.verb, (int)c->pid, outcome, client_doubt(c));
	strv_add(c->command.reads ? &d->cut_off : &d->restart_brings, line);
}

static void gather_sessions(struct docker_facts *d)
{
	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++) {
		const struct container *c = &d->containers.seen[i];

		if (c->nexecs > 0)
			strv_addf(&d->restart_brings,
				  "the restart of dockerd cuts off what runs in container %s by "
				  "docker exec: %zu %s",
				  container_label(c), c->nexecs,
				  c->nexecs == 1 ? "session" : "sessions");
	}
}

/* dockerd itself answers for names on networks that somebody made (127.0.0.11 in the container). */
static bool asks_dockerd_for_names(const struct container *c)
{
	static const char *const without[] = {"bridge", "host", "none"};

	for (size_t i = 0; i < c->networks.count; i++) {
		bool made = true;

		for (size_t k = 0; k < ARRAY_SIZE(without); k++)
			made &= strcmp(c->networks.items[i], without[k]) != 0;
		if (made)
			return true;
	}
	return false;
}

/* The proxies of published ports are dockerd's children, and end with it, live-restore or not. */
bool docker_has_proxies(const struct docker_facts *d)
{
	const struct setting *proxy = settings_find(&d->now, "userland-proxy");

	return !proxy || strcmp_null(proxy->value, "false") != 0;
}

bool docker_has_filter(const struct docker_facts *d)
{
	const struct setting *filter = settings_find(&d->now, "iptables");

	return !filter || strcmp_null(filter->value, "false") != 0;
}

/* Settings may be later than what runs: who has no proxy loses nothing by its end. */
static bool is_led_by(const struct strv *proxies, const struct container *c)
{
	for (size_t i = 0; i < c->ports.count; i++)
		if (strv_contains(proxies, c->ports.items[i]))
			return true;
	return false;
}

static void add_proxied(const struct docker_facts *d, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv proxies = {0};
	bool known = docker_has_proxies(d) && proxies_list(&proxies, NULL) >= 0;
	struct containers all;

	if (!containers_get(&d->containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++) {
		const struct container *c = &all.items[i];
		const struct container *own = containers_network_owner(&all, c);

		if (container_lives(c) && own->ports.count > 0 && docker_has_proxies(d) &&
		    (!known || is_led_by(&proxies, own)))
			strv_add(ret, container_label(c));
	}
}

static void add_named(const struct docker_facts *d, struct strv *ret)
{
	struct containers all;

	if (!containers_get(&d->containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++)
		if (all.items[i].running &&
		    asks_dockerd_for_names(containers_network_owner(&all, &all.items[i])))
			strv_add(ret, container_label(&all.items[i]));
}

/* Who shares the network of another loses with it. */
static void gather_connections(struct docker_facts *d)
{
	CLEANUP(strv_clear) struct strv named = {0}, published = {0};
	CLEANUP(freep) char *names = NULL, *ports = NULL;

	add_named(d, &named);
	add_proxied(d, &published);
	names = strv_join(&named, ", ");
	ports = strv_join(&published, ", ");
	if (named.count > 0)
		strv_addf(&d->cut_off,
			  "while dockerd restarts no name resolves in %zu %s on user-defined "
			  "networks, which ask dockerd: %s",
			  named.count, named.count == 1 ? "container" : "containers", names);
	if (published.count > 0)
		strv_addf(
			&d->cut_off,
			"the restart of dockerd ends docker-proxy, and cuts what is connected "
			"through it (from this host itself, and from containers by its address) to "
			"ports of %zu %s: %s",
			published.count, published.count == 1 ? "container" : "containers", ports);
}

static bool is_set_to(const struct docker_facts *d, const char *key, const char *value)
{
	const struct setting *s = settings_find(&d->now, key);

	return s && strcmp_null(s->value, value) == 0;
}

/* dockerd's own rules take IPv6 to what has an address of it; from 27.0 on it makes them unasked. */
static bool is_led_by_ipv6(const struct docker_facts *d, const struct container *c)
{
	bool unasked = d->version && engine_version_compare(d->version, "27.0") >= 0;

	return c->has_ipv6 && !is_set_to(d, "iptables", "false") &&
	       (is_set_to(d, "ip6tables", "true") ||
		(unasked && !settings_find(&d->now, "ip6tables")));
}

static bool publishes_on_ipv6(const struct container *c)
{
	for (size_t i = 0; i < c->ports.count; i++) {
		const char *on = strstr(c->ports.items[i], " on ");

		if (on && strchr(on, ':'))
			return true;
	}
	return false;
}

/* Seen with 20.10, 26.1 and 28.5: without such a rule other hosts come through docker-proxy as well. */
static void gather_ipv6(struct docker_facts *d)
{
	CLEANUP(strv_clear) struct strv published = {0};
	CLEANUP(freep) char *names = NULL;
	struct containers all;

	if (!containers_get(&d->containers, &all) || is_set_to(d, "userland-proxy", "false"))
		return;
	for (size_t i = 0; i < all.count; i++) {
		const struct container *own = containers_network_owner(&all, &all.items[i]);

		if (all.items[i].running && publishes_on_ipv6(own) && !is_led_by_ipv6(d, own))
			strv_add(&published, container_label(&all.items[i]));
	}
	names = strv_join(&published, ", ");
	if (published.count > 0)
		strv_addf(&d->cut_off,
			  "the restart of dockerd cuts other hosts as well that are connected by "
			  "IPv6 to ports of %zu %s, which docker-proxy passes on: %s",
			  published.count, published.count == 1 ? "container" : "containers",
			  names);
}

/* What ended with an earlier restart does not end with the next one. */
static bool has_living_check(const struct gather *g, const struct container *c)
{
	uint64_t age, now = (uint64_t)g->facts->today * 1000000;

	return c->running && c->health && strcmp(c->health, "none") != 0 &&
	       !container_check_overdue(c, now, &age);
}

static void gather_checks(const struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv checked = {0};
	CLEANUP(freep) char *names = NULL;

	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++) {
		const struct container *c = &d->containers.seen[i];

		if (has_living_check(g, c))
			strv_add(&checked, container_label(c));
	}
	names = strv_join(&checked, ", ");
	if (engine_ends_checks(d->version) && checked.count > 0)
		strv_addf(&d->cut_off,
			  "dockerd %s takes up no health check again after its restart: that of "
			  "%zu %s that may run on ends, and its last result stands, until 'docker "
			  "pause' and 'docker unpause', or 'docker restart': %s",
			  d->version, checked.count,
			  checked.count == 1 ? "container" : "containers", names);
}

static void take_clients(struct gather *g, const struct processes *all, bool contained)
{
	for (size_t i = 0; i < all->count; i++) {
		CLEANUP(client_clear) struct client c = {0};

		if (client_read(g, &all->items[i], contained, &c))
			take_client(g, &c);
	}
}

void gather_clients(struct gather *g)
{
	if (!restart_is_possible(g))
		return;
	gather_sessions(&g->facts->docker);
	gather_connections(&g->facts->docker);
	gather_ipv6(&g->facts->docker);
	gather_checks(g);
	take_clients(g, &g->processes, false);
	take_clients(g, &g->contained, true);
}
