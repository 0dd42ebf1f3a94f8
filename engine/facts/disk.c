#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/facts/container-disk.h"
#include "engine/facts/parts.h"
#include "engine/format/daemon-info.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/shims.h"

#define CONTENT "io.containerd.content.v1.content/blobs/sha256"

/* What the disk tells of one kind of thing, over all data roots. */
struct found {
	size_t n;
	struct strv places; /* those that have some */
	char *error; /* why a place could not be looked into, or may not show what is meant there */
};

static void found_clear(struct found *f)
{
	strv_clear(&f->places);
	free(f->error);
}

/* Names in a directory that count; one that is not there has none. */
static void look(const struct gather *g, const char *directory, bool (*counts)(const char *name),
		 struct strv *ret_names, struct found *found)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv children = {0};
	size_t n = 0;
	int r = observe_children(g->root, directory, &children, &err);

	if (r < 0 && r != -ENOENT && !found->error)
		found->error = xstrdup(error_text(&err));
	for (size_t i = 0; i < children.count; i++) {
		if (!counts(children.items[i]))
			continue;
		n++;
		if (ret_names)
			strv_add(ret_names, children.items[i]);
	}
	found->n += n;
	if (n > 0)
		strv_add(&found->places, directory);
}

static bool any_name(const char *name)
{
	return true;
}

/* Beside the directories of volumes dockerd keeps a few things of its own. */
bool is_volume(const char *name)
{
	return strcmp(name, "metadata.db") != 0 && strcmp(name, "backingFsBlockDev") != 0;
}

/* What the daemon wrote of a container; of one that cannot be read the id says that it is there. */
static void read_container(const struct gather *g, const char *directory, const char *id)
{
	CLEANUP(freep) char *path = path_join(directory, id);
	CLEANUP(buf_clear) struct buf config = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct container *c = container_list_add(&g->facts->docker.containers);

	if (container_read_disk(g->root, path, &config, c, &err) < 0)
		c->unread = xstrdup(error_text(&err));
	if (!c->id)
		c->id = xstrdup(id);
}

static void doubt(struct found *found, const char *why)
{
	if (!found->error)
		found->error = xstrdup(why);
}

struct disk {
	struct gather *g;
	struct found containers, images, volumes, networks, plugins;
	struct found store; /* of containerd: what is there may be images */
};

static void disk_clear(struct disk *d)
{
	found_clear(&d->containers);
	found_clear(&d->images);
	found_clear(&d->volumes);
	found_clear(&d->networks);
	found_clear(&d->plugins);
	found_clear(&d->store);
}

static void look_for_images(struct disk *d, const char *root)
{
	CLEANUP(freep) char *directory = xasprintf("%s/image", root);
	CLEANUP(strv_clear) struct strv drivers = {0};
	struct found names = {0};

	look(d->g, directory, any_name, &drivers, &names);
	for (size_t i = 0; i < drivers.count; i++) {
		CLEANUP(freep)
		char *images =
			xasprintf("%s/%s/imagedb/content/sha256", directory, drivers.items[i]);

		look(d->g, images, any_name, NULL, &d->images);
	}
	if (names.error && !d->images.error)
		d->images.error = TAKE_PTR(names.error);
	found_clear(&names);
}

static void look_at_root(struct disk *d, const char *root)
{
	CLEANUP(freep) char *containers = xasprintf("%s/containers", root);
	CLEANUP(freep) char *volumes = xasprintf("%s/volumes", root);
	CLEANUP(freep) char *networks = xasprintf("%s/network/files", root);
	CLEANUP(freep) char *plugins = xasprintf("%s/plugins", root);
	CLEANUP(freep) char *store = xasprintf("%s/containerd/daemon/" CONTENT, root);
	CLEANUP(strv_clear) struct strv ids = {0}, kept = {0};

	look(d->g, containers, any_name, &ids, &d->containers);
	for (size_t i = 0; i < ids.count; i++)
		read_container(d->g, containers, ids.items[i]);
	look_for_images(d, root);
	look(d->g, volumes, is_volume, NULL, &d->volumes);
	look(d->g, networks, any_name, NULL, &d->networks);
	look(d->g, plugins, is_plugin, &kept, &d->plugins);
	for (size_t i = 0; i < kept.count; i++)
		plugins_read_disk(d->g, plugins, kept.items[i]);
	look(d->g, store, any_name, NULL, &d->store);
}

/* The data root, and those below it that remapped users have. */
static void look_at_roots(struct disk *d, const char *root)
{
	CLEANUP(strv_clear) struct strv remapped = {0};
	struct found none = {0};

	look_at_root(d, root);
	look(d->g, root, is_remapped_root, &remapped, &none);
	for (size_t i = 0; i < remapped.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", root, remapped.items[i]);

		look_at_root(d, path);
	}
	found_clear(&none);
}

static void doubt_root(struct disk *d, const char *root)
{
	CLEANUP(freep) char *why = data_root_unsure(d->g, root);

	if (!why)
		return;
	doubt(&d->containers, why);
	doubt(&d->images, why);
	doubt(&d->volumes, why);
	doubt(&d->plugins, why);
}

static void add_root(const struct settings *s, const char *key, struct strv *ret)
{
	const struct setting *one = settings_find(s, key);
	CLEANUP(freep) char *path = one && one->value ? json_value_to_string(one->value) : NULL;

	if (path && path[0] == '/')
		strv_add_once(ret, path);
}

