#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/seccomp-profile.h"
#include "modules/common/cgroup.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/next.h"

/* What systemd gives a service as its PATH. */
#define SYSTEMD_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

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

/* A file that dockerd reads at its start. */
static void guard_file(const struct view *v, const char *key, const char *value, struct delta *d)
{
	CLEANUP(freep) char *path = value ? json_value_to_string(value) : NULL;

	if (!path || !*path)
		return;
	if (*path != '/')
		refuse(d, xasprintf("%s must be an absolute path, not '%s'", key, path));
	else if (!view_may_be_there(v, path))
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

/* Without an absolute path it is sought like the one that dockerd comes with. */
static void guard_init_path(const struct view *v, const char *key, const char *value,
			    struct delta *d)
{
	CLEANUP(freep) char *path = value ? json_value_to_string(value) : NULL;
	CLEANUP(freep) char *init = daemon_next_effective(v, "init");
	bool always = init && strcmp(init, "true") == 0;

	if (path && *path == '/' && !view_may_be_there(v, path))
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

		if (name && (strchr(name, '/') || !docker_plugin_is_there(v, name)))
			refuse(d,
			       xasprintf("there is no plugin '%s': dockerd would not start", name));
	}
}

#define CGROUP_DRIVER "native.cgroupdriver="

/*
 * Whether systemd's driver is what dockerd takes with these exec-opts (JSON; NULL: none): unless it is named it
 * is that with version 2 of control groups, and not with version 1.
 */
static bool drives_by_systemd(const struct view *v, const char *options)
{
	CLEANUP(node_clear) struct node unified = {0}, groups = {0};
	const char *driver = options ? strstr(options, CGROUP_DRIVER) : NULL;

	if (driver)
		return starts_with(driver + strlen(CGROUP_DRIVER), "systemd");
	if (v->facts->offline || view_node(v, "/sys/fs/cgroup", &groups, NULL) < 0 ||
	    groups.kind != NODE_DIR)
		return true; /* as everywhere: another is the exception */
	return view_node(v, CGROUP_CONTROLLERS, &unified, NULL) >= 0 && unified.kind == NODE_FILE;
}

char *docker_guards_no_slice(const struct view *v, const char *value)
{
	const struct setting *now = settings_find(&v->facts->docker.now, "exec-opts");
	CLEANUP(freep) char *slice = value ? json_value_to_string(value) : NULL;
	CLEANUP(freep) char *next = daemon_next_effective(v, "exec-opts");
	bool runs_by_it = !now || now->source == SOURCE_UNKNOWN || drives_by_systemd(v, now->value);

	if (!slice || stem_length(slice, ".slice") == 0 ||
	    (runs_by_it && drives_by_systemd(v, next)))
		return NULL;
	return xasprintf("dockerd's driver of control groups is cgroupfs%s: '%s' is a plain "
			 "directory to it, and no limit of systemd's slice of that name holds",
			 runs_by_it ? " at its next start" : "", slice);
}

/* systemd.unit(5), and the slash of a path. */
#define SLICE_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:-_.\\/"

static void guard_cgroup_parent(const struct view *v, const char *key, const char *value,
				struct delta *d)
{
	CLEANUP(freep) char *slice = value ? json_value_to_string(value) : NULL;
	CLEANUP(freep) char *options = daemon_next_effective(v, "exec-opts");
	char *no_slice = docker_guards_no_slice(v, value);

	if (no_slice)
		refuse(d, no_slice);
	if (!slice || !*slice || !drives_by_systemd(v, options))
		return;
	if (stem_length(slice, ".slice") == 0)
		refuse(d, xasprintf("with systemd's cgroups %s must end in .slice: '%s' does not",
				    key, slice));
	else if (slice[strspn(slice, SLICE_CHARS)])
		refuse(d, xasprintf("%s has a character that no slice of systemd's has: no "
				    "container would start",
				    key));
}

/* Whether dockerd would find the program: without a slash it is sought where systemd has it look. */
static bool program_is_there(const struct view *v, const char *program)
{
	CLEANUP(strv_clear) struct strv directories = {0};
	bool there = *program == '/' && view_may_be_there(v, program);

	if (strchr(program, '/'))
		return there || *program != '/';
	strv_split(&directories, SYSTEMD_PATH, ":");
	for (size_t i = 0; i < directories.count && !there; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directories.items[i], program);

		there = view_may_be_there(v, path);
	}
	return there;
}

