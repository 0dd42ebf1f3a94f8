#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/published-info.h"
#include "engine/format/schemes/json-text.h"
#include "modules/container/container.h"

/* How a container is reached. Ports read "8080/tcp on 0.0.0.0", "80-90/tcp on ::", "any/tcp on ...". */

static bool is_host_network(const struct container *c)
{
	return container_lives(c) ? c->host_network == 1
				  : c->network_mode && strcmp(c->network_mode, "host") == 0;
}

/* 0 where the engine chooses one, which is never a privileged one. */
static long first_port(const char *port)
{
	return strtol(port, NULL, 10);
}

static bool is_let_port(const struct container_case *k, const char *port)
{
	CLEANUP(freep) char *name = xstrndup(port, strcspn(port, " "));
	CLEANUP(freep) char *number = xstrndup(port, strcspn(port, "/ "));

	return container_lets(k, name) || container_lets(k, number);
}

/* Of a container on the host's network the listening sockets count for published ports. */
static void judge_ports(const struct container_case *k,
			bool (*is_bad)(const struct container_case *k, const char *port))
{
	const struct strv *lists[] = {&k->c->ports, &k->c->listens};

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
		for (size_t i = 0; i < lists[l]->count; i++)
			if (is_bad(k, lists[l]->items[i]) && !is_let_port(k, lists[l]->items[i]))
				strv_add_once(k->details, lists[l]->items[i]);
}

static enum verdict ports_verdict(const struct container_case *k)
{
	if (k->details->count)
		return VERDICT_FAIL;
	if (!container_lives(k->c) && is_host_network(k->c)) {
		strv_add(k->details, "it is on the host's network, where it listens is not known");
		return VERDICT_NOT_MEASURED;
	}
	return container_lives(k->c) && k->c->unread ? VERDICT_NOT_MEASURED : VERDICT_PASS;
}

static bool is_privileged_port(const struct container_case *k, const char *port)
{
	long first = first_port(port);

	return first > 0 && first < k->docker->container_host.unprivileged_port;
}

static enum verdict judge_privileged_ports(const struct container_case *k)
{
	judge_ports(k, is_privileged_port);
	return ports_verdict(k);
}

/* Where the daemon publishes what names no address. */
static bool default_is_every_address(const struct docker_facts *d)
{
	const struct setting *s = settings_find(&d->now, "ip");
	CLEANUP(freep) char *ip = s && s->value ? json_value_to_string(s->value) : NULL;

	return !ip || listening_is_any(ip);
}

/* In a network that somebody made; the daemon's "ip" is for the default bridge alone. */
static bool is_elsewhere(const struct container *c)
{
	const char *mode = c->network_mode ? c->network_mode : "";

	for (size_t i = 0; i < c->networks.count; i++)
		if (!network_is_dockerds(c->networks.items[i]))
			return true;
	return c->networks.count == 0 && *mode && strcmp(mode, "default") != 0 &&
	       !network_is_dockerds(mode);
}

/* The facts put a network's own address in the place of "default" where they know it. */
static bool is_unknown_port(const struct container_case *k, const char *port)
{
	return strcmp(port_address(port), "default") == 0 && is_elsewhere(k->c);
}

static bool is_open_port(const struct container_case *k, const char *port)
{
	const char *address = port_address(port);

	if (strcmp(address, "default") != 0)
		return listening_is_any(address);
	return !is_elsewhere(k->c) && default_is_every_address(k->docker);
}

static enum verdict judge_bind_address(const struct container_case *k)
{
	enum verdict v;

	judge_ports(k, is_open_port);
	v = ports_verdict(k);
	if (v != VERDICT_PASS)
		return v;
	judge_ports(k, is_unknown_port);
	if (k->details->count == 0)
		return v;
	strv_add(k->details, "the address for ports of its network is not known");
	return VERDICT_NOT_MEASURED;
}

/* It is called bridge whatever its interface is called. */
static enum verdict judge_default_bridge(const struct container_case *k)
{
	const char *mode = k->c->network_mode ? k->c->network_mode : "";
	bool asked = !*mode || strcmp(mode, "default") == 0 || strcmp(mode, "bridge") == 0;

	return strv_contains(&k->c->networks, "bridge") || (k->c->networks.count == 0 && asked)
		       ? VERDICT_FAIL
		       : VERDICT_PASS;
}

const struct container_aspect container_network_aspects[] = {
	{
		.name = "privileged-ports",
		.finding = "privileged ports of the host",
		.fix = "docker run --publish ADDRESS:8080:80, behind a proxy; compose: ports",
		.judge = judge_privileged_ports,
		.check_values = container_any_values,
	},
	{
		.name = "bind-address",
		.finding = "reachable at every address of the host",
		.fix = "docker run --publish ADDRESS:8080:80; compose: ports: "
		       "[\"ADDRESS:8080:80\"]",
		.judge = judge_bind_address,
		.check_values = container_any_values,
	},
	{
		.name = "default-bridge",
		.finding = "on the default bridge",
		.fix = "docker network create NAME; docker run --network NAME; compose: networks",
		.judge = judge_default_bridge,
	},
	{0},
};
