#include "engine/format/swarm-info.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"

#define HOUR INT64_C(3600000000000) /* in nanoseconds */

int swarm_info_read_state(const struct buf *file, struct swarm *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *root = json_load_as(file, JSON_OBJECT, "docker-state.json", err);

	if (!root)
		return -EINVAL;
	str_replace(&ret->listen_address, json_text_of(root, "ListenAddr"));
	str_replace(&ret->data_path_address, json_text_of(root, "DataPathAddr"));
	return 0;
}

int swarm_info_read_role(const struct buf *body, struct swarm *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *root = json_load_as(body, JSON_OBJECT, "dockerd's /info", err);

	if (!root)
		return -EINVAL;
	ret->manager =
		json_is_true(json_object_get(json_object_get(root, "Swarm"), "ControlAvailable"));
	return 0;
}

int swarm_info_read(const struct buf *body, struct swarm *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *root = json_load_as(body, JSON_OBJECT, "dockerd's /swarm", err);
	const json_t *spec = json_object_get(root, "Spec");
	const json_t *encryption = json_object_get(spec, "EncryptionConfig");
	const json_t *expiry = json_object_get(json_object_get(spec, "CAConfig"), "NodeCertExpiry");

	if (!root)
		return -EINVAL;
	ret->autolock = json_is_true(json_object_get(encryption, "AutoLockManagers"));
	ret->certificate_hours = json_integer_value(expiry) / HOUR;
	return 0;
}

int swarm_info_read_nodes(const struct buf *body, struct swarm *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "dockerd's /nodes", err);

	if (!list)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *node = json_array_get(list, i);
		const json_t *status = json_object_get(node, "ManagerStatus");
		const json_t *about = json_object_get(node, "Description");
		struct swarm_manager *manager;

		if (!json_is_object(status))
			continue;
		manager = swarm_add_manager(ret);
		manager->name = xstrdup(json_text_of(about, "Hostname"));
		manager->reachability = xstrdup(json_text_of(status, "Reachability"));
	}
	return 0;
}

/* --opt encrypted counts with any value, none at all included. */
int swarm_info_read_networks(const struct buf *body, struct swarm *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "dockerd's /networks", err);

	if (!list)
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		struct overlay_network *network;

		if (strcmp(json_text_of(one, "Driver"), "overlay") != 0)
			continue;
		network = swarm_add_network(ret);
		network->name = xstrdup(json_text_of(one, "Name"));
		network->encrypted =
			json_object_get(json_object_get(one, "Options"), "encrypted") != NULL;
		network->ingress = json_is_true(json_object_get(one, "Ingress"));
	}
	return 0;
}
