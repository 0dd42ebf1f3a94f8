#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/facts/parts.h"
#include "engine/host/read/disk-use.h"
#include "engine/host/read/observe.h"

/*
 * How much would be out of dockerd's sight, by the disk: dockerd's own answer (GET /system/df) has it walk through all
 * volumes, for minutes on a large host, and refuse others meanwhile. Of images the storage driver keeps a number for
 * each layer; a layer that several have counts once. What is not read has no number.
 */

#define MOST_ENTRIES                                                                               \
	100000 /* of all volumes together: half a second or so, and a plan waits on it */

/* 0 and *ret, the sum over the layers of one storage driver. */
static int layers_of(const struct gather *g, const char *driver, uint64_t *ret)
{
	CLEANUP(freep)
	char *directory =
		xasprintf("%s/image/%s/layerdb/sha256", g->facts->docker.data_root, driver);
	CLEANUP(strv_clear) struct strv layers = {0};
	int r = observe_children(g->root, directory, &layers, NULL);

	for (size_t i = 0; r >= 0 && i < layers.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s/size", directory, layers.items[i]);
		CLEANUP(buf_clear) struct buf text = {0};
		char *end;

		r = observe_content(g->root, path, &text, NULL);
		if (r < 0)
			break;
		*ret += strtoull(buf_str(&text), &end, 10);
		if (end == buf_str(&text))
			return -EBADMSG;
	}
	return r < 0 ? r : 0;
}

static void measure_images(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	struct disk_use use = {0};

	/* containerd has no such numbers */
	if (d->driver && !d->image_store && layers_of(g, d->driver, &use.bytes) == 0)
		d->images_size = disk_use_text(&use);
}

static bool has_mount_within(const struct mount_table *mounts, const char *directory)
{
	for (size_t i = 0; i < mounts->count; i++)
		if (path_is_within(mounts->items[i].point, directory))
			return true;
	return false;
}

/* Why what is there is not what a volume has: as in every size of a disk, nobody follows a link. NULL: it may be. */
static const char *unlike_data(const struct root *root, const char *path)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(node_clear) struct node node = {0};

	if (root_walk_nofollow(root, path, &w, NULL) < 0 || observe_walk(&w, 0, &node, NULL) < 0 ||
	    node.kind == NODE_UNKNOWN)
		return "its data cannot be looked at";
	if (node.kind == NODE_SYMLINK)
		return "its data is behind a link";
	return node.kind == NODE_DIR ? NULL : "its data is no directory";
}

/* Why its directory does not show what is in it; NULL: it does. */
static const char *hidden_by(const struct gather *g, const struct mount_table *mounts,
			     const char *directory)
{
	CLEANUP(freep) char *data = xasprintf("%s/_data", directory), *type = NULL;
	int r = volume_mount_type(g->root, directory, &type);
	const char *why;

	if (r < 0)
		return "its options cannot be read";
	if (r > 0)
		return "dockerd mounts it";
	if (!g->facts->mounts)
		return "what is mounted on this host is not known";
	if (has_mount_within(mounts, data))
		return "something is mounted in it";
	why = unlike_data(g->root, directory);
	return why ? why : unlike_data(g->root, data);
}

static void measure_volume(struct gather *g, const struct mount_table *mounts,
			   const char *directory, const char *name, size_t *left)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", directory, name), *text = NULL;
	CLEANUP(error_clear) struct error err = {0};
	const char *why = hidden_by(g, mounts, path);
	struct disk_use use;

	if (!why && *left == 0)
		why = "there is too much in those before it";
	if (!why && disk_use_within(g->root, path, left, &use, &err) < 0)
		why = error_text(&err);
	text = why ? xasprintf("size not measured: %s", why) : disk_use_text(&use);
	strv_addf(&g->facts->docker.volume_sizes, "%s (%s)", name, text);
}

static void measure_volumes(struct gather *g)
{
	CLEANUP(freep) char *path = xasprintf("%s/volumes", g->facts->docker.data_root);
	CLEANUP(freep) char *real = NULL;
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(mount_table_clear) struct mount_table mounts = {0};
	size_t left = MOST_ENTRIES;

	/* the kernel tells mounts by the canonical name */
	if (observe(g->root, path, 0, &node, &real, NULL) < 0 || !real ||
	    observe_children(g->root, real, &names, NULL) < 0)
		return;
	if (g->facts->mounts)
		mount_table_parse(&mounts, g->facts->mounts);
	for (size_t i = 0; i < names.count; i++)
		if (is_volume(names.items[i]))
			measure_volume(g, &mounts, real, names.items[i], &left);
}

void gather_sizes(struct gather *g)
{
	if (!(g->facts->parts & FACTS_SIZES) || !g->facts->docker.data_root)
		return;
	measure_images(g);
	measure_volumes(g);
}
