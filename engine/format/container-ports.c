#include "engine/format/container-ports.h"

#include <string.h>

#include "engine/format/json-util.h"

/* "/tcp" of "80/tcp" */
static const char *protocol_of(const char *port)
{
	const char *protocol = strchr(port, '/');

	return protocol ? protocol : "/tcp";
}

/* {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}: "8080/tcp on 0.0.0.0" */
static void take_bindings(json_t *ports, struct strv *ret)
{
	const char *port;
	json_t *bindings;

	json_object_foreach(ports, port, bindings)
	{
		for (size_t i = 0; i < json_array_size(bindings); i++) {
			const json_t *binding = json_array_get(bindings, i);
			const char *ip = json_text_of(binding, "HostIp");
			const char *number = json_text_of(binding, "HostPort");

			strv_addf(ret, "%s%s on %s", *number ? number : "any", protocol_of(port),
				  *ip ? ip : "default");
		}
	}
}

/* With --publish-all also each port that nobody gave a place, at one that dockerd chooses. */
static void take_unplaced(json_t *ports, const json_t *placed, struct strv *ret)
{
	const char *port;
	json_t *value;

	json_object_foreach(ports, port, value)
	{
		CLEANUP(strv_clear) struct strv one = {0};

		strv_addf(&one, "any%s on default", protocol_of(port));
		if (json_array_size(json_object_get(placed, port)) == 0)
			strv_add_once(ret, one.items[0]);
	}
}

void container_take_asked_ports(const json_t *config, const json_t *host, struct strv *ret)
{
	json_t *placed = json_object_get(host, "PortBindings");

	if (strcmp(json_text_of(host, "NetworkMode"), "host") == 0)
		return; /* where dockerd drops them */
	take_bindings(placed, ret);
	if (!json_is_true(json_object_get(host, "PublishAllPorts")))
		return;
	take_unplaced(json_object_get(config, "ExposedPorts"), placed, ret);
	take_unplaced(placed, placed, ret);
}

void container_take_ports(const json_t *inspect, struct container *c)
{
	const json_t *settings = json_object_get(inspect, "NetworkSettings");

	container_take_asked_ports(json_object_get(inspect, "Config"),
				   json_object_get(inspect, "HostConfig"), &c->asked_ports);
	if (container_lives(c))
		take_bindings(json_object_get(settings, "Ports"), &c->ports);
	else
		strv_add_all(&c->ports, &c->asked_ports);
}
