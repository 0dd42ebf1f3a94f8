#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/command-line.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/observe.h"

void place_add_path(const struct gather *g, struct place *p, const char *path)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *canonical = NULL;
	struct node node = {0};
	int r = observe(g->root, path, 0, &node, &canonical, &err);

	if (r == -ELOOP)
		strv_add_once(&p->paths, path); /* whose the link is will be judged */
	else if (r < 0)
		str_replace(&p->unknown, error_text(&err));
	else if (path_is_mask(canonical))
		p->masked = true; /* a normal state, and none of the unit's files */
	else if (node.kind == NODE_UNKNOWN && node.error == -EACCES)
		p->unknown = xasprintf("cannot look at '%s': %s", path, error_reason(EACCES));
	else if (node.kind == NODE_ABSENT)
		strv_add_once(&p->ways, path); /* whoever makes it is obeyed */
	else if (node.kind != NODE_ABSENT && node.kind != NODE_UNKNOWN) {
		strv_add_once(&p->paths, canonical);
		if (strcmp(canonical, path) != 0)
			strv_add_once(&p->ways, path);
	}
	node_clear(&node);
}

/* The sixth field of a line of /etc/passwd; the caller frees it. */
static char *passwd_home(const char *line)
{
	for (int field = 0; line && field < 5; field++) {
		line = strchr(line, ':');
		line = line ? line + 1 : NULL;
	}
	return line ? xstrndup(line, strcspn(line, ":")) : NULL;
}

/* Where a path leads is its owner's business: one that a link of theirs leads away is none of ours. */
static void add_client_path(const struct gather *g, struct place *p, const char *path)
{
	CLEANUP(freep) char *canonical = NULL;
	CLEANUP(node_clear) struct node node = {0};

	if (observe(g->root, path, 0, &node, &canonical, NULL) >= 0 &&
	    (node.kind == NODE_FILE || node.kind == NODE_DIR))
		strv_add_once(&p->paths, canonical);
}

void place_finish(struct place *p, const char *absent)
{
	if (p->paths.count == 0 && !p->unknown)
		p->absent = xstrdup(p->masked ? "it is masked: a link to " PATH_MASK : absent);
}

static void place_of(struct gather *g, const char *name, const char *const *paths,
		     const char *absent)
{
	struct place *p = facts_add_place(g->facts, name);

	for (size_t i = 0; paths[i]; i++)
		place_add_path(g, p, paths[i]);
	place_finish(p, absent);
}

static void place_one(struct gather *g, const char *name, const char *path, const char *absent)
{
	const char *const paths[] = {path, NULL};

	place_of(g, name, paths, absent);
}

/* The names of a unit, or with an end those of its drop-ins, in each directory: systemd takes what it finds. */
static void add_unit_names(const struct unit_facts *u, const char *end, struct place *p)
{
	CLEANUP(strv_clear) struct strv names = {0};
	const char *kind = strrchr(u->name, '.');

	strv_add(&names, u->name);
	for (size_t i = 0; i < u->names.count; i++)
		strv_add_once(&names, u->names.items[i]);
	if (*end && kind)
		strv_add(&names, kind + 1); /* service.d: for all units of its kind */
	for (size_t i = 0; u->exists && i < names.count; i++)
		for (size_t k = 0; unit_directories[k]; k++)
			strv_addf(&p->ways, "%s/%s%s", unit_directories[k], names.items[i], end);
}

/* Under that name, and with what it holds. */
static void place_put(struct gather *g, const char *name, struct place *take)
{
	struct place *p = facts_add_place(g->facts, name);

	take->name = p->name;
	*p = *take;
}

/* The files of a unit, and those of its drop-ins. */
static void add_unit(const struct gather *g, const struct unit_facts *u, struct place *unit,
		     struct place *dropins)
{
	if (u->fragment)
		place_add_path(g, unit, u->fragment);
	add_unit_names(u, "", unit);
	for (size_t i = 0; i < u->dropins.count; i++)
		place_add_path(g, dropins, u->dropins.items[i]);
	add_unit_names(u, ".d/*", dropins);
}

/* Whoever writes another unit that does docker.socket's work decides as much where the API is open. */
static bool is_of(const struct unit_facts *u, const char *name)
{
	return unit_is_called(u, name) || (u->activates && strcmp(name, "docker.socket") == 0);
}

static void place_unit(struct gather *g, const char *name)
{
	CLEANUP(freep) char *absent = xasprintf("there is no %s", name);
	CLEANUP(freep) char *of_dropins = xasprintf("%s.dropins", name);
	struct place unit = {0}, dropins = {0};

	for (size_t i = 0; i < g->facts->nunits; i++)
		if (is_of(&g->facts->units[i], name))
			add_unit(g, &g->facts->units[i], &unit, &dropins);
	place_finish(&unit, absent);
	place_finish(&dropins, "the unit has no drop-in files");
	place_put(g, name, &unit);
	place_put(g, of_dropins, &dropins);
}

