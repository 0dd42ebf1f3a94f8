#include "engine/host/ask/write-count.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/path.h"
#include "engine/host/read/fd-path.h"

#define COUNTED (IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

/*
 * The sandbox lets through these two and no others (sandbox-rules.c). The kernel makes one of two like events that
 * follow each other: an opening, which is not counted, comes between two closings. Not in a directory of programs, say,
 * where one name alone counts: each execution is an opening.
 */
#define IN_A_TREE (COUNTED | IN_OPEN | IN_ONLYDIR)
#define OF_A_NAME (COUNTED | IN_ONLYDIR)

#define TURNS 64 /* of reading: who is flooded looks at the clock meanwhile */
#define LOOKING_SHARE 10 /* of its time a tree is looked through for new directories a tenth */

void write_count_close(struct write_count *c)
{
	close_fd(&c->fd);
	free(c->path);
	free(c->name);
	strv_clear(&c->exclude);
	*c = (struct write_count)WRITE_COUNT_INIT;
}

/* 1: it was not watched before. A number is not given twice, so a new one is the highest. */
static int watch(struct write_count *c, int fd)
{
	struct fd_path path = fd_path(fd);
	int wd = inotify_add_watch(c->fd, path.text, c->name ? OF_A_NAME : IN_A_TREE);

	if (wd < 0)
		return -errno;
	if (wd <= c->newest)
		return 0;
	if (c->newest == 0)
		c->first = wd;
	c->newest = wd;
	return ++c->directories > c->most ? -E2BIG : 1;
}

static bool is_directory(int fd, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type == DT_DIR;
	return fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* What is in a directory that came while it was counted was made there meanwhile. */
static int list(struct write_count *c, const char *path, int fd, bool is_new, struct strv *ret)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d) {
		close(fd);
		return -errno;
	}
	while ((e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		c->counted += is_new && c->begun;
		if (ret->count < (size_t)c->most && is_directory(dirfd(d), e))
			strv_add_owned(ret, path_join(path, e->d_name));
	}
	closedir(d);
	return ret->count < (size_t)c->most ? 0 : -E2BIG;
}

/* One that is gone meanwhile is none; where it is a link now, nobody follows it. */
static int enter(struct write_count *c, const char *path, struct strv *ret_more)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	int r = root_walk_nofollow(c->root, path, &w, NULL), fd;

	if (r < 0 || w.fd < 0)
		return r == -ENOTDIR ? 0 : r;
	r = watch(c, w.fd);
	if (r < 0)
		return r == -ENOTDIR ? 0 : r;
	fd = fd_reopen_quietly(w.fd, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	return list(c, path, fd, r > 0, ret_more);
}

static int fail_at(const struct write_count *c, int r, const char *path, struct error *err)
{
	if (r == -E2BIG)
		return error_set_at(err, r, c->path, "'%s' has more than %d directories%s", c->path,
				    c->most,
				    c->most < WRITE_COUNT_DIRECTORIES
					    ? ", and others need fs.inotify.max_user_watches, too"
					    : "");
	if (r == -ENOSPC)
		return error_set_at(err, r, c->path,
				    "'%s' has more directories than fs.inotify.max_user_watches "
				    "leaves",
				    c->path);
	return error_errno_at(err, r, path, "cannot count what is written in '%s'", path);
}

/* All that is below it and not left out; directories that are watched already stay so. */
static int look_through(struct write_count *c, struct error *err)
{
	CLEANUP(strv_clear) struct strv left = {0};
	double began = clock_ms();

	strv_add(&left, c->path);
	while (left.count > 0) {
		CLEANUP(freep) char *path = xstrdup(left.items[left.count - 1]);
		int r;

		strv_remove(&left, left.count - 1);
		r = strv_contains(&c->exclude, path) ? 0 : enter(c, path, &left);
		if (r < 0)
			return fail_at(c, r, path, err);
	}
	c->due_ms = clock_ms() + (clock_ms() - began) * (LOOKING_SHARE - 1);
	return 0;
}

static int begin(struct write_count *c, const struct root *root, struct error *err)
{
	c->root = root;
	c->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return c->fd < 0 ? error_errno(err, -errno, "cannot count what is written") : 0;
}

int write_count_tree(struct write_count *c, const struct root *root, const char *path,
		     const struct strv *exclude, struct error *err)
{
	int r = begin(c, root, err);

	c->path = xstrdup(path);
	if (exclude)
		strv_copy(&c->exclude, exclude);
	if (r == 0)
		r = look_through(c, err);
	if (r == 0 && c->directories == 0)
		r = error_errno_at(err, -ENOENT, path, "cannot count what is written in '%s'",
				   path);
	c->begun = true;
	return r;
}

/* By its directory: whoever replaces a file leaves another behind its name. */
int write_count_file(struct write_count *c, const struct root *root, const char *path,
		     struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	int r = begin(c, root, err);

	c->path = path_parent(path);
	c->name = xstrdup(path_name(path));
	if (r == 0)
		r = root_look(root, c->path, &w, err);
	if (r < 0)
		return r;
	r = w.fd < 0 ? -ENOENT : watch(c, w.fd);
	c->begun = true;
	return r < 0 ? error_errno_at(err, r, path, "cannot count what is written to '%s'", path)
		     : 0;
}

/*
 * A renaming within the tree is one event of two: its second half does not count. What is done to a directory is told
 * of itself, and of its name in the one above.
 */
static bool counts(struct write_count *c, const struct inotify_event *e)
{
	bool second = e->mask & IN_MOVED_TO && e->cookie == c->renamed && c->renamed;
	bool told_above = e->len == 0 && e->wd != c->first;

	if (!(e->mask & COUNTED) || told_above ||
	    (c->name && (!e->len || strcmp(e->name, c->name) != 0)))
		return false;
	if (e->mask & IN_MOVED_FROM)
		c->renamed = e->cookie;
	return !second;
}

static int take(struct write_count *c, const char *all, ssize_t n)
{
	int r = 0;

	while (n > 0) {
		const struct inotify_event *e = (const struct inotify_event *)all;
		size_t size = sizeof(*e) + e->len;

		if (e->mask & IN_Q_OVERFLOW) {
			r = -EOVERFLOW;
			c->stale = !c->name; /* who knows what was made */
		}
		if (e->mask & IN_IGNORED)
			c->directories--;
		c->stale |= !c->name && e->mask & IN_ISDIR && e->mask & (IN_CREATE | IN_MOVED_TO);
		c->counted += counts(c, e);
		all += size;
		n -= (ssize_t)size;
	}
	return r;
}

int write_count_take(struct write_count *c, struct error *err)
{
	_Alignas(struct inotify_event) char events[4096];
	ssize_t n = 1;
	int r = 0;

	for (int turn = 0; turn < TURNS && n > 0 && r == 0; turn++) {
		n = read(c->fd, events, sizeof(events));
		r = n > 0 ? take(c, events, n) : 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			r = -errno;
	}
	if (r < 0)
		return error_errno_at(err, r, c->path, "cannot count what is written in '%s'",
				      c->path);
	if (!c->stale || clock_ms() < c->due_ms)
		return 0;
	c->stale = false;
	return look_through(c, err);
}
