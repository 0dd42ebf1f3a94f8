#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/facts/parts.h"
#include "engine/format/container-info.h"
#include "engine/format/daemon-info.h"
#include "engine/format/image-info.h"
#include "engine/format/mount-table.h"
#include "tests/cases/facts-rows.h"

#define LARGEST (1U << 20)

/* What a real engine once answered (tests/unit/samples), read by the program's own readers. */

static int load(const char *dir, const char *name, struct buf *ret, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf(SAMPLES "/%s/%s", dir, name);
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd_read_all(fd, LARGEST, ret);

	return r < 0 ? error_set(err, r, "cannot read '%s': %s", path, strerror(-r)) : 0;
}

static int read_daemon(const char *dir, struct docker_facts *d, struct error *err)
{
	CLEANUP(buf_clear) struct buf info = {0}, bridge = {0}, version = {0}, volumes = {0};
	struct map bound = {0};
	size_t n = 0;
	int r = load(dir, "info.json", &info, err);

	if (r == 0)
		r = daemon_info_read(&info, d, err);
	if (r == 0)
		r = load(dir, "networks_bridge.json", &bridge, err);
	if (r == 0)
		r = daemon_info_read_bridge(&bridge, d, err);
	if (r == 0)
		r = load(dir, "version.json", &version, err);
	if (r == 0)
		r = daemon_info_read_version(&version, d, err);
	if (r == 0)
		r = load(dir, "volumes.json", &volumes, err);
	if (r == 0)
		r = container_info_read_volumes(&volumes, &bound, &n, err);
	if (r == 0)
		count_set(&d->volumes, n);
	map_clear(&bound, free);
	return r;
}

/* image.json and history.json are of the one image in the list. */
static int read_image_answers(const char *dir, struct docker_images *images, struct error *err)
{
	CLEANUP(buf_clear) struct buf list = {0}, inspect = {0}, history = {0};
	int r = load(dir, "images_json.json", &list, err);

	if (r == 0)
		r = image_info_read_list(&list, images, err);
	if (r == 0 && images->count != 1)
		r = error_set(err, -EINVAL, "%zu images in '%s', not one", images->count, dir);
	if (r == 0)
		r = load(dir, "image.json", &inspect, err);
	if (r == 0)
		r = image_info_read(&inspect, &images->items[0], err);
	if (r == 0)
		r = load(dir, "history.json", &history, err);
	return r == 0 ? image_info_read_history(&history, &images->items[0], err) : r;
}

static int is_container(const struct dirent *entry)
{
	return fnmatch("container-*.json", entry->d_name, 0) == 0;
}

static int read_container_answers(const char *dir, struct container_list *l, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf(SAMPLES "/%s", dir);
	struct dirent **names = NULL;
	int count = scandir(path, &names, is_container, alphasort), r = 0;

	if (count < 0)
		return error_set(err, -errno, "cannot read '%s': %s", path, strerror(errno));
	for (int i = 0; i < count; i++) {
		CLEANUP(buf_clear) struct buf body = {0};

		if (r == 0)
			r = load(dir, names[i]->d_name, &body, err);
		if (r == 0)
			r = container_info_read(&body, container_list_add(l), NULL, err);
		free(names[i]);
	}
	free(names);
	return r;
}

int read_answers(const char *dir, struct facts *f, struct error *err)
{
	CLEANUP(mount_table_clear) struct mount_table mounts = {0};
	CLEANUP(buf_clear) struct buf mountinfo = {0};
	struct container_list *l = &f->docker.containers;
	int r = read_daemon(dir, &f->docker, err);

	f->docker.running = true;
	if (r == 0)
		r = read_image_answers(dir, &f->images, err);
	if (r == 0)
		r = read_container_answers(dir, l, err);
	if (r == 0)
		r = load(dir, "mountinfo-overlay.txt", &mountinfo, err);
	if (r < 0)
		return r;
	mount_table_parse(&mounts, buf_str(&mountinfo));
	for (size_t i = 0; i < l->nseen; i++)
		snapshots_take(&mounts, &l->seen[i], &f->images);
	return 0;
}

void read_answered_layers(struct facts *f, const struct root *root)
{
	struct gather g = {.facts = f, .root = root};

	for (size_t i = 0; i < f->images.count; i++)
		if (f->images.items[i].layers.count) {
			gather_layers(&g);
			return;
		}
}
