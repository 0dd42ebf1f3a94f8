#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/format/container-info.h"
#include "engine/format/daemon-info.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/shims.h"

static bool is_listed(const struct docker_facts *d, const char *id)
{
	for (size_t i = 0; i < d->containers.nseen; i++)
		if (strcmp_null(d->containers.seen[i].id, id) == 0)
			return true;
	return false;
}

static bool is_in_namespace(const struct docker_facts *d, const struct strv *args)
{
	const struct setting *s = settings_find(&d->now, "containerd-namespace");
	CLEANUP(freep) char *set = s && s->value ? json_value_to_string(s->value) : NULL;

	return strcmp_null(shim_namespace(args), set ? set : "moby") == 0;
}

/* Beside another dockerd: where what the container is made of names the data root of this one. */
static bool is_of_data_root(const struct gather *g, pid_t pid, const char *id)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/cwd/config.json", (int)pid);
	CLEANUP(freep)
	char *mark = xasprintf("%s/containers/%s/", g->facts->docker.data_root, id);
	CLEANUP(buf_clear) struct buf text = {0};

	return proc_read(path, &text, NULL) < 0 || strstr(buf_str(&text), mark);
}

char *container_of_shim(const struct gather *g, const struct process *p)
{
	CLEANUP(strv_clear) struct strv args = {0};
	const char *id;

	/* without root's rights it is a rootless dockerd's */
	if (p->uid > 0 || !p->name || !starts_with(p->name, "containerd-shim") ||
	    proc_cmdline(p->pid, &args, NULL) < 0)
		return NULL;
	id = shim_container(&args);
	if (!id || !is_in_namespace(&g->facts->docker, &args) ||
	    (g->facts->docker.others.count > 0 && !is_of_data_root(g, p->pid, id)))
		return NULL;
	return xstrdup(id);
}

/* A shim without one ends in a moment: its container was removed. */
static bool has_child(const struct gather *g, pid_t pid)
{
	CLEANUP(freep) char *directory = xasprintf("/proc/%d/task", (int)pid);
	CLEANUP(strv_clear) struct strv tasks = {0};

	if (observe_children(g->root, directory, &tasks, NULL) < 0)
		return false;
	for (size_t i = 0; i < tasks.count; i++) {
		CLEANUP(freep)
		char *path = xasprintf("%s/%s/children", directory, tasks.items[i]);
		CLEANUP(buf_clear) struct buf children = {0};
		int r = proc_read(path, &children, NULL);

		/* a kernel need not have that file: then nothing says that there is none */
		if (children.len > 0 || r == -ENOENT)
			return true;
	}
	return false;
}

/* The process of the container's shim, as it is now; 0: none. */
static pid_t shim_of(const struct gather *g, const char *id)
{
	for (size_t i = 0; i < g->processes.count; i++) {
		const struct process *p = &g->processes.items[i];
		CLEANUP(freep) char *of = container_of_shim(g, p);

		if (strcmp_null(of, id) == 0 && has_child(g, p->pid))
			return p->pid;
	}
	return 0;
}

static void find_shims(const struct gather *g, struct strv *ret)
{
	for (size_t i = 0; i < g->processes.count; i++) {
		CLEANUP(freep) char *id = container_of_shim(g, &g->processes.items[i]);

		if (id)
			strv_add_once(ret, id);
	}
}

/*
 * Without a config.v2.json that names its storage driver a directory is what is left of a container,
 * not one: no start of dockerd has it (a power cut leaves the file empty, and dockerd lives with it).
 */
static bool has_files(const struct gather *g, const char *id)
{
	CLEANUP(freep)
	char *config = xasprintf("%s/containers/%s/config.v2.json", g->facts->docker.data_root, id);
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *driver = NULL;
	int r = observe_content(g->root, config, &text, NULL);

	if (r < 0)
		return r != -ENOENT && r != -ENOTDIR;
	driver = container_info_driver(&text);
	return driver && (!g->facts->docker.driver || strcmp(driver, g->facts->docker.driver) == 0);
}

