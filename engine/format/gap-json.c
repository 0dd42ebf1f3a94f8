#include "engine/format/gap-json.h"

#include <errno.h>

#include "engine/format/json-util.h"

json_t *gaps_to_json(const struct gaps *g)
{
	const struct port_gap *longest = gaps_longest(g);
	json_t *j, *ports;

	if (!longest && g->unmeasured.count == 0 && g->api_ms == 0)
		return json_null();
	j = json_object();
	ports = json_array();
	for (size_t i = 0; i < g->count; i++) {
		const struct port_gap *p = &g->items[i];
		json_t *port = json_object();

		json_put(port, "container", json_text(p->container));
		json_put(port, "at", json_text(p->at));
		json_put(port, "ms", json_integer((json_int_t)p->ms));
		json_put(port, "least_ms", json_integer((json_int_t)p->least_ms));
		json_put(port, "away", json_boolean(p->away));
		json_array_append_new(ports, port);
	}
	json_put(j, "longest_ms", longest ? json_integer((json_int_t)longest->ms) : json_null());
	json_put(j, "ports", ports);
	json_put(j, "api_ms", g->api_ms ? json_integer((json_int_t)g->api_ms) : json_null());
	json_put(j, "unmeasured", json_text_list(&g->unmeasured));
	return j;
}

static int read_port(struct gaps *ret, const json_t *j)
{
	const json_t *container = json_object_get(j, "container"), *at = json_object_get(j, "at");
	const json_t *least = json_object_get(j, "least_ms"); /* older ones do not say */
	json_int_t ms = json_integer_value(json_object_get(j, "ms"));
	json_int_t least_ms = least ? json_integer_value(least) : ms > 0;
	struct port_gap *p;

	if (!json_is_string(container) || !json_is_string(at) || ms < 0 || least_ms < 0 ||
	    !json_is_integer(json_object_get(j, "ms")) || (least && !json_is_integer(least)))
		return -EINVAL;
	p = gaps_add(ret, json_string_value(container), json_string_value(at));
	p->ms = (uint64_t)ms;
	p->least_ms = (uint64_t)least_ms;
	p->away = json_is_true(json_object_get(j, "away"));
	return 0;
}

int gaps_parse(struct gaps *ret, const char *text, struct error *err)
{
	CLEANUP(json_decrefp) json_t *j = json_loads(text, 0, NULL);
	const json_t *ports = json_object_get(j, "ports");
	int r = json_is_array(ports) ? 0 : -EINVAL;

	for (size_t i = 0; r == 0 && i < json_array_size(ports); i++)
		r = read_port(ret, json_array_get(ports, i));
	if (json_integer_value(json_object_get(j, "api_ms")) > 0)
		ret->api_ms = (uint64_t)json_integer_value(json_object_get(j, "api_ms"));
	json_take_strings(json_object_get(j, "unmeasured"), &ret->unmeasured);
	if (r == 0)
		return 0;
	gaps_clear(ret);
	return error_set(err, r, "cannot understand how long published ports were away");
}
