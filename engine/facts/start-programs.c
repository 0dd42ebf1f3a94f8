#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/seccomp-profile.h"
#include "engine/format/url-host.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

/*
 * The programs without which dockerd gives up at its start, though it runs: half of a package was
 * taken away, or an alternative leads nowhere (seen on 20.10, 26.1 and 28.5; without ip6tables it
 * only warns, and containerd that runs is enough).
 */

#define SYSTEMD_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static bool is_found(const struct gather *g, const char *name, const char *path)
{
	CLEANUP(strv_clear) struct strv directories = {0};

	if (strchr(name, '/'))
		return path_exists(g, name);
	strv_split(&directories, path, ":");
	for (size_t i = 0; i < directories.count; i++) {
		CLEANUP(freep) char *file = xasprintf("%s/%s", directories.items[i], name);

		if (path_exists(g, file))
			return true;
	}
	return false;
}

static char *next_text(const struct docker_facts *d, const char *key)
{
	const struct setting *s = settings_find(&d->next, key);

	return s && s->value ? json_value_to_string(s->value) : NULL;
}

/* What starts containers; NULL where that is no program of its own. */
static char *runtime_of(const struct docker_facts *d)
{
	CLEANUP(freep) char *name = next_text(d, "default-runtime");
	const struct setting *s = settings_find(&d->next, "runtimes");
	json_t *all = s && s->value ? json_loads(s->value, 0, NULL) : NULL;
	const json_t *own = name ? json_object_get(all, name) : NULL;
	char *ret = xstrdup_null(json_string_value(json_object_get(own, "path")));

	json_decref(all);
	if (!ret && !own && (!name || strcmp(name, "runc") == 0))
		ret = xstrdup("runc");
	return ret;
}

/* What dockerd has as its PATH, and would have again. */
static char *path_of_dockerd(const struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	CLEANUP(strv_clear) struct strv variables = {0};

	if (u && u->main_pid > 0)
		proc_environment(u->main_pid, &variables, NULL);
	for (size_t i = 0; i < variables.count; i++)
		if (starts_with(variables.items[i], "PATH="))
			return xstrdup(variables.items[i] + 5);
	return xstrdup(SYSTEMD_PATH);
}

/* "io.containerd.kata.v2" is the program containerd-shim-kata-v2; NULL: it names none. */
static char *shim_of(const char *type)
{
	CLEANUP(strv_clear) struct strv parts = {0};

	if (*type == '/')
		return xstrdup(type);
	if (strcmp(type, "io.containerd.runtime.v1.linux") == 0) /* built in, up to 20.10 */
		return xstrdup("runc");
	strv_split(&parts, type, ".");
	if (parts.count != 4 || !starts_with(type, "io.containerd."))
		return NULL;
	return xasprintf("containerd-shim-%s-%s", parts.items[2], parts.items[3]);
}

/* NULL: not told, or no program of its own. */
static char *program_of_runtime(const json_t *own, const char *name)
{
	const char *type = json_string_value(json_object_get(own, "runtimeType"));
	const char *path = json_string_value(json_object_get(own, "path"));

	return path && *path ? xstrdup(path) : shim_of(type ? type : name);
}

char *runtime_missing(const struct gather *g, const char *name)
{
	const struct docker_facts *d = &g->facts->docker;
	const struct setting *s = settings_find(&d->next, "runtimes");
	CLEANUP(freep) char *path = path_of_dockerd(g), *program = NULL;
	json_t *all = s && s->value ? json_loads(s->value, 0, NULL) : NULL;
	const json_t *own = json_object_get(all, name);
	bool known;

	program = program_of_runtime(own, name);
	known = own || program || !*name || strcmp(name, "runc") == 0;
	json_decref(all);
	if (!known && !d->file_error)
		return xasprintf("its runtime '%s' is not among those of dockerd's next start",
				 name);
	if (!known)
		return xasprintf("whether dockerd's next start has its runtime '%s' is not known",
				 name);
	if (program && *program && !is_found(g, program, path))
		return xasprintf("the program of its runtime '%s', '%s', is not there", name,
				 program);
	return NULL;
}

static bool is_on(const struct docker_facts *d, const char *key)
{
	const struct setting *s = settings_find(&d->next, key);

	return s && strcmp_null(s->value, "true") == 0;
}

static bool makes_rules(const struct docker_facts *d)
{
	const struct setting *s = settings_find(&d->next, "iptables");
	CLEANUP(freep) char *backend = next_text(d, "firewall-backend");

	return !(s && strcmp_null(s->value, "false") == 0) && strcmp_null(backend, "nftables") != 0;
}

