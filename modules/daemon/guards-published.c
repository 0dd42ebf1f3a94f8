#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/published-info.h"
#include "engine/format/schemes/json-text.h"
#include "modules/common/tally.h"
#include "modules/daemon/guards.h"

/*
 * Ports that are published without an address. For those of docker0 dockerd looks it up at each start of
 * the container, and not when it is made ("ip", in force once dockerd has started without containers; seen
 * with 28.5.2); for those of a network that somebody made it is an option of the network, which only a new
 * one takes from default-network-opts.
 */

#define NO_ADDRESS " on default"

static bool is_wide(const char *address)
{
	return !address || !*address || strcmp(address, "0.0.0.0") == 0 ||
	       strcmp(address, "::") == 0;
}

/* "9090/tcp" of what was asked for without an address. */
static void unaddressed_ports(const struct container *c, struct strv *ret)
{
	for (size_t i = 0; i < c->asked_ports.count; i++) {
		const char *port = c->asked_ports.items[i];
		CLEANUP(freep) char *number = NULL;

		if (!ends_with(port, NO_ADDRESS))
			continue;
		number = xstrndup(port, strlen(port) - strlen(NO_ADDRESS));
		strv_add_once(ret, number);
	}
}

void docker_guards_ip(const struct view *v, const char *value, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(freep) char *address = value ? json_value_to_string(value) : NULL;
	struct containers all;

	if (is_wide(address) || !docker_guards_look(docker, &all, d) ||
	    strcmp_null(docker->bridge_ip, value) == 0)
		return;
	for (size_t i = 0; i < all.count; i++) {
		CLEANUP(strv_clear) struct strv ports = {0};
		CLEANUP(freep) char *list = NULL;

		unaddressed_ports(&all.items[i], &ports);
		if (ports.count == 0 || !docker_on_default_bridge(&all.items[i]))
			continue;
		list = names_join(&ports);
		strv_addf(&d->holds,
			  "container %s publishes %s without an address, on docker0: from its next "
			  "start on, be it made anew or not, %s answer at %s alone, once dockerd "
			  "has started without containers (as at a boot)",
			  container_label(&all.items[i]), list,
			  ports.count == 1 ? "it will" : "they will", address);
	}
}

/* Whether one of them publishes there without an address. */
static bool is_used(const struct containers *all, const char *network)
{
	for (size_t i = 0; i < all->count; i++) {
		CLEANUP(strv_clear) struct strv ports = {0};

		unaddressed_ports(&all->items[i], &ports);
		if (ports.count > 0 && strv_contains(&all->items[i].networks, network))
			return true;
	}
	return false;
}

/* Whether it publishes without an address on a network that somebody made, or may. */
static bool may_be_wide(const struct container *c)
{
	CLEANUP(strv_clear) struct strv ports = {0};

	if (!container_told(c))
		return true;
	unaddressed_ports(c, &ports);
	for (size_t i = 0; ports.count > 0 && i < c->networks.count; i++)
		if (!network_is_dockerds(c->networks.items[i]))
			return true;
	return ports.count > 0 && c->networks.count == 0 && !docker_on_default_bridge(c);
}

/* Where nobody can publish on such a network it does not matter that their options are not known. */
static bool do_unread_matter(const struct docker_facts *docker)
{
	struct containers all;
	size_t made;

	if (!docker->wide_unread || (count_get(&docker->networks, &made) && made == 0))
		return false;
	if (!containers_get(&docker->containers, &all))
		return true;
	for (size_t i = 0; i < all.count; i++)
		if (may_be_wide(&all.items[i]))
			return true;
	return false;
}

/* Of those whose containers are not known, each. */
static char *wide_networks_used(const struct docker_facts *docker)
{
	CLEANUP(strv_clear) struct strv used = {0};
	struct containers all;
	bool known = containers_get(&docker->containers, &all);

	for (size_t i = 0; i < docker->wide_networks.count; i++)
		if (!known || is_used(&all, docker->wide_networks.items[i]))
			strv_add(&used, docker->wide_networks.items[i]);
	return used.count ? names_join(&used) : NULL;
}

void docker_guards_networks_of_before(const struct view *v, const char *key, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(freep) char *used = NULL;

	if (strcmp(key, "default-network-opts") != 0 || v->facts->offline)
		return;
	if (do_unread_matter(docker))
		delta_raise(d, VERDICT_NOT_MEASURED,
			    "what the networks that exist give to published ports is not known: %s",
			    docker->wide_unread);
	used = wide_networks_used(docker);
	if (!used)
		return;
	delta_raise(
		d, VERDICT_FAIL,
		"%s was made before, or with options of its own: what is published there "
		"without an address is at all addresses of this host, also from containers that "
		"are made anew",
		used);
	if (!d->fix)
		d->fix = xstrdup("make such a network anew (docker network rm, docker network "
				 "create; docker compose down, docker compose up), or publish with "
				 "an address: -p 127.0.0.1:8080:80");
}
