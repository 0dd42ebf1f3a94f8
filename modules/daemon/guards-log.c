#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/log-options.h"
#include "engine/format/log-values.h"
#include "engine/format/plugin-spec.h"
#include "engine/format/schemes/json-text.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/next.h"

/*
 * Log drivers and their options, with which dockerd starts, some of them at least, and then starts
 * no container: it looks a driver up, and reads the values of most options, when it makes one.
 */

static void refuse(struct delta *d, char *why)
{
	if (d->refusal)
		free(why);
	else
		d->refusal = why;
}

/* Sockets of this host that a driver writes to for each container, or does not start it. */
static void guard_log_socket(const struct view *v, const char *driver, const struct strv *options,
			     struct delta *d)
{
	if (v->facts->offline)
		return;
	if (strcmp(driver, "journald") == 0 && !view_may_be_there(v, "/run/systemd/journal/socket"))
		refuse(d, xstrdup("log driver 'journald' needs '/run/systemd/journal/socket', "
				  "which is not there: no container would start"));
	if (strcmp(driver, "syslog") == 0 && !strv_contains(options, "syslog-address") &&
	    !view_may_be_there(v, "/dev/log"))
		strv_add(&d->holds,
			 "without 'syslog-address' in log-opts the log driver 'syslog' needs "
			 "'/dev/log', which is not there: no container would start");
}

/* One that is no managed one. */
bool docker_plugin_is_there(const struct view *v, const char *name)
{
	CLEANUP(strv_clear) struct strv places = {0};

	plugin_sockets(name, &places);
	plugin_specs(name, &places);
	for (size_t i = 0; i < places.count; i++)
		if (view_may_be_there(v, places.items[i]))
			return true;
	return false;
}

/* One that dockerd keeps itself; without a tag it is the latest. */
static bool is_enabled_plugin(const struct docker_facts *docker, const char *name)
{
	CLEANUP(freep) char *latest = xasprintf("%s:latest", name);

	return strv_contains(&docker->enabled_plugins, name) ||
	       strv_contains(&docker->enabled_plugins, latest);
}

/* A dockerd that does not run tells nothing of what it was built with, and nothing of its plugins. */
static void guard_driver(const struct view *v, const char *driver, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	const struct log_driver *own = log_driver_find(driver);
	CLEANUP(freep) char *all = strv_join(&docker->log_drivers, ", ");
	bool plain = !strpbrk(driver, "/:"), told = docker->log_drivers.count > 0;

	if (strcmp(driver, "none") == 0 || strv_contains(&docker->log_drivers, driver) ||
	    (!told && own && !own->some_builds) || is_enabled_plugin(docker, driver) ||
	    (plain && docker_plugin_is_there(v, driver)))
		return;
	if (told && (own || docker->plugins.known))
		refuse(d,
		       xasprintf("dockerd has no log driver '%s', and no such plugin is enabled: "
				 "no container would start; it has %s",
				 driver, all));
	else
		strv_addf(&d->holds,
			  "whether dockerd has a log driver '%s' is not known%s: without one no "
			  "container starts",
			  driver, told ? "" : " while it does not run");
}

char *docker_log_values(const char *driver, const char *options)
{
	CLEANUP(strv_clear) struct strv names = {0}, values = {0}, plain = {0};

	json_members(options, &names, &values);
	for (size_t i = 0; i < values.count; i++)
		strv_add_owned(&plain, json_value_to_string(values.items[i]) ?: xstrdup(""));
	return log_values_error(driver, &names, &plain);
}

static void guard_values(const char *driver, const char *options, struct delta *d)
{
	CLEANUP(freep) char *why = docker_log_values(driver, options);

	if (why)
		refuse(d,
		       xasprintf("with these log-opts no container would start: log driver '%s': "
				 "%s",
				 driver, why));
}

/* Options without which a driver lets no container start. */
static void guard_needed(const char *driver, const struct strv *given, struct delta *d)
{
	const struct log_driver *known = log_driver_find(driver);
	CLEANUP(strv_clear) struct strv needed = {0};

	if (known && known->needs)
		strv_split(&needed, known->needs, " ");
	for (size_t i = 0; i < needed.count; i++)
		if (!strv_contains(given, needed.items[i]))
			refuse(d, xasprintf("log driver '%s' needs the option '%s' of log-opts: no "
					    "container would start",
					    driver, needed.items[i]));
}

/* What of our own plan may have brought the option. */
static const char *whose_option(const char *option)
{
	if (strcmp(option, "max-size") == 0 || strcmp(option, "max-file") == 0)
		return " (where harden wrote it: harden rollback --only daemon.log-limits)";
	return "";
}

/*
 * dockerd takes the file, and then starts no container, or not itself: options that the driver
 * does not know, or one that it cannot do without.
 */
void docker_guards_log(const struct view *v, const char *key, const char *value, struct delta *d)
{
	bool is_driver = strcmp(key, "log-driver") == 0;
	CLEANUP(freep) char *driver_now = daemon_next_effective(v, "log-driver");
	CLEANUP(freep) char *options_now = daemon_next_effective(v, "log-opts");
	CLEANUP(freep)
	char *driver = json_value_to_string(is_driver && value ? value
					    : driver_now       ? driver_now
							       : "\"json-file\"");
	CLEANUP(freep) char *driver_before = driver_now ? json_value_to_string(driver_now) : NULL;
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(strv_clear) struct strv values = {0};
	struct log_choice was, is;

	json_members(!is_driver && value ? value : options_now, &names, &values);
	for (size_t i = 0; driver && i < names.count; i++)
		if (!log_driver_takes(driver, names.items[i], v->facts->docker.version))
			refuse(d, xasprintf("log driver '%s' has no option '%s' of log-opts: no "
					    "container would start; take the option out first%s",
					    driver, names.items[i], whose_option(names.items[i])));
	if (!driver)
		return;
	guard_values(driver, !is_driver && value ? value : options_now, d);
	if (is_driver)
		guard_driver(v, driver, d);
	guard_needed(driver, &names, d);
	guard_log_socket(v, driver, &names, d);
	was = (struct log_choice){driver_before ? driver_before : "json-file", options_now};
	is = (struct log_choice){driver, !is_driver ? value : options_now};
	docker_guards_log_endpoint(v, &was, &is, d);
}