/* "/usr/bin/runsc" of a runtime of the list, the shim of one that containerd knows; NULL: not told. */
static char *program_of(const char *name, const char *list)
{
	CLEANUP(freep) char *own = json_member(list, name);
	CLEANUP(freep) char *path = own ? json_member(own, "path") : NULL;
	CLEANUP(strv_clear) struct strv parts = {0};

	if (path)
		return json_value_to_string(path);
	strv_split(&parts, name, ".");
	if (own || parts.count != 4 || !starts_with(name, "io.containerd.") ||
	    strcmp(name, "io.containerd.runtime.v1.linux") == 0)
		return NULL;
	return xasprintf("containerd-shim-%s-%s", parts.items[2], parts.items[3]);
}

/* dockerd holds the name of the runtime against its list, and asks for no program of one. */
static void guard_runtime(const struct view *v, const char *key, const char *value, struct delta *d)
{
	bool is_list = strcmp(key, "runtimes") == 0;
	CLEANUP(freep) char *name_then = daemon_next_effective(v, "default-runtime");
	CLEANUP(freep) char *all_then = daemon_next_effective(v, "runtimes");
	const char *given = is_list ? name_then : value;
	CLEANUP(freep) char *name = given ? json_value_to_string(given) : NULL;
	CLEANUP(freep) char *program = name ? program_of(name, is_list ? value : all_then) : NULL;

	if (program && *program && !program_is_there(v, program))
		refuse(d, xasprintf("there is no '%s', the program of default-runtime '%s': no "
				    "container would start",
				    program, name));
}

/* 20.10 takes any at its start, and gives no container its ports then. */
static void guard_proxy_path(const struct view *v, const char *key, const char *value,
			     struct delta *d)
{
	CLEANUP(freep) char *path = value ? json_value_to_string(value) : NULL;

	if (path && *path && !program_is_there(v, path))
		refuse(d, xasprintf("there is no '%s', which %s names: no container with published "
				    "ports would start",
				    path, key));
}

/* What the kernel gives a bridge; 20.10 takes any at its start. 0 is what dockerd has without it. */
static void guard_mtu(const struct view *v, const char *key, const char *value, struct delta *d)
{
	long mtu = value ? strtol(value, NULL, 10) : 0;

	(void)v;
	if (mtu != 0 && (mtu < 68 || mtu > 65535))
		refuse(d, xasprintf("%s must be from 68 to 65535: no container of the default "
				    "bridge would start",
				    key));
}

static const struct {
	const char *key;
	void (*guard)(const struct view *v, const char *key, const char *value, struct delta *d);
} guards[] = {
	{"authorization-plugins", guard_plugins},
	{"cgroup-parent", guard_cgroup_parent},
	{"default-runtime", guard_runtime},
	{"init-path", guard_init_path},
	{"log-driver", docker_guards_log},
	{"log-opts", docker_guards_log},
	{"mtu", guard_mtu},
	{"runtimes", guard_runtime},
	{"seccomp-profile", guard_seccomp},
	{"tlscacert", guard_file},
	{"tlscert", guard_file},
	{"tlskey", guard_file},
	{"userland-proxy-path", guard_proxy_path},
};

void docker_guards_start(const struct view *v, const char *key, const char *value,
			 struct delta *delta)
{
	for (size_t i = 0; i < ARRAY_SIZE(guards); i++)
		if (strcmp(guards[i].key, key) == 0)
			guards[i].guard(v, key, value, delta);
}

/* Settings that dockerd takes at its start, and asks again each time it makes a container. */
char *docker_guards_dead(const struct view *v, const char *key, const char *value)
{
	static const char *const keys[] = {"cgroup-parent", "default-runtime",
					   "log-driver",    "log-opts",
					   "mtu",           "userland-proxy-path"};
	CLEANUP(delta_clear) struct delta d = {0};

	if (value && is_among(key, keys, ARRAY_SIZE(keys)))
		docker_guards_start(v, key, value, &d);
	else if (value && strcmp(key, "default-ulimits") == 0)
		docker_guards_ulimits(v, value, &d);
	return d.refusal ? TAKE_PTR(d.refusal) : NULL;
}
