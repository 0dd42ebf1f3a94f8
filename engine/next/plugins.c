#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/json-util.h"
#include "engine/format/log-options.h"
#include "engine/format/plugin-spec.h"
#include "engine/format/text-lines.h"
#include "engine/next/parts.h"

/*
 * Plugins that dockerd cannot do without: those that decide on each request of the API, for which it looks at
 * its start and gives up some 15 s later where there are none (seen with 26.1), and the driver of
 * containers' logs, without which no container starts. Nobody connects to one: that could start something.
 */

/* A plugin that dockerd keeps itself ("docker plugin ls"), on. */
static bool is_managed(const struct docker_facts *d, const char *name)
{
	CLEANUP(freep) char *latest = xasprintf("%s:latest", name);

	return strv_contains(&d->enabled_plugins, name) ||
	       strv_contains(&d->enabled_plugins, latest);
}

static char *address_in(const struct view *v, const char *path)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (!view_may_be_there(v, path) || view_content(v, path, &text, NULL) < 0)
		return NULL;
	return plugin_spec_address(path, &text);
}

/* Where dockerd finds it, in its order; the caller frees it, and *ret_file. NULL: nowhere. */
static char *address_of(const struct view *v, const char *name, char **ret_file)
{
	CLEANUP(strv_clear) struct strv sockets = {0}, specs = {0};

	plugin_sockets(name, &sockets);
	plugin_specs(name, &specs);
	for (size_t i = 0; i < sockets.count; i++)
		if (view_may_be_there(v, sockets.items[i]))
			return xasprintf(PLUGIN_UNIX "%s", sockets.items[i]);
	for (size_t i = 0; i < specs.count; i++) {
		char *address = address_in(v, specs.items[i]);

		if (!address)
			continue;
		*ret_file = xstrdup(specs.items[i]);
		return address;
	}
	return NULL;
}

/* A line of /proc/net/unix: whether its socket takes connections, and is at that path. */
static bool is_listener(const char *line, const char *path)
{
	static const char accepts[] = " 00010000 ";
	const char *at = strrchr(line, ' ');

	return at && strcmp(at + 1, path) == 0 && strstr(line, accepts);
}

enum listens { LISTENS, LISTENS_NOT, LISTENS_UNKNOWN };

static enum listens listens_at(const struct view *v, const char *path)
{
	CLEANUP(buf_clear) struct buf text = {0};
	struct text_line line;
	size_t at = 0;

	if (v->facts->offline || view_content(v, "/proc/net/unix", &text, NULL) < 0)
		return LISTENS_UNKNOWN;
	while (text_line_next(&text, &at, &line)) {
		CLEANUP(freep) char *one = text_line_copy(&text, &line);

		if (is_listener(one, path))
			return LISTENS;
	}
	return LISTENS_NOT;
}

/* Why there is none; NULL: there is one, or *ret_state says that nobody knows. The caller frees it. */
static char *doubt(struct next *n, const char *name, enum foresight_state *ret_state,
		   char **ret_file)
{
	CLEANUP(freep) char *address = NULL;
	const char *path;

	*ret_state = FORESIGHT_FAIL;
	if (is_managed(n->docker, name))
		return NULL;
	if (strchr(name, '/'))
		return xstrdup("'docker plugin ls' has none of that name that is enabled");
	address = address_of(n->view, name, ret_file);
	if (!address)
		return xstrdup("no socket of it is in '/run/docker/plugins', and no .spec or .json "
			       "in '/etc/docker/plugins'");
	path = skip_prefix(address, PLUGIN_UNIX);
	if (path && listens_at(n->view, path) == LISTENS_NOT)
		return xasprintf("nobody listens at '%s'", path);
	if (path && listens_at(n->view, path) == LISTENS)
		return NULL;
	*ret_state = FORESIGHT_NOT_MEASURED;
	return xasprintf("whether it answers at '%s' is not known", address);
}

static void look_at_plugin(struct next *n, const char *id, const char *key, const char *name,
			   const char *then)
{
	enum foresight_state state = FORESIGHT_PASS;
	CLEANUP(freep) char *spec = NULL, *why = doubt(n, name, &state, &spec), *place = NULL;
	size_t line;

	if (!why)
		return;
	place = next_place_of_key(n->view, key, &line);
	foresight_add(n->ret, id, state, place, line, "%s names plugin '%s', and %s%s%s%s: %s", key,
		      name, why, spec ? " (" : "", spec ? spec : "", spec ? ")" : "", then);
}

static void look_at_authorization(struct next *n)
{
	const struct setting *s = settings_find(&n->docker->next, "authorization-plugins");
	CLEANUP(json_decrefp) json_t *names = NULL;
	CLEANUP(strv_clear) struct strv all = {0};

	names = s && s->value ? json_loads(s->value, JSON_DECODE_ANY, NULL) : NULL;
	json_take_strings(names, &all);
	for (size_t i = 0; i < all.count; i++)
		look_at_plugin(n, NEXT_PLUGINS, "authorization-plugins", all.items[i],
			       "dockerd would give up some 15 s after its start");
	foresight_pass(n->ret, NEXT_PLUGINS, "each plugin that dockerd needs to start is there");
}

static void look_at_option(struct next *n, const char *driver, const char *option)
{
	CLEANUP(freep) char *place = NULL;
	size_t line;

	if (log_driver_takes(driver, option, n->docker->version))
		return;
	place = next_place_of_key(n->view, "log-opts", &line);
	foresight_add(n->ret, NEXT_LOGS, FORESIGHT_FAIL, place, line,
		      "log driver '%s' has no option '%s': no container would start", driver,
		      option);
}

static void look_at_logs(struct next *n)
{
	const struct setting *s = settings_find(&n->docker->next, "log-opts");
	CLEANUP(freep) char *driver = next_text(n->docker, "log-driver");
	CLEANUP(json_decrefp) json_t *options = NULL;
	const char *name;
	json_t *value;

	if (!driver || !*driver)
		str_replace(&driver, "json-file");
	if (!log_driver_find(driver) && strcmp(driver, "none") != 0)
		look_at_plugin(n, NEXT_LOGS, "log-driver", driver,
			       "no container whose logs go there would start");
	options = s && s->value ? json_loads(s->value, 0, NULL) : NULL;
	json_object_foreach(options, name, value) look_at_option(n, driver, name);
	foresight_pass(n->ret, NEXT_LOGS, "the log driver is there, and takes its options");
}

void next_plugins(struct next *n)
{
	look_at_authorization(n);
	look_at_logs(n);
}