static void place_dropin_directories(struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	struct place *p = facts_add_place(g->facts, "docker.service.d");
	CLEANUP(strv_clear) struct strv names = {0};

	strv_add(&names, "docker.service");
	for (size_t i = 0; u && i < u->names.count; i++)
		strv_add_once(&names, u->names.items[i]);
	for (size_t i = 0; i < names.count; i++)
		for (size_t k = 0; unit_directories[k]; k++) {
			CLEANUP(freep)
			char *directory = xasprintf("%s/%s.d", unit_directories[k], names.items[i]);

			place_add_path(g, p, directory);
		}
	place_finish(p, "docker.service has no directory of drop-ins");
}

static void place_environment(struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	struct place *p = facts_add_place(g->facts, "env-file");

	for (size_t i = 0; u && i < u->environment_files.count; i++)
		place_add_path(g, p, u->environment_files.items[i]);
	if (!u || u->environment_files.count == 0)
		place_add_path(g, p, "/etc/default/docker");
	else if (!p->unknown)
		p->unknown = unit_environment_unknown(g, u);
	place_finish(p, "docker.service has no environment file");
}

/* The file that a setting of the daemon names: of the running one, else of the next start. */
static void place_setting(struct gather *g, const char *key, const char *absent)
{
	const struct docker_facts *d = &g->facts->docker;
	const struct setting *s = settings_find(&d->now, key);
	const struct setting *by = settings_find(&d->by_variable, key);
	CLEANUP(freep) char *path = NULL;

	if (by) {
		facts_add_place(g->facts, key)->unknown = xasprintf(
			"the variable %s of dockerd's environment has a say in %s", by->where, key);
		return;
	}
	if (!s || !s->value)
		s = settings_find(&d->next, key);
	path = s && s->value ? json_value_to_string(s->value) : NULL;
	place_one(g, key, path && path[0] == '/' ? path : NULL, absent);
}

static void place_programs(struct gather *g)
{
	static const char *const containerd[] = {"/usr/bin/containerd", "/usr/sbin/containerd",
						 "/usr/local/bin/containerd", NULL};
	static const char *const runc[] = {"/usr/bin/runc", "/usr/sbin/runc", "/usr/local/bin/runc",
					   "/usr/local/sbin/runc", NULL};

	place_one(g, "dockerd", g->facts->docker.dockerd, "there is no dockerd");
	place_of(g, "containerd", containerd, "there is no containerd");
	place_of(g, "runc", runc, "there is no runc");
}

/* Of one command its program, and the files that it is given by their whole names. */
static void add_command(const struct gather *g, struct place *p, const char *line)
{
	CLEANUP(strv_clear) struct strv words = {0};

	if (command_line_split(line, &words, NULL) < 0)
		return;
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i] + (i == 0 ? strspn(words.items[i], "-@:+!|") : 0);
		CLEANUP(node_clear) struct node node = {0};

		if (word[0] == '/' && observe(g->root, word, 0, &node, NULL, NULL) >= 0 &&
		    (node.kind == NODE_FILE || node.kind == NODE_UNKNOWN))
			place_add_path(g, p, word);
	}
}

/* All that systemd runs as root for Docker's units: wrappers, hooks, and what they are given. */
static void place_commands(struct gather *g)
{
	static const char *const units[] = {"docker.service", "containerd.service"};
	static const char *const keys[] = {"ExecStartPre", "ExecStart", "ExecStartPost",
					   "ExecReload",   "ExecStop",  "ExecStopPost"};
	struct place *p = facts_add_place(g->facts, "commands");

	for (size_t i = 0; i < ARRAY_SIZE(units) * ARRAY_SIZE(keys); i++) {
		const struct unit_facts *u = facts_unit(g->facts, units[i / ARRAY_SIZE(keys)]);
		CLEANUP(freep)
		char *key = xasprintf("Service/%s", keys[i % ARRAY_SIZE(keys)]);
		CLEANUP(strv_clear) struct strv lines = {0};

		if (u)
			unit_assignments(g, u, key, &lines);
		for (size_t k = 0; k < lines.count; k++)
			add_command(g, p, lines.items[k]);
	}
	place_finish(p, "Docker's units run nothing");
}

/* The programs that containers are run by, beside those that have a place of their own. */
static void place_runtimes(struct gather *g)
{
	const struct setting *s = settings_find(&g->facts->docker.next, "runtimes");
	json_t *runtimes = s && s->value ? json_loads(s->value, 0, NULL) : NULL, *runtime;
	struct place *p = facts_add_place(g->facts, "runtimes");
	const char *name;

	json_object_foreach(runtimes, name, runtime)
	{
		const char *path = json_string_value(json_object_get(runtime, "path"));

		if (path && path[0] == '/')
			place_add_path(g, p, path);
	}
	json_decref(runtimes);
	place_finish(p, "no runtime of its own is set");
}