static char *name_on_disk(const struct gather *g, const char *id)
{
	CLEANUP(freep)
	char *directory = xasprintf("%s/containers/%s", g->facts->docker.data_root, id);
	CLEANUP(freep) char *config = xasprintf("%s/config.v2.json", directory);
	CLEANUP(freep) char *host = xasprintf("%s/hostconfig.json", directory);
	CLEANUP(buf_clear) struct buf config_text = {0}, host_text = {0};
	struct container c;
	char *name = NULL;

	container_init(&c);
	if (observe_content(g->root, config, &config_text, NULL) >= 0 &&
	    observe_content(g->root, host, &host_text, NULL) >= 0 &&
	    container_info_read_disk(&config_text, &host_text, &c, NULL) >= 0 && c.name && *c.name)
		name = TAKE_PTR(c.name);
	container_clear(&c);
	return name;
}

static void add_unlisted(struct gather *g, const char *id, bool files, pid_t shim)
{
	struct docker_facts *d = &g->facts->docker;
	struct container *c = container_list_add(&d->containers);
	CLEANUP(freep)
	char *place = files ? xasprintf("its files are in '%s/containers'", d->data_root) : NULL;
	CLEANUP(freep)
	char *process =
		shim ? xasprintf("its process runs (containerd's shim: pid %d)", (int)shim) : NULL;

	c->id = xstrdup(id);
	c->name = name_on_disk(g, id);
	c->unlisted = true;
	c->unread = xasprintf("it is not listed, though %s%s%s", place ? place : "",
			      place && process ? " and " : "", process ? process : "");
	strv_addf(&d->restart_brings,
		  "what a restart makes of container %s, which dockerd does not list, is not "
		  "known; look at it first, or restart dockerd when it may end",
		  container_label(c));
}

/*
 * One that is in neither list. It is looked for after both, so that one that was removed meanwhile is
 * gone from here, too. (Asked for it by its id, dockerd tells of one that it failed to register.)
 */
static bool is_unlisted(const struct gather *g, const char *id, const struct strv *again)
{
	return !is_listed(&g->facts->docker, id) && !strv_contains(again, id) &&
	       (has_files(g, id) || shim_of(g, id));
}

/* One that is in both lists, but has no files any more, does not outlive dockerd's next start. */
static bool is_without_files(const struct gather *g, const char *id, const struct strv *again)
{
	CLEANUP(freep)
	char *directory = xasprintf("%s/containers/%s", g->facts->docker.data_root, id);
	CLEANUP(strv_clear) struct strv names = {0};

	return is_listed(&g->facts->docker, id) && strv_contains(again, id) &&
	       observe_children(g->root, directory, &names, NULL) == -ENOENT;
}

/* Those of `ids` that are not as dockerd lists them. */
static int find_odd(struct gather *g, const struct strv *ids, struct strv *ret, struct error *err)
{
	CLEANUP(strv_clear) struct strv again = {0};
	int r = containers_list(g, &again, err);

	for (size_t i = 0; r >= 0 && i < ids->count; i++)
		if (is_unlisted(g, ids->items[i], &again) ||
		    is_without_files(g, ids->items[i], &again))
			strv_add_once(ret, ids->items[i]);
	return r;
}

static void add_odd(struct gather *g, const char *id)
{
	struct docker_facts *d = &g->facts->docker;

	if (!is_listed(d, id)) {
		add_unlisted(g, id, has_files(g, id), shim_of(g, id));
		return;
	}
	for (size_t i = 0; i < d->containers.nseen; i++)
		if (strcmp_null(d->containers.seen[i].id, id) == 0)
			strv_addf(&d->restart_brings,
				  "dockerd would not know container %s any more after its restart: "
				  "'%s/containers/%s' is not there",
				  container_label(&d->containers.seen[i]), d->data_root, id);
}

static bool ask_images(struct gather *g, size_t *ret)
{
	CLEANUP(facts_clear) struct facts now = {0};
	CLEANUP(buf_clear) struct buf body = {0};

	return engine_api_get(g->api, "/info", &body, NULL) >= 0 &&
	       daemon_info_read(&body, &now.docker, NULL) >= 0 &&
	       count_get(&now.docker.images, ret);
}

