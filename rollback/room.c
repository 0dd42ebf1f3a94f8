#include "rollback/room.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "rollback/staging.h"

#define STATE_RESERVE 65536 /* journal, list of what is staged, the script that puts back */
#define STATE_FILES 16
#define TARGET_RESERVE 8192
#define TARGET_FILES 2

/* One file system, and what is to be written on it. */
struct room {
	dev_t dev;
	char *path; /* the first directory of it that was met */
	struct statvfs fs;
	uint64_t bytes, files;
};

struct rooms {
	struct handles *pass; /* over the plan's paths */
	struct room *items;
	size_t count;
};

static void rooms_clear(struct rooms *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->items[i].path);
	free(r->items);
}

static int room_of(struct rooms *rooms, int fd, const char *path, uint64_t reserve, uint64_t files,
		   struct room **ret, struct error *err)
{
	struct statvfs fs;
	struct stat st;
	struct room *room;

	if (fstat(fd, &st) < 0 || fstatvfs(fd, &fs) < 0)
		return error_errno_at(err, -errno, path, "cannot see how much room '%s' has", path);
	for (size_t i = 0; i < rooms->count; i++)
		if (rooms->items[i].dev == st.st_dev) {
			*ret = &rooms->items[i];
			return 0;
		}
	room = array_append(&rooms->items, &rooms->count, sizeof(*room));
	*room = (struct room){.dev = st.st_dev,
			      .path = xstrdup(path),
			      .fs = fs,
			      .bytes = reserve,
			      .files = files};
	*ret = room;
	return 0;
}

/* The directory that the path is in, or the nearest one above it that is there. */
static int add_target(struct rooms *rooms, const struct root *root, const char *path,
		      uint64_t bytes, struct error *err)
{
	CLEANUP(freep) char *at = xstrdup(path);

	for (;;) {
		struct room *room = NULL;
		int parent = -1;
		int r = handles_directory(rooms->pass, at, &parent, err);

		if (r < 0)
			return r;
		if (parent < 0 && path_up(at))
			continue;
		r = room_of(rooms, parent < 0 ? root->fd : parent, at, TARGET_RESERVE, TARGET_FILES,
			    &room, err);
		if (r < 0)
			return r;
		room->bytes += bytes + (uint64_t)room->fs.f_frsize;
		room->files++;
		return 0;
	}
}

static bool is_new(const struct change *c, size_t k)
{
	return is_staged_at(c, k) ||
	       (c->images[k].node.kind == NODE_DIR && c->images[k - 1].node.kind != NODE_DIR);
}

static int add_change(struct rooms *rooms, const struct change *c, const struct root *root,
		      uint64_t *undo, struct error *err)
{
	int r = 0;

	for (size_t k = 0; k < c->nimages; k++) {
		uint64_t len = c->images[k].content.len;

		*undo += len;
		if (k > 0 && r >= 0 && is_new(c, k))
			r = add_target(rooms, root, c->path, len + len / 10, err);
	}
	return r;
}

static int judge(const struct room *room, struct error *err)
{
	uint64_t free = (uint64_t)room->fs.f_bavail * room->fs.f_frsize;

	if (free < room->bytes)
		return error_set_at(
			err, -ENOSPC, room->path,
			"the file system of '%s' has %zu bytes free, and %zu are needed",
			room->path, (size_t)free, (size_t)room->bytes);
	/* some have no fixed number of inodes, and say 0 */
	if (room->fs.f_files > 0 && room->fs.f_favail < room->files)
		return error_set_at(
			err, -ENOSPC, room->path,
			"the file system of '%s' has %zu inodes free, and %zu are needed",
			room->path, (size_t)room->fs.f_favail, (size_t)room->files);
	return 0;
}

int room_check(const struct plan *plan, const struct state *state, const struct root *root,
	       struct error *err)
{
	CLEANUP(handles_freep) struct handles *pass = handles_new(root);
	CLEANUP(rooms_clear) struct rooms rooms = {.pass = pass};
	struct room *own = NULL;
	uint64_t undo = 0;
	int r = room_of(&rooms, state->fd, state->path, STATE_RESERVE, STATE_FILES, &own, err);

	for (size_t i = 0; r >= 0 && i < plan->nchanges; i++)
		r = add_change(&rooms, &plan->changes[i], root, &undo, err);
	if (r < 0)
		return r;
	rooms.items[0].bytes += undo + undo / 10; /* the state's: it came first */
	rooms.items[0].files += plan->nchanges;
	for (size_t i = 0; i < rooms.count; i++) {
		r = judge(&rooms.items[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}