/* The sockets of a containerd of its own, of dockerd's, and their twins for shims. */
static void place_containerd(struct gather *g)
{
	struct place *p = facts_add_place(g->facts, "containerd-socket");
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv files = {0};

	if (!g->facts->offline && containerd_socket_files(g, &files, &why) < 0)
		p->unknown = xasprintf("not all of containerd's sockets may be known: %s",
				       error_text(&why));
	for (size_t i = 0; i < files.count; i++)
		if (!strstr(files.items[i],
			    "/nri/")) /* of plugins: made as they say, not as the API's */
			place_add_path(g, p, files.items[i]);
	place_finish(p, "containerd's socket is not there");
	place_one(g, "containerd-run", g->facts->offline ? NULL : "/run/containerd",
		  "there is no '/run/containerd'");
}

/* Where Red Hat's packages and their kin keep what Debian's keep in /etc/default. */
static void place_sysconfig(struct gather *g)
{
	static const char *const files[] = {"/etc/sysconfig/docker",
					    "/etc/sysconfig/docker-network",
					    "/etc/sysconfig/docker-storage", NULL};

	place_of(g, "sysconfig-file", files, "there is no '/etc/sysconfig/docker'");
}

/* The docker client's directory of each account that has a home: it holds credentials and keys. */
static void place_clients(struct gather *g)
{
	static const struct {
		const char *name, *file;
	} places[] = {{"client-directories", ""},
		      {"client-configs", "/config.json"},
		      {"client-keys", "/key.pem"}};
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(buf_clear) struct buf passwd = {0};

	if (observe_content(g->root, "/etc/passwd", &passwd, NULL) >= 0)
		strv_split(&lines, buf_str(&passwd), "\n");
	for (size_t p = 0; p < ARRAY_SIZE(places); p++) {
		struct place *place = facts_add_place(g->facts, places[p].name);

		for (size_t i = 0; i < lines.count; i++) {
			CLEANUP(freep) char *home = passwd_home(lines.items[i]);
			CLEANUP(freep) char *path = NULL;

			if (!home || home[0] != '/' || !home[1])
				continue;
			path = xasprintf("%s/.docker%s", home, places[p].file);
			add_client_path(g, place, path);
		}
		place_finish(place, "no account has a directory of the docker client");
	}
}

static void place_shims(struct gather *g)
{
	static const char *const names[] = {"containerd-shim", "containerd-shim-runc-v1",
					    "containerd-shim-runc-v2"};
	static const char *const directories[] = {"/usr/bin", "/usr/sbin", "/usr/local/bin",
						  "/usr/libexec/docker"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct place *p = facts_add_place(g->facts, names[i]);
		CLEANUP(freep) char *absent = xasprintf("there is no %s", names[i]);

		for (size_t k = 0; k < ARRAY_SIZE(directories); k++) {
			CLEANUP(freep) char *path = xasprintf("%s/%s", directories[k], names[i]);

			place_add_path(g, p, path);
		}
		place_finish(p, absent);
	}
}

static void place_socket(struct gather *g)
{
	struct place *p = facts_add_place(g->facts, "api-socket");
	CLEANUP(strv_clear) struct strv files = {0};

	if (!g->facts->offline) {
		api_socket_files(g, &files);
		for (size_t i = 0; i < files.count; i++)
			place_add_path(g, p, files.items[i]);
		if (g->facts->docker.sockets_unread && !p->unknown)
			p->unknown = xstrdup(g->facts->docker.sockets_unread);
	}
	place_finish(p, "docker's socket is not there");
}

/* As it was set: with user namespaces the daemon works in a directory below it. */
static void place_data_root(struct gather *g)
{
	const struct docker_facts *d = &g->facts->docker;
	const struct setting *s = settings_find(&d->now, "data-root");
	CLEANUP(freep) char *set = s && s->value ? json_value_to_string(s->value) : NULL;

	place_one(g, "data-root", set ? set : d->data_root, "there is no data root");
}

void gather_places(struct gather *g)
{
	const struct docker_facts *d = &g->facts->docker;

	place_unit(g, "docker.service");
	place_dropin_directories(g);
	place_unit(g, "docker.socket");
	place_unit(g, "containerd.service");
	place_one(g, "config-dir", "/etc/docker", "there is no '/etc/docker'");
	place_one(g, "config-file", d->config_file, "the daemon has no config file");
	place_environment(g);
	place_programs(g);
	place_commands(g);
	place_runtimes(g);
	gather_containerd_config(g);
	place_containerd(g);
	place_clients(g);
	place_shims(g);
	place_sysconfig(g);
	place_data_root(g);
	place_setting(g, "tlscacert", "TLS is not configured");
	place_setting(g, "tlscert", "TLS is not configured");
	place_setting(g, "tlskey", "TLS is not configured");
	place_setting(g, "seccomp-profile", "the daemon's own seccomp profile is in use");
	place_one(g, "registry-certs", "/etc/docker/certs.d",
		  "no registry has certificates of its own");
	place_socket(g);
}