/* Where the daemon that ran, or the next one, has its things. */
static void find_roots(const struct docker_facts *d, struct strv *ret)
{
	add_root(&d->now, "data-root", ret);
	add_root(&d->next, "data-root", ret);
	add_root(&d->now, "graph", ret);
	add_root(&d->next, "graph", ret);
	if (d->data_root)
		strv_add_once(ret, d->data_root);
}

/* "while dockerd is stopped", "(GET /info: timed out)" */
static char *circumstance(const struct facts *f)
{
	const struct docker_facts *d = &f->docker;

	if (f->offline)
		return xstrdup("in an image, where no dockerd runs");
	if (docker_is_stopped(f))
		return xstrdup("while dockerd is stopped");
	return xasprintf("(%s)", d->not_measured ? d->not_measured : "dockerd was not asked");
}

static char *why_unknown(const struct facts *f, const char *what, const struct found *found,
			 const struct strv *names)
{
	CLEANUP(freep) char *when = circumstance(f), *places = strv_join(&found->places, ", ");
	CLEANUP(freep) char *list = names ? strv_join(names, ", ") : NULL;
	CLEANUP(buf_clear) struct buf b = {0};

	buf_printf(&b, "%s cannot be seen %s", what, when);
	if (found->n > 0)
		buf_printf(&b, ", %zu %s in %s%s%s", found->n, found->n == 1 ? "is" : "are", places,
			   list && *list ? ": " : "", list ? list : "");
	if (found->error)
		buf_printf(&b, "; %s", found->error);
	return buf_take(&b);
}

/* Nothing on the disk is only nothing where no daemon keeps it elsewhere, or makes it now. */
static bool is_certain(const struct facts *f)
{
	return (f->offline || docker_is_stopped(f)) && !f->docker.file_error;
}

static void settle_count(const struct facts *f, const char *what, const struct found *found,
			 struct count *ret)
{
	CLEANUP(freep) char *why = why_unknown(f, what, found, NULL);

	if (is_certain(f) && !found->error)
		count_set(ret, found->n);
	else
		count_unknown(ret, why);
}

static void settle_containers(const struct facts *f, const struct found *found,
			      struct container_list *ret)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *why = NULL;

	if (is_certain(f) && !found->error && found->n == 0) {
		containers_known(ret);
		return;
	}
	for (size_t i = 0; i < ret->nseen; i++)
		strv_add(&names, container_label(&ret->seen[i]));
	strv_sort(&names);
	why = why_unknown(f, "containers", found, &names);
	containers_unknown(ret, why);
}

/* What is in containerd's store has no names there, and need not be dockerd's. */
static void settle_images(const struct facts *f, const struct disk *d, struct count *ret)
{
	CLEANUP(freep) char *places = strv_join(&d->store.places, ", ");
	CLEANUP(freep) char *why = NULL;

	settle_count(f, "images", &d->images, ret);
	if (d->store.n == 0 && !d->store.error)
		return;
	why = d->store.error ? xasprintf("images may be in containerd's store: %s", d->store.error)
			     : xasprintf("images may be in %s", places);
	count_unknown(ret, why);
}

/* Which there are stands in a database that dockerd alone reads. */
static void settle_networks(const struct found *found, struct count *ret)
{
	if (found->n == 0 && !found->error)
		count_set(ret, 0);
	else
		count_unknown(ret, "dockerd does not answer, and keeps them in a database of its "
				   "own; where it runs, 'docker network ls' lists them");
}

static bool is_mute(const struct facts *f)
{
	return !f->offline && f->docker.running && f->docker.not_measured;
}

/*
 * Beside a dockerd that is stopped, or does not answer, they run by their shims, which no file tells. No state: not
 * known.
 */
static void settle_states(const struct facts *f, struct container_list *list)
{
	CLEANUP(strv_clear) struct strv shims = {0};
	size_t met = 0;

	if ((!docker_is_stopped(f) && !is_mute(f)) || shims_find(&shims, NULL) < 0)
		return;
	for (size_t i = 0; i < list->nseen; i++) {
		struct container *c = &list->seen[i];

		c->running = strv_contains(&shims, c->id);
		met += c->running;
		str_replace(&c->state, c->running ? "running" : "without a process");
	}
	list->processes_told = met == shims.count;
}

void gather_disk(struct gather *g)
{
	struct docker_facts *docker = &g->facts->docker;
	CLEANUP(disk_clear) struct disk disk = {.g = g};
	CLEANUP(strv_clear) struct strv roots = {0};

	if (docker->containers.known)
		return;
	container_list_clear(&docker->containers);
	find_roots(docker, &roots);
	for (size_t i = 0; i < roots.count; i++) {
		look_at_roots(&disk, roots.items[i]);
		doubt_root(&disk, roots.items[i]);
	}
	look(g, "/var/lib/containerd/" CONTENT, any_name, NULL, &disk.store);
	settle_states(g->facts, &docker->containers);
	settle_containers(g->facts, &disk.containers, &docker->containers);
	settle_images(g->facts, &disk, &docker->images);
	settle_count(g->facts, "volumes", &disk.volumes, &docker->volumes);
	settle_count(g->facts, "plugins", &disk.plugins, &docker->plugins);
	settle_networks(&disk.networks, &docker->networks);
}
