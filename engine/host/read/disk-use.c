#include "engine/host/read/disk-use.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/alloc.h"

#define BLOCK 512 /* what st_blocks counts in */
#define MAX_ENTRIES 200000 /* a second or so: it is for people, and nothing waits on the rest */
#define MAX_DEPTH 64

struct count {
	struct disk_use *use;
	dev_t device;
	size_t *left; /* entries that may be looked at */
};

static void count_directory(struct count *c, int fd, unsigned depth);

static void count_one(struct count *c, int directory, const char *name, unsigned depth)
{
	const int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
	CLEANUP(close_fd) int fd = -1;
	struct statx st;

	if (statx(directory, name, flags, STATX_BASIC_STATS, &st) < 0) {
		c->use->more |= errno != ENOENT; /* it went meanwhile */
		return;
	}
	if (makedev(st.stx_dev_major, st.stx_dev_minor) != c->device) {
		c->use->more = true;
		return;
	}
	c->use->bytes += st.stx_blocks * BLOCK /
			 (S_ISDIR(st.stx_mode) || st.stx_nlink == 0 ? 1 : st.stx_nlink);
	if (!S_ISDIR(st.stx_mode))
		return;
	fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || depth >= MAX_DEPTH)
		c->use->more = true;
	else
		count_directory(c, TAKE_FD(fd), depth + 1);
}

/* Takes the descriptor over, which the stream has from then on. */
static void count_directory(struct count *c, int fd, unsigned depth)
{
	DIR *d = fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		close(fd);
		c->use->more = true;
		return;
	}
	while ((e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (*c->left == 0) {
			c->use->more = true;
			break;
		}
		(*c->left)--;
		count_one(c, fd, e->d_name, depth);
	}
	closedir(d);
}

int disk_use_within(const struct root *r, const char *path, size_t *left, struct disk_use *ret,
		    struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(close_fd) int fd = -1;
	struct count c = {.use = ret, .left = left};
	struct stat st;
	int result = root_look(r, path, &w, err);

	*ret = (struct disk_use){0};
	if (result < 0)
		return result;
	if (w.fd < 0)
		return error_set_at(err, -ENOENT, path, "'%s' is not there", path);
	fd = openat(w.fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno_at(err, -errno, path, "cannot look into '%s'", path);
	c.device = st.st_dev;
	count_directory(&c, TAKE_FD(fd), 0);
	return 0;
}

int disk_use(const struct root *r, const char *path, struct disk_use *ret, struct error *err)
{
	size_t left = MAX_ENTRIES;

	return disk_use_within(r, path, &left, ret, err);
}

char *disk_use_text(const struct disk_use *use)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
	uint64_t n = use->bytes;
	size_t unit = 0;

	for (; n >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		n = (n + 512) / 1024;
	return xasprintf("%s %" PRIu64 " %s", use->more ? "more than" : "about", n, units[unit]);
}
