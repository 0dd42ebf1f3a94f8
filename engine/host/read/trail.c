#include "engine/host/read/root-impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/host/read/fd-path.h"

/*
 * The directories walked so far stay open, so that ".." in a link leads back to the directory that
 * was walked and not to where somebody moved its child meanwhile; at the root it stays.
 */
struct level {
	int fd;
	size_t path_len; /* of the path that leads to it */
};

struct trail {
	const struct root *root;
	unsigned flags;
	unsigned links;
	struct level *levels; /* below the root; the last may be the thing itself */
	size_t nlevels;
	struct buf path; /* canonical so far, "" at the root */
	char *rest; /* what is still to walk; `at` is how far it is consumed */
	size_t at;
	bool missing; /* the last component of path is not there */
	bool missing_directory; /* nor is the directory that would hold it */
};

static void trail_clear(struct trail *t)
{
	for (size_t i = 0; i < t->nlevels; i++)
		close_fd(&t->levels[i].fd);
	free(t->levels);
	free(t->rest);
	buf_clear(&t->path);
}

static int top_fd(const struct trail *t)
{
	return t->nlevels ? t->levels[t->nlevels - 1].fd : t->root->fd;
}

static void push(struct trail *t, int fd)
{
	struct level *level = array_append(&t->levels, &t->nlevels, sizeof(*level));

	*level = (struct level){.fd = fd, .path_len = t->path.len};
}

static void pop_to(struct trail *t, size_t nlevels)
{
	while (t->nlevels > nlevels)
		close_fd(&t->levels[--t->nlevels].fd);
	buf_splice(&t->path, nlevels ? t->levels[nlevels - 1].path_len : 0,
		   t->path.len - (nlevels ? t->levels[nlevels - 1].path_len : 0), NULL, 0);
}

/* The next component, owned by the caller; NULL at the end. */
static char *next_component(struct trail *t)
{
	size_t n;

	t->at += strspn(t->rest + t->at, "/");
	n = strcspn(t->rest + t->at, "/");
	if (n == 0)
		return NULL;
	t->at += n;
	return xstrndup(t->rest + t->at - n, n);
}

/* A "." counts: behind a link "x/." asks for a directory. */
static bool more_components(const struct trail *t)
{
	return t->rest[t->at + strspn(t->rest + t->at, "/")] != '\0';
}

static bool is_trusted_owner(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

/* Whether nobody but its owner could have put the link there or can swap it. */
static int check_link(struct trail *t, const struct stat *link, struct error *err)
{
	struct stat directory;

	if (fstat(top_fd(t), &directory) < 0)
		return error_errno_at(err, -errno, buf_str(&t->path),
				      "cannot look at the directory of '%s'", buf_str(&t->path));
	if (!is_trusted_owner(link->st_uid))
		return error_set_at(err, -ELOOP, buf_str(&t->path),
				    "'%s' is a link that belongs to user %u, not to root",
				    buf_str(&t->path), link->st_uid);
	if (!is_trusted_owner(directory.st_uid))
		return error_set_at(err, -ELOOP, buf_str(&t->path),
				    "'%s' is a link in a directory of user %u, not of root",
				    buf_str(&t->path), directory.st_uid);
	if (directory.st_mode & (S_IWGRP | S_IWOTH))
		return error_set_at(err, -ELOOP, buf_str(&t->path),
				    "'%s' is a link in a directory that others can write",
				    buf_str(&t->path));
	if (++t->links > TRAIL_MAX_LINKS)
		return error_set_at(err, -EMLINK, buf_str(&t->path), "'%s' is one link too many",
				    buf_str(&t->path));
	return 0;
}

/* Puts the link's target before what is still to walk. */
static int follow_link(struct trail *t, int link_fd, struct error *err)
{
	CLEANUP(freep) char *target = fd_readlink(link_fd);
	char *rest;

	if (!target)
		return error_errno_at(err, -errno, buf_str(&t->path), "cannot read the link '%s'",
				      buf_str(&t->path));
	if (!*target)
		return error_set_at(err, -ENOENT, buf_str(&t->path), "the link '%s' is empty",
				    buf_str(&t->path));
	rest = xasprintf("%s%s%s", target, more_components(t) ? "/" : "", t->rest + t->at);
	free(t->rest);
	t->rest = rest;
	t->at = 0;
	pop_to(t, target[0] == '/' ? 0 : t->nlevels);
	return 0;
}

/* Behind something missing the names are only put together; nothing can be a link there. */
static int step_missing(struct trail *t, const char *name, struct error *err)
{
	if (strcmp(name, "..") == 0)
		return error_set_at(err, -EINVAL, buf_str(&t->path),
				    "a link leads through '%s', which is missing",
				    buf_str(&t->path));
	t->missing_directory = true;
	buf_printf(&t->path, "/%s", name);
	return 0;
}

static int open_step(struct trail *t, const char *name, struct stat *ret_st, struct error *err)
{
	CLEANUP(close_fd) int fd = openat(top_fd(t), name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOTDIR) {
		pop_to(t,
		       t->nlevels); /* the name is of no interest: what should hold it is no directory */
		return error_set_at(err, -ENOTDIR, buf_str(&t->path), "'%s' is not a directory",
				    buf_str(&t->path));
	}
	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, ret_st) < 0)
		return error_errno_at(err, -errno, buf_str(&t->path), "cannot open '%s'",
				      buf_str(&t->path));
	return TAKE_FD(fd);
}