static bool ask_volumes(struct gather *g, size_t *ret)
{
	struct map places = {0};
	CLEANUP(buf_clear) struct buf body = {0};
	bool told = engine_api_get(g->api, "/volumes", &body, NULL) >= 0 &&
		    container_info_read_volumes(&body, &places, ret, NULL) >= 0;

	map_clear(&places, free);
	return told;
}

struct kind {
	const char *what; /* for people */
	char *directory;
	bool (*counts)(const char *name); /* NULL: each name there does */
	bool (*ask)(struct gather *g, size_t *ret);
	struct count *count;
};

/* How many are on the disk; false: it cannot be looked at, and says nothing against dockerd's number. */
static bool count_on_disk(const struct gather *g, const struct kind *k, size_t *ret)
{
	CLEANUP(strv_clear) struct strv names = {0};

	*ret = 0;
	if (observe_children(g->root, k->directory, &names, NULL) < 0)
		return false;
	for (size_t i = 0; i < names.count; i++)
		*ret += !k->counts || k->counts(names.items[i]);
	return true;
}

/*
 * More on the disk than dockerd tells of: it did not load all, so its number is none. One that is
 * being pulled or made has its files before it is told of, and both may have come since dockerd was
 * asked: it is asked anew, after the disk, and twice.
 */
static void compare_count(struct gather *g, const struct kind *k)
{
	static const struct timespec while_one_is_made = {0, 250 * 1000 * 1000};
	size_t told, n;
	CLEANUP(freep) char *why = NULL;

	if (!count_get(k->count, &told) || !count_on_disk(g, k, &n) || n <= told)
		return;
	for (int i = 0; i < 2 && n > told; i++) {
		if (i > 0) {
			nanosleep(&while_one_is_made, NULL);
			if (!count_on_disk(g, k, &n))
				return;
		}
		if (k->ask(g, &told))
			count_set(k->count, told);
	}
	if (n <= told)
		return;
	why = xasprintf("dockerd tells of %zu %s, and %zu are in '%s'", told, k->what, n,
			k->directory);
	count_unknown(k->count, why);
}

static void compare_counts(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *volumes = xasprintf("%s/volumes", d->data_root);
	CLEANUP(freep)
	char *images = xasprintf("%s/image/%s/imagedb/content/sha256", d->data_root,
				 d->driver ? d->driver : "");

	compare_count(g, &(struct kind){"volumes", volumes, is_volume, ask_volumes, &d->volumes});
	if (d->driver && !d->image_store)
		compare_count(g, &(struct kind){"images", images, NULL, ask_images, &d->images});
}

/* What is there beside the list: files first, then processes. */
static void find_ids(struct gather *g, struct strv *ret)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *directory = xasprintf("%s/containers", d->data_root);
	CLEANUP(error_clear) struct error err = {0};
	int r = observe_children(g->root, directory, ret, &err);

	if (r < 0 && r != -ENOENT)
		strv_addf(&d->restart_brings,
			  "whether dockerd lists all containers could not be looked at: %s",
			  error_text(&err));
	find_shims(g, ret);
}

/*
 * A container has its files before it is listed, and loses them before the list forgets it: what is
 * odd must be so twice.
 */
void gather_unlisted(struct gather *g)
{
	static const struct timespec while_one_is_made = {0, 250 * 1000 * 1000};
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv ids = {0}, once = {0}, twice = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r;

	if (!g->api || !d->containers.known || !d->data_root)
		return;
	find_ids(g, &ids);
	for (size_t i = 0; i < d->containers.nseen; i++)
		if (d->containers.seen[i].id)
			strv_add_once(&ids, d->containers.seen[i].id);
	r = find_odd(g, &ids, &once, &err);
	if (r >= 0 && once.count > 0) {
		nanosleep(&while_one_is_made, NULL);
		r = find_odd(g, &once, &twice, &err);
	}
	if (r < 0) {
		/* as where the first list could not be had */
		str_replace(&d->not_measured, error_text(&err));
		containers_unknown(&d->containers, error_text(&err));
		return;
	}
	for (size_t i = 0; i < twice.count; i++)
		add_odd(g, twice.items[i]);
	compare_counts(g);
}
