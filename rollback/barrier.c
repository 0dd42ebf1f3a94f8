#include "rollback/barrier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/write/write.h"
#include "rollback/staging.h"

struct filesystem {
	dev_t dev;
};

void barrier_clear(struct barrier *b)
{
	map_clear(&b->directories, NULL);
	free(b->filesystems);
	*b = (struct barrier){0};
}

static bool is_synced(const struct barrier *b, dev_t dev)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->filesystems[i].dev == dev)
			return true;
	return false;
}

static int sync_once(struct barrier *b, int directory, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(directory, &st) < 0)
		return error_errno_at(err, -errno, path, "cannot look at the directory of '%s'",
				      path);
	if (is_synced(b, st.st_dev))
		return 0;
	*(struct filesystem *)array_append(&b->filesystems, &b->count, sizeof(*b->filesystems)) =
		(struct filesystem){.dev = st.st_dev};
	return write_sync_fs(directory, err);
}

/* No directory holds the root: it is asked itself. */
static int sync_root(struct barrier *b, const char *path, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	int r = handles_walk_nofollow(b->pass, path, &walk, err);

	return r < 0 ? r : sync_once(b, walk.fd, path, err);
}

/* Another file system may be mounted on the path itself: then its attributes are on that one. */
static int sync_mounted(struct barrier *b, int directory, const char *path, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	struct stat st;
	int r;

	if (fstatat(directory, path_name(path), &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) || is_synced(b, st.st_dev))
		return 0;
	r = handles_walk_nofollow(b->pass, path, &walk, err);
	return r < 0 || walk.fd < 0 ? r : sync_once(b, walk.fd, path, err);
}

int barrier_sync(struct barrier *b, const char *path, struct error *err)
{
	CLEANUP(freep) char *directory = path_parent(path);
	int fd = -1, r;

	if (!*path_name(path))
		return sync_root(b, path, err);
	r = directory_or_gone(b->pass, path, &fd, err);
	if (r < 0 || fd < 0)
		return r;
	if (!map_get(&b->directories, directory)) {
		map_put(&b->directories, directory, b);
		r = sync_once(b, fd, path, err);
	}
	return r < 0 ? r : sync_mounted(b, fd, path, err);
}

void late_clear(struct late *l)
{
	free(l->items);
	*l = (struct late){0};
}

void late_add(struct late *l, size_t change)
{
	*(size_t *)array_append(&l->items, &l->count, sizeof(*l->items)) = change;
}

int barrier_sync_late(struct handles *pass, const struct plan *plan, const struct late *late,
		      struct error *err)
{
	CLEANUP(barrier_clear) struct barrier barrier = {.pass = pass};
	int r = 0;

	for (size_t i = 0; i < late->count && r >= 0; i++)
		r = barrier_sync(&barrier, plan->changes[late->items[i]].path, err);
	return r;
}
