#include "engine/next/start-line.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/command-line.h"
#include "engine/format/format.h"
#include "engine/format/url-host.h"
#include "engine/next/place.h"

/*
 * The command line of the next start, as it is, but for plugins of authorization: those are the host's, beyond
 * the walls of the trial, and are looked at apart (plugins.c).
 */

#define API "/run/docker.sock"
#define CONTAINERD_ROOT "/var/lib/containerd"
#define CONTAINERD_SOCKET "/run/containerd/containerd.sock"
#define PLUGINS "authorization-plugins"
#define PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Links on every Debian of today: what is below is in the trial's own /run. */
static char *in_run(const char *path)
{
	const char *rest = path_behind(path, "/var/run");

	return rest ? xasprintf("/run%s", rest) : xstrdup(path);
}

static bool is_covered(const struct start_trial *t, const char *path)
{
	if (path_is_within(path, "/tmp"))
		return true;
	for (size_t i = 0; i < t->empty.count; i++)
		if (path_is_within(path, t->empty.items[i]))
			return true;
	return false;
}

static void make_empty(struct start_trial *t, const char *directory)
{
	CLEANUP(freep) char *path = in_run(directory);

	if (!is_covered(t, path))
		strv_add(&t->empty, path);
}

/* The directory that a file of dockerd's own is made in. */
static void make_room_for(struct start_trial *t, const char *file)
{
	CLEANUP(freep) char *parent = file && *file == '/' ? path_parent(file) : NULL;

	if (parent && strcmp(parent, "/") != 0 && !path_is_within(parent, "/etc"))
		make_empty(t, parent);
}

static void make_directories(const struct docker_facts *d, struct start_trial *t)
{
	CLEANUP(freep) char *root = next_data_root(d), *exec = next_text(d, "exec-root");
	CLEANUP(freep) char *pid = next_text(d, "pidfile");

	strv_add(&t->empty, "/run");
	make_empty(t, root);
	make_empty(t, CONTAINERD_ROOT);
	make_empty(t, "/var/tmp");
	if (exec && *exec == '/')
		make_empty(t, exec);
	make_room_for(t, pid);
}

static void take_flags(const struct docker_facts *d, struct start_trial *t)
{
	strv_add(&t->line, d->dockerd);
	for (size_t i = 0; i < d->nnext_flags; i++)
		if (strcmp(d->next_flags[i].key, PLUGINS) != 0)
			command_line_split(d->next_flags[i].text, &t->line, NULL);
}

/* A place for its files that the trial has; what is set by hand in systemd is not in the facts. */
static void take_environment(const struct docker_facts *d, struct start_trial *t)
{
	bool has_path = false;

	for (size_t i = 0; i < d->next_environment.count; i++) {
		const char *one = d->next_environment.items[i];

		if (starts_with(one, "DOCKER_TMPDIR=") || starts_with(one, "TMPDIR="))
			continue;
		has_path |= starts_with(one, "PATH=");
		strv_add(&t->environment, one);
	}
	if (!has_path)
		strv_add(&t->environment, PATH);
}

/* Where it is asked: at the first socket in the file system; one of TCP only may want a certificate. */
static void take_hosts(const struct docker_facts *d, struct start_trial *t)
{
	const struct setting *hosts = settings_find(&d->next, "hosts");
	CLEANUP(strv_clear) struct strv all = {0};

	url_hosts_read(hosts ? hosts->value : NULL, &all);
	for (size_t i = 0; i < all.count; i++) {
		const char *path = skip_prefix(all.items[i], "unix://");

		if (starts_with(all.items[i], "fd://") && !t->handed_over)
			t->handed_over = xstrdup(API);
		if (!path)
			continue;
		make_room_for(t, *path ? path : API);
		if (!t->asked)
			t->asked = in_run(*path ? path : API);
	}
	if (t->handed_over)
		str_replace(&t->asked, API);
	else if (all.count == 0)
		t->asked = xstrdup(API);
}

