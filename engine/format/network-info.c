#include "engine/format/network-info.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"

#define ID_IN_NAME 12

void networks_info_clear(struct networks *n)
{
	for (size_t i = 0; i < n->count; i++) {
		free(n->items[i].id);
		free(n->items[i].name);
		free(n->items[i].driver);
		free(n->items[i].bridge);
		free(n->items[i].parent);
	}
	free(n->items);
	*n = (struct networks){0};
}

/* docker0 has its name by an option; others are named after their id. */
char *network_bridge(const json_t *network)
{
	const char *name =
		json_text_of(json_object_get(network, "Options"), "com.docker.network.bridge.name");

	return *name ? xstrdup(name)
		     : xasprintf("br-%.*s", ID_IN_NAME, json_text_of(network, "Id"));
}

/* One of its own says where; "0.0.0.0" and "::" are all of them, and so is none. */
static bool is_wide(const json_t *network)
{
	const json_t *options = json_object_get(network, "Options");
	const char *ip = json_text_of(options, "com.docker.network.bridge.host_binding_ipv4");

	return !json_is_true(json_object_get(network, "Internal")) &&
	       (!*ip || strcmp(ip, "0.0.0.0") == 0 || strcmp(ip, "::") == 0);
}

static void read_one(const json_t *j, struct network *ret)
{
	const char *parent = json_text_of(json_object_get(j, "Options"), "parent");

	ret->id = xstrdup(json_text_of(j, "Id"));
	ret->name = xstrdup(json_text_of(j, "Name"));
	ret->driver = xstrdup(json_text_of(j, "Driver"));
	if (strcmp(ret->driver, "bridge") == 0) {
		ret->bridge = network_bridge(j);
		ret->wide = is_wide(j);
	}
	/* what is there for others to be made of is no network, and dockerd's start makes none of it */
	if (*parent && !json_is_true(json_object_get(j, "ConfigOnly")))
		ret->parent = xstrdup(parent);
}

int network_info_read(const struct buf *body, struct networks *ret, struct error *err)
{
	CLEANUP(json_decrefp)
	json_t *list = json_load_as(body, JSON_ARRAY, "dockerd's /networks", err);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);

		if (strcmp(json_text_of(j, "Scope"), "local") == 0)
			read_one(j, array_append(&ret->items, &ret->count, sizeof(*ret->items)));
	}
	return list ? 0 : -EINVAL;
}
