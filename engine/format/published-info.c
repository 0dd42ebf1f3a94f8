#include "engine/format/published-info.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "engine/format/network-info.h"

#define BRIDGE_OPTION "com.docker.network.bridge."

static bool is_routed(const json_t *network, const char *subnet)
{
	const char *key = strchr(subnet, ':') ? BRIDGE_OPTION "gateway_mode_ipv6"
					      : BRIDGE_OPTION "gateway_mode_ipv4";

	return strcmp(json_text_of(json_object_get(network, "Options"), key), "routed") == 0;
}

int published_info_read_bridges(const struct buf *body, struct strv *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "dockerd's /networks", err);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *network = json_array_get(list, i);
		const json_t *nets = json_object_get(json_object_get(network, "IPAM"), "Config");
		CLEANUP(freep) char *interface = network_bridge(network);

		for (size_t k = 0; k < json_array_size(nets); k++) {
			const char *subnet = json_text_of(json_array_get(nets, k), "Subnet");

			if (*subnet && strcmp(json_text_of(network, "Driver"), "bridge") == 0 &&
			    !is_routed(network, subnet))
				strv_addf(ret, "%s %s", interface, subnet);
		}
	}
	strv_sort(ret); /* dockerd tells them in another order each time */
	return list ? 0 : -EINVAL;
}

static const char *own_address(const json_t *network)
{
	const char *address = json_text_of(json_object_get(network, "Options"),
					   BRIDGE_OPTION "host_binding_ipv4");

	return *address ? address : "0.0.0.0";
}

/* The bridge through which containers of an overlay reach their host, and are reached from it. */
static const json_t *find_gateway(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_text_of(json_array_get(list, i), "Name"), "docker_gwbridge") == 0)
			return json_array_get(list, i);
	return NULL;
}

int published_info_read_addresses(const struct buf *body, struct strv *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "dockerd's /networks", err);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *network = json_array_get(list, i);
		const char *name = json_text_of(network, "Name");
		const char *driver = json_text_of(network, "Driver");

		if (*name && strcmp(driver, "bridge") == 0)
			strv_addf(ret, "%s %s", name, own_address(network));
		else if (*name && strcmp(driver, "overlay") == 0)
			strv_addf(ret, "%s %s", name, own_address(find_gateway(list)));
	}
	return list ? 0 : -EINVAL;
}

/* A swarm's own come when the swarm is up again, which takes its time. */
int published_info_read_local(const struct buf *body, struct strv *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "dockerd's /networks", err);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *network = json_array_get(list, i);
		const char *name = json_text_of(network, "Name");

		if (*name && strcmp(json_text_of(network, "Scope"), "local") == 0)
			strv_add(ret, name);
	}
	return list ? 0 : -EINVAL;
}

int published_info_read_attached(const struct buf *body, struct strv *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *network = json_load_as(body, JSON_OBJECT, "a network of dockerd's", err);
	const char *id;
	json_t *endpoint;

	json_object_foreach(json_object_get(network, "Containers"), id, endpoint)
	{
		strv_add(ret, id);
	}
	return network ? 0 : -EINVAL;
}

bool network_is_dockerds(const char *name)
{
	static const char *const names[] = {"bridge", "host", "none", "docker_gwbridge"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

bool network_is_made_at_start(const char *name, bool swarm)
{
	return network_is_dockerds(name) && (swarm || strcmp(name, "docker_gwbridge") != 0);
}

int published_info_read_ingress(const struct buf *body, struct strv *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "dockerd's /services", err);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *endpoint = json_object_get(json_array_get(list, i), "Endpoint");
		const json_t *ports = json_object_get(endpoint, "Ports");

		for (size_t k = 0; k < json_array_size(ports); k++) {
			const json_t *port = json_array_get(ports, k);
			json_int_t number =
				json_integer_value(json_object_get(port, "PublishedPort"));
			CLEANUP(freep)
			char *text = xasprintf("%lld/%s", (long long)number,
					       json_text_of(port, "Protocol"));

			if (number > 0 && strcmp(json_text_of(port, "PublishMode"), "host") != 0)
				strv_add_once(ret, text);
		}
	}
	strv_sort(ret);
	return list ? 0 : -EINVAL;
}