/* One of its own for the trial where dockerd uses the host's; it finds that by itself, too. */
static char *take_containerd(const struct view *v, struct start_trial *t)
{
	static const char *const programs[] = {"/usr/local/bin/containerd", "/usr/bin/containerd",
					       "/usr/local/sbin/containerd",
					       "/usr/sbin/containerd"};
	CLEANUP(freep) char *given = next_text(&v->facts->docker, "containerd");
	CLEANUP(freep) char *socket = given ? in_run(given) : NULL;
	const char *program = NULL;

	if (!socket && !view_is_there(v, CONTAINERD_SOCKET))
		return NULL;
	if (!socket)
		str_replace(&socket, CONTAINERD_SOCKET);
	if (!path_is_below(socket, "/run"))
		return xasprintf("containerd's socket '%s' is not in /run", socket);
	for (size_t i = 0; i < ARRAY_SIZE(programs) && !program; i++)
		program = view_is_there(v, programs[i]) ? programs[i] : NULL;
	if (!program)
		return xstrdup("the program of containerd was not found");
	t->containerd_socket = xstrdup(socket);
	strv_add(&t->containerd, program);
	strv_addf(&t->containerd, "--address=%s", socket);
	strv_add(&t->containerd, "--root=" CONTAINERD_ROOT);
	strv_add(&t->containerd, "--state=/run/containerd");
	return NULL;
}

/*
 * A bridge that somebody else makes; it needs no more than to be there. The trial's has no address: what has to
 * agree with one cannot be tried, as dockerd would give up on what is in order on the host's.
 */
static char *take_bridge(const struct view *v, struct start_trial *t)
{
	static const char *const of_its_addresses[] = {"default-gateway", "default-gateway-v6",
						       "fixed-cidr", "fixed-cidr-v6"};
	CLEANUP(freep) char *name = next_text(&v->facts->docker, "bridge"), *sign = NULL;

	if (!name || !*name || strcmp(name, "none") == 0 || strcmp(name, "docker0") == 0)
		return NULL;
	sign = xasprintf("/sys/class/net/%s/bridge", name);
	if (!view_is_there(v, sign))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(of_its_addresses); i++) {
		CLEANUP(freep) char *value = next_text(&v->facts->docker, of_its_addresses[i]);

		if (value && *value)
			return xasprintf("%s has to agree with the addresses of '%s', which the "
					 "trial's bridge does not have",
					 of_its_addresses[i], name);
	}
	strv_add(&t->bridges, name);
	return NULL;
}

/* The file without the plugins; what is left is the host's, mistakes and all. */
static void take_file(const struct view *v, struct start_trial *t, struct start_files *files)
{
	const char *path = v->facts->docker.config_file;
	CLEANUP(freep) char *value = NULL;

	if (!path || view_content(v, path, &files->text, NULL) < 0 ||
	    format_get(&files->text, subject_of(SCHEME_JSON, "/" PLUGINS), &value, NULL) <= 0 ||
	    format_set(&files->text, subject_of(SCHEME_JSON, "/" PLUGINS), NULL, NULL) < 0)
		return;
	files->file = (struct trial_file){
		.path = path, .bytes = buf_str(&files->text), .n = files->text.len, .mode = 0644};
	t->files = &files->file;
	t->nfiles = 1;
}

/* Files that it reads, and that lie where the trial has nothing. */
static char *hidden(const struct docker_facts *d, const struct start_trial *t)
{
	static const char *const keys[] = {"tlscacert", "tlscert",         "tlskey",
					   "init-path", "seccomp-profile", "config-file"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		CLEANUP(freep) char *path = next_text(d, keys[i]);
		CLEANUP(freep) char *real = path ? in_run(path) : NULL;

		if (real && *real == '/' && is_covered(t, real))
			return xasprintf("'%s' (%s) lies in a directory that is empty in the trial",
					 path, keys[i]);
	}
	if (is_covered(t, d->dockerd))
		return xasprintf("'%s' lies in a directory that is empty in the trial", d->dockerd);
	return NULL;
}

/* Drivers that work on devices or on a file system of their own: no namespace keeps those apart. */
static char *driver_beyond(const struct docker_facts *d)
{
	static const char *const drivers[] = {"devicemapper", "zfs", "btrfs", "aufs"};
	CLEANUP(freep) char *driver = next_text(d, "storage-driver");
	const struct setting *options = settings_find(&d->next, "storage-opts");

	if (driver && is_among(driver, drivers, ARRAY_SIZE(drivers)))
		return xasprintf("the storage driver '%s' works on more than a directory", driver);
	if (options && options->value && strstr(options->value, "overlay2.size"))
		return xstrdup("overlay2.size needs a file system with quotas");
	return NULL;
}

char *start_line_make(const struct view *v, struct start_trial *ret, struct start_files *files)
{
	const struct docker_facts *d = &v->facts->docker;
	char *why = driver_beyond(d);

	if (why)
		return why;
	make_directories(d, ret);
	take_flags(d, ret);
	take_environment(d, ret);
	take_hosts(d, ret);
	take_file(v, ret, files);
	why = take_bridge(v, ret);
	if (!why)
		why = hidden(d, ret);
	return why ? why : take_containerd(v, ret);
}
