#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/log-options.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/seccomp-profile.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/next.h"

/*
 * Settings with which dockerd would not start, or would let nobody in: files, plugins and slices
 * that are not there. It tells none of them by --validate in every version.
 */

static void refuse(struct delta *d, char *why)
{
	if (d->refusal)
		free(why);
	else
		d->refusal = why;
}

static enum node_kind kind_of(const struct view *v, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};

	return view_node(v, path, &node, NULL) < 0 ? NODE_FILE : node.kind;
}

/* Whether there is such a file on the host as the plan leaves it; when it cannot be told, yes. */
static bool is_there(const struct view *v, const char *path)
{
	return kind_of(v, path) != NODE_ABSENT;
}

/* A file that dockerd reads at its start. */
static void guard_file(const struct view *v, const char *key, const char *value, struct delta *d)
{
	CLEANUP(freep) char *path = value ? json_value_to_string(value) : NULL;

	if (!path || !*path)
		return;
	if (*path != '/')
		refuse(d, xasprintf("%s must be an absolute path, not '%s'", key, path));
	else if (!is_there(v, path))
		refuse(d, xasprintf("there is no '%s', which %s names", path, key));
	else if (kind_of(v, path) == NODE_DIR)
		refuse(d, xasprintf("'%s', which %s names, is a directory", path, key));
}

/* dockerd takes any file at its start, and lets no container start that it does not understand. */
static void guard_seccomp(const struct view *v, const char *key, const char *value, struct delta *d)
{
	CLEANUP(freep) char *path = value ? json_value_to_string(value) : NULL;
	CLEANUP(freep) char *why = NULL;
	CLEANUP(buf_clear) struct buf text = {0};

	if (!path || strcmp(path, "unconfined") == 0 || strcmp(path, "builtin") == 0)
		return;
	guard_file(v, key, value, d);
	if (d->refusal || view_content(v, path, &text, NULL) < 0)
		return;
	why = seccomp_profile_error(buf_str(&text), v->facts->docker.version);
	if (why)
		refuse(d, xasprintf("no container would start with '%s', which %s names: %s", path,
				    key, why));
}

/* Sockets of this host that a driver writes to for each container, or does not start it. */
static void guard_log_socket(const struct view *v, const char *driver, const struct strv *options,
			     struct delta *d)
{
	if (v->facts->offline)
		return;
	if (strcmp(driver, "journald") == 0 && !is_there(v, "/run/systemd/journal/socket"))
		refuse(d, xstrdup("log driver 'journald' needs '/run/systemd/journal/socket', "
				  "which is not there: no container would start"));
	if (strcmp(driver, "syslog") == 0 && !strv_contains(options, "syslog-address") &&
	    !is_there(v, "/dev/log"))
		strv_add(&d->holds,
			 "without 'syslog-address' in log-opts the log driver 'syslog' needs "
			 "'/dev/log', which is not there: no container would start");
}

/* Where dockerd looks for a plugin that is no managed one (docs: "Plugin discovery"). */
static bool plugin_is_there(const struct view *v, const char *name)
{
	static const char *const places[] = {
		"/run/docker/plugins/%s.sock",     "/run/docker/plugins/%s/%s.sock",
		"/etc/docker/plugins/%s.spec",     "/etc/docker/plugins/%s.json",
		"/usr/lib/docker/plugins/%s.spec", "/usr/lib/docker/plugins/%s.json",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(buf_clear) struct buf path = {0};

		for (const char *at = places[i]; *at; at++) {
			if (*at == '%') {
				buf_puts(&path, name);
				at++;
			} else {
				buf_putc(&path, *at);
			}
		}
		if (is_there(v, buf_str(&path)))
			return true;
	}
	return false;
}

/* Without an absolute path it is sought like the one that dockerd comes with. */
static void guard_init_path(const struct view *v, const char *key, const char *value,
			    struct delta *d)
{
	CLEANUP(freep) char *path = value ? json_value_to_string(value) : NULL;
	CLEANUP(freep) char *init = daemon_next_effective(v, "init");
	bool always = init && strcmp(init, "true") == 0;

	if (path && *path == '/' && !is_there(v, path))
		refuse(d, xasprintf("there is no '%s', which %s names: no container%s would start",
				    path, key, always ? "" : " with --init"));
}

/* An unknown plugin ends dockerd, some seconds after a reload too. */
static void guard_plugins(const struct view *v, const char *key, const char *value, struct delta *d)
{
	CLEANUP(strv_clear) struct strv items = {0};

	json_items(value, &items);
	for (size_t i = 0; i < items.count; i++) {
		CLEANUP(freep) char *name = json_value_to_string(items.items[i]);

		if (name && (strchr(name, '/') || !plugin_is_there(v, name)))
			refuse(d,
			       xasprintf("there is no plugin '%s': dockerd would not start", name));
	}
}

static void guard_cgroup_parent(const struct view *v, const char *key, const char *value,
				struct delta *d)
{
	CLEANUP(freep) char *slice = value ? json_value_to_string(value) : NULL;
	CLEANUP(freep) char *options = daemon_next_effective(v, "exec-opts");

	if (!slice || !*slice || (options && strstr(options, "native.cgroupdriver=cgroupfs")))
		return;
	if (stem_length(slice, ".slice") == 0)
		refuse(d, xasprintf("with systemd's cgroups %s must end in .slice: '%s' does not",
				    key, slice));
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
static void guard_log(const struct view *v, const char *key, const char *value, struct delta *d)
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
	guard_needed(driver, &names, d);
	guard_log_socket(v, driver, &names, d);
	was = (struct log_choice){driver_before ? driver_before : "json-file", options_now};
	is = (struct log_choice){driver, !is_driver ? value : options_now};
	docker_guards_log_endpoint(v, &was, &is, d);
}

static const struct {
	const char *key;
	void (*guard)(const struct view *v, const char *key, const char *value, struct delta *d);
} guards[] = {
	{"authorization-plugins", guard_plugins},
	{"cgroup-parent", guard_cgroup_parent},
	{"init-path", guard_init_path},
	{"log-driver", guard_log},
	{"log-opts", guard_log},
	{"seccomp-profile", guard_seccomp},
	{"tlscacert", guard_file},
	{"tlscert", guard_file},
	{"tlskey", guard_file},
};

void docker_guards_start(const struct view *v, const char *key, const char *value,
			 struct delta *delta)
{
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++)
		if (strcmp(guards[i].key, key) == 0)
			guards[i].guard(v, key, value, delta);
}