/* Later engines look where packages put their helpers first (26.1.5 and 28.5.2 do, 20.10.24 does not). */
#define HELPERS                                                                                    \
	"/usr/local/libexec/docker:/usr/libexec/docker:/usr/local/lib/docker:/usr/lib/docker"

static void gather_init(struct gather *g, const char *path)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *own = next_text(d, "init-path");
	const char *name = own && *own ? own : "docker-init";
	bool helps = !d->version || engine_version_compare(d->version, "23.0") >= 0;

	if (!is_found(g, name, path) && !(helps && is_found(g, name, HELPERS)))
		d->no_init = xasprintf("there is no '%s' in dockerd's PATH (%s)", name, path);
}

static void take_port(struct docker_facts *d, const char *key, const char *address)
{
	CLEANUP(freep) char *why = NULL;

	switch (listening_may(&d->listening, address, &why)) {
	case LISTEN_TAKEN:
		if (!d->no_restart)
			d->no_restart = xasprintf("dockerd would not start again with '%s' in %s: "
						  "%s",
						  address, key, why);
		break;
	case LISTEN_UNSURE:
		strv_addf(&d->restart_brings,
			  "whether dockerd would start again with '%s' in %s is not known: %s",
			  address, key, why);
		break;
	case LISTEN_FREE:
		break;
	}
}

/* What dockerd could not listen on: others who listen there came after its start. */
static void gather_ports(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct setting *hosts = settings_find(&d->next, "hosts");
	CLEANUP(freep) char *address = next_text(d, "metrics-addr");
	CLEANUP(strv_clear) struct strv items = {0};

	if (address && *address)
		take_port(d, "metrics-addr", address);
	url_hosts_read(hosts ? hosts->value : NULL, &items);
	for (size_t i = 0; i < items.count; i++) {
		CLEANUP(freep) char *at = url_host_of_api(items.items[i]);

		if (at)
			take_port(d, "hosts", at);
	}
}

/* Also without an address of TCP: dockerd reads them all the same. */
static void gather_certificates(struct gather *g)
{
	static const struct {
		const char *key, *mark; /* what has to be in the file */
	} files[] = {{"tlscacert", "-----BEGIN CERTIFICATE-----"},
		     {"tlscert", "-----BEGIN CERTIFICATE-----"},
		     {"tlskey", "PRIVATE KEY-----"}};
	struct docker_facts *d = &g->facts->docker;
	bool verifies = is_on(d, "tlsverify");

	for (size_t i = 0; (verifies || is_on(d, "tls")) && i < ARRAY_SIZE(files); i++) {
		CLEANUP(freep) char *path = next_text(d, files[i].key);
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(error_clear) struct error err = {0};

		if (d->no_restart || !path || *path != '/' || (i == 0 && !verifies))
			continue;
		if (observe_content(g->root, path, &text, &err) < 0)
			d->no_restart =
				xasprintf("dockerd would not start again: it needs '%s' (%s): %s",
					  path, files[i].key, error_text(&err));
		else if (!strstr(buf_str(&text), files[i].mark))
			d->no_restart =
				xasprintf("dockerd would not start again: '%s' (%s) holds no "
					  "'%s'",
					  path, files[i].key, files[i].mark);
	}
}

/* What keeps each container from starting that is started anew after it. */
static void gather_conditions_of_containers(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct setting *init = settings_find(&d->next, "init");
	CLEANUP(freep) char *profile = next_text(d, "seccomp-profile"), *why = NULL;
	CLEANUP(buf_clear) struct buf text = {0};

	if (init && strcmp_null(init->value, "true") == 0 && d->no_init)
		strv_addf(&d->restart_brings, "init=true lets no container start: %s", d->no_init);
	if (profile && *profile == '/' && observe_content(g->root, profile, &text, NULL) >= 0)
		why = seccomp_profile_error(buf_str(&text), d->version);
	if (why)
		strv_addf(&d->restart_brings,
			  "after it no container would start with '%s', the seccomp profile: %s",
			  profile, why);
}

void gather_start_programs(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *path = path_of_dockerd(g), *runtime = runtime_of(d);

	gather_init(g, path);
	if (!is_found(g, "iptables", path))
		d->no_iptables = xasprintf("there is no 'iptables' in dockerd's PATH (%s)", path);
	gather_conditions_of_containers(g);
	gather_ports(g);
	gather_certificates(g);
	if (d->no_restart)
		return;
	if (d->no_iptables && makes_rules(d))
		d->no_restart = xasprintf("dockerd would not start again: %s", d->no_iptables);
	else if (runtime && !is_found(g, runtime, path))
		d->no_restart = xasprintf("dockerd would not start again: there is no '%s' in its "
					  "PATH (%s), which starts containers",
					  runtime, path);
}