/* Goes one name down: into a directory, to the thing at the end, or through a link. */
static int step_down(struct trail *t, const char *name, struct error *err)
{
	CLEANUP(close_fd) int fd = -1;
	struct stat st;
	int r;

	if (strlen(name) > NAME_MAX)
		return error_set(err, -ENAMETOOLONG, "a link has a component of %zu bytes",
				 strlen(name));
	buf_printf(&t->path, "/%s", name);
	fd = open_step(t, name, &st, err);
	if (fd == -ENOENT) {
		t->missing = true;
		return 0;
	}
	if (fd < 0)
		return fd;
	if (!S_ISLNK(st.st_mode) || (t->flags & TRAIL_NOFOLLOW && !more_components(t))) {
		push(t, TAKE_FD(fd));
		return 0;
	}
	r = check_link(t, &st, err);
	if (r < 0)
		return r;
	return follow_link(t, fd, err);
}

static int step(struct trail *t, const char *name, struct error *err)
{
	struct stat st;

	if (strcmp(name, ".") != 0 && t->missing)
		return step_missing(t, name, err);
	if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return step_down(t, name, err);
	if (t->missing)
		return 0;
	if (fstat(top_fd(t), &st) < 0 || !S_ISDIR(st.st_mode))
		return error_set_at(err, -ENOTDIR, buf_str(&t->path), "'%s' is not a directory",
				    buf_str(&t->path));
	if (strcmp(name, "..") == 0 && t->nlevels)
		pop_to(t, t->nlevels - 1);
	return 0;
}

static int duplicate(int fd, const char *path, int *ret, struct error *err)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (*ret < 0)
		return error_errno_at(err, -errno, path, "cannot open '%s'", path);
	return 0;
}

/*
 * The directory of the thing: its level is the last but one, or the last when the thing is missing.
 */
static int keep_parent(struct trail *t, struct walk *w, struct error *err)
{
	size_t above = t->missing ? t->nlevels : t->nlevels - 1;

	if (t->flags & TRAIL_NO_PARENT || t->missing_directory)
		return 0;
	if (above == 0)
		return duplicate(t->root->fd, t->root->path, &w->parent, err);
	w->parent = TAKE_FD(t->levels[above - 1].fd);
	return 0;
}

static int finish(struct trail *t, struct walk *ret, struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	int r;

	if (t->nlevels == 0 && !t->missing) {
		r = duplicate(t->root->fd, t->root->path, &w.fd, err);
		buf_puts(&t->path, "/");
	} else {
		r = keep_parent(t, &w, err);
		if (r == 0 && !t->missing)
			w.fd = TAKE_FD(t->levels[t->nlevels - 1].fd);
	}
	if (r < 0)
		return r;
	w.path = buf_take(&t->path);
	w.name = strrchr(w.path, '/') + 1;
	*ret = w;
	w = (struct walk)WALK_INIT;
	return 0;
}

int trail_walk(const struct root *r, const char *path, unsigned flags, struct walk *ret,
	       struct error *err)
{
	CLEANUP(trail_clear) struct trail t = {.root = r, .flags = flags, .rest = xstrdup(path)};

	for (;;) {
		CLEANUP(freep) char *name = next_component(&t);
		int result;

		if (!name)
			return finish(&t, ret, err);
		result = step(&t, name, err);
		if (result < 0)
			return error_about(
				err, error_wrap(err, result, "cannot walk to '%s'", path), path);
	}
}
