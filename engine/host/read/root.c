#include "engine/host/read/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root-impl.h"

static bool force_steps;

void close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

bool root_force_steps(bool force)
{
	bool before = force_steps;

	force_steps = force;
	return before;
}

/* Whether fd is the "/" that this process sees, on the mount that it sees it on. */
static bool is_running_system(int fd)
{
	const unsigned mask = STATX_INO | STATX_MNT_ID;
	struct statx ours, here;

	if (statx(fd, "", AT_EMPTY_PATH, mask, &ours) < 0 ||
	    statx(AT_FDCWD, "/", 0, mask, &here) < 0)
		return false;
	if (ours.stx_mask & here.stx_mask & STATX_MNT_ID && ours.stx_mnt_id != here.stx_mnt_id)
		return false;
	return ours.stx_ino == here.stx_ino && ours.stx_dev_major == here.stx_dev_major &&
	       ours.stx_dev_minor == here.stx_dev_minor;
}

int root_open(struct root *r, const char *path, struct error *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno_at(err, -errno, path, "cannot open the root '%s'", path);
	*r = (struct root){.fd = fd, .offline = !is_running_system(fd), .path = xstrdup(path)};
	return 0;
}

void root_close(struct root *r)
{
	if (!r)
		return;
	if (r->path)
		close_fd(&r->fd); /* a zeroed root holds no descriptor */
	free(r->path);
	*r = (struct root){.fd = -1};
}

void walk_clear(struct walk *w)
{
	if (!w)
		return;
	close_fd(&w->parent);
	close_fd(&w->fd);
	free(w->path);
	*w = (struct walk)WALK_INIT;
}

static int check_component(const char *path, const char *name, size_t n, struct error *err)
{
	if (n == 0)
		return error_set_at(err, -EINVAL, path, "path '%s' has an empty component", path);
	if (strncmp(name, "..", n) == 0 && n <= 2)
		return error_set_at(err, -EINVAL, path, "path '%s' has a component '%.*s'", path,
				    (int)n, name);
	if (n > NAME_MAX)
		return error_set_at(err, -ENAMETOOLONG, path,
				    "path '%s' has a component of %zu bytes", path, n);
	return 0;
}

/* Checks a path as given by a caller and hands back a copy without the slashes at its end. */
static int clean_path(const char *path, char **ret, struct error *err)
{
	size_t len = strlen(path);
	int r;

	if (path[0] != '/')
		return error_set_at(err, -EINVAL, path, "path '%s' is not absolute", path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	for (size_t at = 1; at < len;) {
		size_t n = strcspn(path + at, "/");

		r = check_component(path, path + at, n, err);
		if (r < 0)
			return r;
		at += n + 1;
	}
	*ret = xstrndup(path, len);
	return 0;
}

static int open_flat(int dir, const char *path, unsigned long long flags)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | flags,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	long fd = syscall(SYS_openat2, dir, path[0] ? path : ".", &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/*
 * The walk in one call (two with the parent), for a path without any link: 1 when that settled
 * it, 0 when the steps must find out, be it a link, a call the kernel lacks or what is wrong.
 * A path that the kernel finds missing here met no link before, so it is canonical.
 */
static int walk_flat(const struct root *r, const char *clean, unsigned flags, struct walk *w)
{
	const char *name = strrchr(clean, '/') + 1;
	CLEANUP(freep)
	char *directory = xstrndup(clean + 1, name > clean + 1 ? (size_t)(name - clean) - 2 : 0);
	unsigned long long follow = flags & TRAIL_NOFOLLOW ? O_NOFOLLOW : 0;
	CLEANUP(close_fd) int parent = -1;
	CLEANUP(close_fd) int fd = -1;

	if (force_steps)
		return 0;
	if (flags & TRAIL_NO_PARENT || !*name) {
		fd = open_flat(r->fd, clean + 1, follow);
	} else {
		parent = open_flat(r->fd, directory, O_DIRECTORY);
		fd = parent < 0 ? parent : open_flat(parent, name, follow);
	}
	if (fd < 0 && fd != -ENOENT)
		return 0;
	w->path = xstrdup(clean);
	w->name = w->path + (name - clean);
	w->parent = parent < 0 ? -1 : TAKE_FD(parent);
	w->fd = fd < 0 ? -1 : TAKE_FD(fd);
	return 1;
}

static int walk_any(const struct root *r, const char *path, unsigned flags, struct walk *ret,
		    struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(freep) char *clean = NULL;
	int result;

	result = clean_path(path, &clean, err);
	if (result < 0)
		return result;
	if (!walk_flat(r, clean, flags, &w)) {
		result = trail_walk(r, clean, flags, &w, err);
		if (result < 0)
			return result;
	}
	*ret = w;
	w = (struct walk)WALK_INIT;
	return 0;
}

int root_walk(const struct root *r, const char *path, struct walk *ret, struct error *err)
{
	return walk_any(r, path, 0, ret, err);
}

int root_walk_nofollow(const struct root *r, const char *path, struct walk *ret, struct error *err)
{
	return walk_any(r, path, TRAIL_NOFOLLOW, ret, err);
}

int root_look(const struct root *r, const char *path, struct walk *ret, struct error *err)
{
	return walk_any(r, path, TRAIL_NO_PARENT, ret, err);
}
