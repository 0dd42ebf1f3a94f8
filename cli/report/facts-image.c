#include "cli/report/facts-image.h"

#include "engine/format/json-util.h"

/* Environment and history may hold secrets: only how much there is of them. */
json_t *json_images(const struct docker_images *images)
{
	json_t *all = json_array();

	for (size_t i = 0; i < images->count; i++) {
		const struct docker_image *image = &images->items[i];
		json_t *j = json_object();

		json_put(j, "id", json_text(image->id));
		json_put(j, "tags", json_text_list(&image->tags));
		json_put(j, "not_measured", json_text(image->not_measured));
		json_put(j, "platform", json_text(image->platform));
		json_put(j, "size", json_integer((json_int_t)image->size));
		json_put(j, "steps", json_integer((json_int_t)image->nsteps));
		json_put(j, "layers", json_integer((json_int_t)image->layers.count));
		json_array_append_new(all, j);
	}
	return all;
}

static json_t *managers_to_json(const struct swarm *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->nmanagers; i++) {
		json_t *j = json_object();

		json_put(j, "name", json_text(s->managers[i].name));
		json_put(j, "reachability", json_text(s->managers[i].reachability));
		json_array_append_new(all, j);
	}
	return all;
}

static json_t *networks_to_json(const struct swarm *s)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->nnetworks; i++) {
		json_t *j = json_object();

		json_put(j, "name", json_text(s->networks[i].name));
		json_put(j, "encrypted", json_boolean(s->networks[i].encrypted));
		json_put(j, "ingress", json_boolean(s->networks[i].ingress));
		json_array_append_new(all, j);
	}
	return all;
}

json_t *json_swarm(const struct swarm *s)
{
	json_t *j = json_object();

	json_put(j, "manager", json_boolean(s->manager));
	json_put(j, "not_measured", json_text(s->not_measured));
	json_put(j, "listen_address", json_text(s->listen_address));
	json_put(j, "data_path_address", json_text(s->data_path_address));
	json_put(j, "autolock", json_boolean(s->autolock));
	json_put(j, "certificate_hours", json_integer(s->certificate_hours));
	json_put(j, "managers", managers_to_json(s));
	json_put(j, "overlay_networks", networks_to_json(s));
	return j;
}
