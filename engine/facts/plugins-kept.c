#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/json-util.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/shims.h"

/*
 * The plugins that dockerd keeps and starts itself. One that is enabled runs below containerd, as a
 * container does, and with live-restore beside a dockerd that is stopped, too.
 */

#define PLUGIN_ID 64 /* hexadecimal digits */

bool is_plugin(const char *name)
{
	return strlen(name) == PLUGIN_ID && strspn(name, "0123456789abcdef") == PLUGIN_ID;
}

/* Only what says that it is off is: one that runs is lost to a dockerd that does not know it. */
static void take_plugins(struct docker_facts *d, const json_t *plugins)
{
	strv_clear(&d->enabled_plugins);
	count_set(&d->plugins, json_array_size(plugins));
	for (size_t i = 0; i < json_array_size(plugins); i++) {
		const json_t *p = json_array_get(plugins, i);
		const char *name = json_text_of(p, "Name");

		if (!json_is_false(json_object_get(p, "Enabled")))
			strv_add(&d->enabled_plugins, *name ? name : json_text_of(p, "Id"));
	}
	strv_sort(&d->enabled_plugins);
}

void plugins_count(struct gather *g)
{
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(json_decrefp) json_t *plugins = NULL;
	int r = engine_api_get(g->api, "/plugins", &body, &err);

	if (r >= 0)
		plugins = json_loadb(buf_str(&body), body.len, 0, NULL);
	if (r >= 0 && !json_is_array(plugins))
		error_set(&err, -EINVAL, "GET /plugins: the answer is not a list");
	if (json_is_array(plugins))
		take_plugins(&g->facts->docker, plugins);
	else
		count_unknown(&g->facts->docker.plugins, error_text(&err));
}

/* Whether it has a process; who cannot be asked may have one. */
static bool may_run(const struct gather *g, const char *id)
{
	CLEANUP(strv_clear) struct strv running = {0};

	if (g->facts->offline)
		return false;
	return shims_find_plugins(&running, NULL) < 0 || strv_contains(&running, id);
}

void plugins_read_disk(struct gather *g, const char *directory, const char *id)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *path = xasprintf("%s/%s/config.json", directory, id);
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(json_decrefp) json_t *config = NULL;
	const json_t *plugin;
	const char *name;

	if (observe_content(g->root, path, &text, NULL) >= 0)
		config = json_loadb(buf_str(&text), text.len, 0, NULL);
	plugin = json_object_get(config, "plugin");
	name = json_text_of(plugin, "Name");
	if (!may_run(g, id) && json_is_false(json_object_get(plugin, "Enabled")))
		return;
	strv_add_once(may_run(g, id) ? &d->enabled_plugins : &d->unstarted_plugins,
		      *name ? name : id);
}
