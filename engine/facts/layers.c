#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
#include "engine/facts/containers.h"
#include "engine/facts/parts.h"
#include "engine/format/mount-table.h"
#include "engine/format/secret-scan.h"
#include "engine/host/read/layer.h"

#define MAX_NAMES 20000000 /* that are looked at, of all images together */
#define MAX_CONTAINER_NAMES 1000000

/* Images share layers: each directory is read once. */
struct layer {
	char *error; /* why it could not be read; NULL: it was */
	struct layer_files files;
};

static void layer_free(void *data)
{
	struct layer *layer = data;

	layer_files_clear(&layer->files);
	free(layer->error);
	free(layer);
}

static const struct layer *read_layer(struct gather *g, struct map *layers,
				      struct layer_search *search, const char *directory)
{
	struct layer *layer = map_get(layers, directory);
	CLEANUP(error_clear) struct error err = {0};

	if (layer)
		return layer;
	layer = xcalloc(1, sizeof(*layer));
	if (layer_scan(g->root, directory, NULL, search, &layer->files, &err) < 0)
		layer->error = xstrdup(error_text(&err));
	map_put(layers, directory, layer);
	return layer;
}

/* 1: a layer above number `from` has this file anew, or takes it away. */
static int is_hidden(struct gather *g, const struct docker_image *image, size_t from,
		     const char *path, struct error *err)
{
	int r = 0;

	for (size_t i = from + 1; r == 0 && i < image->layers.count; i++)
		r = layer_hides(g->root, image->layers.items[i], path, err);
	return r;
}

static int add_visible(struct gather *g, struct docker_image *image, size_t number,
		       const struct strv *paths, struct error *err)
{
	for (size_t i = 0; i < paths->count; i++) {
		int r = is_hidden(g, image, number, paths->items[i], err);

		if (r < 0)
			return r;
		if (r == 0)
			strv_add_once(&image->rights_files, paths->items[i]);
	}
	return 0;
}

/* A secret that a later layer takes away is still in the image, for whoever unpacks it. */
static void read_image(struct gather *g, struct map *layers, struct layer_search *search,
		       struct docker_image *image)
{
	for (size_t i = 0; i < image->layers.count; i++) {
		const struct layer *layer = read_layer(g, layers, search, image->layers.items[i]);
		CLEANUP(error_clear) struct error err = {0};

		if (layer->error || add_visible(g, image, i, &layer->files.rights, &err) < 0) {
			str_replace(&image->files_not_measured,
				    layer->error ? layer->error : error_text(&err));
			return;
		}
		for (size_t k = 0; k < layer->files.wanted.count; k++)
			strv_add_once(&image->secret_files, layer->files.wanted.items[k]);
	}
	if (image->layers.count == 0)
		image->files_not_measured = xasprintf(
			"the storage driver %s does not tell where its layers are, and no "
			"container of it runs",
			g->facts->docker.driver ? g->facts->docker.driver : "(not known)");
	strv_sort(&image->rights_files);
}

static void read_images(struct gather *g)
{
	struct layer_search search = {.wanted = secret_file, .rights = true, .budget = MAX_NAMES};
	struct docker_images *images = &g->facts->images;
	struct map layers = {0};

	for (size_t i = 0; i < images->count; i++)
		if (!images->items[i].not_measured)
			read_image(g, &layers, &search, &images->items[i]);
	map_clear(&layers, layer_free);
}

/* Not what programs keep for themselves where programs lie. */
static bool is_program(const char *path)
{
	return !strstr(path, "/__pycache__/") && fnmatch("*.pyc", path, 0) != 0;
}

static int read_container(struct gather *g, struct container *c, struct error *err)
{
	static const char *const directories[] = {
		"bin",           "sbin",           "lib",
		"lib64",         "usr/bin",        "usr/sbin",
		"usr/lib",       "usr/lib64",      "usr/libexec",
		"usr/local/bin", "usr/local/sbin", "usr/local/lib",
	};
	struct layer_search search = {
		.wanted = is_program, .whiteouts = true, .budget = MAX_CONTAINER_NAMES};
	CLEANUP(layer_files_clear) struct layer_files files = {0};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(directories); i++)
		r = layer_scan(g->root, c->layer, directories[i], &search, &files, err);
	strv_sort(&files.wanted);
	strv_add_all(&c->changed_programs, &files.wanted);
	return r;
}

/* Whether something is mounted there, or at a directory that it is in. */
static bool is_below_mount(const struct mount_table *t, const char *path)
{
	const struct mount_entry *e = mount_of(t, path);

	return e && strcmp(e->point, "/") != 0;
}

void leave_out_mounted(struct strv *paths, const char *mountinfo)
{
	CLEANUP(mount_table_clear) struct mount_table own = {0};

	mount_table_parse(&own, mountinfo);
	for (size_t i = paths->count; i-- > 0;)
		if (is_below_mount(&own, paths->items[i]))
			strv_remove(paths, i);
}

/*
 * What a container gets mounted (its init, a program of the host) needs something to be mounted over,
 * which runc makes in the container's own layer: nobody can run that. Where the kernel does not show
 * what is mounted, nothing is left out.
 */
static void leave_out_places(struct container *c)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (c->changed_programs.count > 0 && c->pid > 0 &&
	    process_file(c->pid, "mountinfo", &text, NULL))
		leave_out_mounted(&c->changed_programs, buf_str(&text));
}

static void read_containers(struct gather *g)
{
	struct container_list *l = &g->facts->docker.containers;

	for (size_t i = 0; l->known && i < l->nseen; i++) {
		struct container *c = &l->seen[i];
		CLEANUP(error_clear) struct error err = {0};

		if (!c->running)
			continue;
		if (!c->layer)
			c->files_not_measured = xstrdup("its own layer is not a directory");
		else if (read_container(g, c, &err) < 0)
			c->files_not_measured = xstrdup(error_text(&err));
		else
			leave_out_places(c);
	}
}

void gather_layers(struct gather *g)
{
	if (g->facts->parts & FACTS_IMAGE_FILES)
		read_images(g);
	if (g->facts->parts & FACTS_CONTAINER_FILES)
		read_containers(g);
}
