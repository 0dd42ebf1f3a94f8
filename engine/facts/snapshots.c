#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/facts/parts.h"
#include "engine/format/mount-table.h"

/*
 * With the containerd image store the Engine API names no directories. The mount of a running
 * container does: below DATA-ROOT/rootfs, by the container's id. Its upper directory is what the
 * container wrote; the topmost lower one is dockerd's own (/etc/hosts and such), those below are
 * the image's (seen on 29.7.2). An image that nobody runs stays unknown.
 */

static struct docker_image *find_image(struct docker_images *images, const char *id)
{
	for (size_t i = 0; id && i < images->count; i++)
		if (strcmp_null(images->items[i].id, id) == 0)
			return &images->items[i];
	return NULL;
}

static const struct mount_entry *rootfs_of(const struct mount_table *t, const char *id)
{
	CLEANUP(freep) char *end = xasprintf("/%s", id);

	for (size_t i = 0; i < t->count; i++) {
		const char *point = t->items[i].point;

		if (stem_length(point, end) > 0 && strstr(point, "/rootfs/"))
			return &t->items[i];
	}
	return NULL;
}

void snapshots_take(const struct mount_table *t, struct container *c, struct docker_images *images)
{
	struct docker_image *image = find_image(images, c->image_id);
	const struct mount_entry *e = c->id ? rootfs_of(t, c->id) : NULL;
	CLEANUP(strv_clear) struct strv lower = {0};
	CLEANUP(freep) char *upper = NULL;

	if (!e || !mount_overlay_layers(e, &lower, &upper))
		return;
	if (!c->layer)
		c->layer = TAKE_PTR(upper);
	if (!image || image->layers.count)
		return;
	for (size_t i = 0; i + 1 < lower.count; i++)
		strv_add(&image->layers, lower.items[i]);
}

void gather_snapshots(struct gather *g)
{
	struct container_list *list = &g->facts->docker.containers;
	CLEANUP(mount_table_clear) struct mount_table mounts = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	if (!(g->facts->parts & (FACTS_IMAGE_FILES | FACTS_CONTAINER_FILES)) || !list->known ||
	    g->facts->offline || !process_file(1, "mountinfo", &text, NULL))
		return;
	mount_table_parse(&mounts, buf_str(&text));
	for (size_t i = 0; i < list->nseen; i++)
		if (list->seen[i].running && !list->seen[i].layer)
			snapshots_take(&mounts, &list->seen[i], &g->facts->images);
}
