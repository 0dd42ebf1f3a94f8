#include "engine/host/read/observe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/base/fd-io.h"
#include "engine/base/path.h"
#include "engine/host/read/fd-path.h"
#include "engine/host/read/node-attributes.h"

#define FLAG_ATTRIBUTES (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)

/* Limits of this process say nothing about the host. */
static bool is_our_own_limit(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM;
}

static bool is_refused_path(int r)
{
	return r == -EINVAL || r == -ELOOP || r == -EMLINK || r == -ENAMETOOLONG;
}

static void set_unknown(struct node *node, int error)
{
	node_clear(node);
	node->kind = NODE_UNKNOWN;
	node->error = error;
}

enum node_kind observe_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return NODE_FILE;
	case S_IFDIR:
		return NODE_DIR;
	case S_IFLNK:
		return NODE_SYMLINK;
	case S_IFSOCK:
		return NODE_SOCKET;
	default:
		return NODE_OTHER;
	}
}

/* For file systems that leave the flags out of statx(). */
static unsigned flags_by_ioctl(int fd)
{
	CLEANUP(close_fd) int opened = fd_reopen(fd, O_RDONLY | O_NOATIME);
	unsigned flags = 0;
	int attributes = 0;

	if (opened < 0 || ioctl(opened, FS_IOC_GETFLAGS, &attributes) < 0)
		return 0;
	flags |= attributes & FS_IMMUTABLE_FL ? NODE_IMMUTABLE : 0;
	flags |= attributes & FS_APPEND_FL ? NODE_APPEND_ONLY : 0;
	return flags;
}

static unsigned flags_of(int fd, const struct statx *stx, enum node_kind kind)
{
	unsigned flags = 0;

	if ((stx->stx_attributes_mask & FLAG_ATTRIBUTES) == FLAG_ATTRIBUTES) {
		flags |= stx->stx_attributes & STATX_ATTR_IMMUTABLE ? NODE_IMMUTABLE : 0;
		flags |= stx->stx_attributes & STATX_ATTR_APPEND ? NODE_APPEND_ONLY : 0;
		return flags;
	}
	return kind == NODE_FILE || kind == NODE_DIR ? flags_by_ioctl(fd) : 0;
}

static void node_from_statx(const struct statx *stx, struct node *node)
{
	node->kind = observe_kind(stx->stx_mode);
	node->mode = stx->stx_mode & 07777;
	node->uid = stx->stx_uid;
	node->gid = stx->stx_gid;
	node->mtime = (struct timespec){stx->stx_mtime.tv_sec, stx->stx_mtime.tv_nsec};
	node->dev = makedev(stx->stx_dev_major, stx->stx_dev_minor);
	node->ino = stx->stx_ino;
	node->nlink = stx->stx_nlink;
	node->size = (off_t)stx->stx_size;
}

static int digest_file(int fd, struct node *node, struct error *err)
{
	CLEANUP(buf_clear) struct buf content = {0};
	int r;

	r = observe_fd_content(fd, &content, err);
	if (r < 0)
		return r;
	node->data = digest_new(content.data, content.len);
	return 0;
}

static int fill_node(int fd, unsigned flags, struct node *node, struct error *err)
{
	struct statx stx;
	int r = 0;

	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &stx) < 0)
		return error_errno(err, -errno, "cannot look at descriptor %d", fd);
	node_from_statx(&stx, node);
	if (node->kind == NODE_SYMLINK) {
		node->data = fd_readlink(fd);
		return node->data ? 0 : error_errno(err, -errno, "cannot read a link");
	}
	node->flags = flags_of(fd, &stx, node->kind);
	r = node_read_xattrs(fd, node, err);
	if (r == 0 && node->kind == NODE_FILE && flags & OBSERVE_DIGEST)
		r = digest_file(fd, node, err);
	return r;
}

int observe_fd(int fd, unsigned flags, struct node *ret, struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(node_clear) struct node node = {0};
	int r;

	r = fill_node(fd, flags, &node, &why);
	if (is_our_own_limit(r)) {
		error_move(err, &why);
		return r;
	}
	if (r < 0)
		set_unknown(&node, r);
	*ret = node;
	node = (struct node){0};
	return 0;
}

int observe_walk(const struct walk *w, unsigned flags, struct node *ret, struct error *err)
{
	int r;

	if (w->fd < 0) {
		*ret = (struct node){.kind = NODE_ABSENT};
		return 0;
	}
	r = observe_fd(w->fd, flags, ret, err);
	return r < 0 ? error_about(err, error_wrap(err, r, "cannot look at '%s'", w->path), w->path)
		     : 0;
}

int observe(const struct root *r, const char *path, unsigned flags, struct node *ret,
	    char **ret_path, struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	int result;

	result = root_look(r, path, &w, &why);
	if (is_our_own_limit(result) || is_refused_path(result)) {
		error_move(err, &why);
		return result;
	}
	if (result < 0) {
		*ret = (struct node){.kind = NODE_UNKNOWN, .error = result};
	} else {
		result = observe_walk(&w, flags, ret, err);
		if (result < 0)
			return result;
	}
	if (ret_path)
		*ret_path = w.path ? TAKE_PTR(w.path) : xstrdup(path);
	return 0;
}

bool observe_is_same(const struct root *r, const char *a, const char *b)
{
	CLEANUP(freep) char *x = NULL, *y = NULL;
	CLEANUP(node_clear) struct node node = {0}, other = {0};

	return strcmp(a, b) == 0 ||
	       (observe(r, a, 0, &node, &x, NULL) >= 0 && observe(r, b, 0, &other, &y, NULL) >= 0 &&
		strcmp_null(x, y) == 0);
}

/* Opens a file for reading; anything else is refused before it is opened, since that may block or act. */
static int open_file(int fd, size_t *ret_size, struct error *err)
{
	CLEANUP(close_fd) int opened = -1;
	struct stat st, now;

	if (fstat(fd, &st) < 0)
		return error_errno(err, -errno, "cannot look at it");
	if (S_ISDIR(st.st_mode))
		return error_set(err, -EISDIR, "it is a directory, not a file");
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EINVAL, "it is %s, not a file",
				 node_kind_phrase(observe_kind(st.st_mode)));
	opened = fd_reopen_quietly(fd, 0);
	if (opened < 0)
		return error_errno(err, opened, "cannot open it");
	if (fstat(opened, &now) < 0)
		return error_errno(err, -errno, "cannot look at it");
	if (now.st_dev != st.st_dev || now.st_ino != st.st_ino)
		return error_set(err, -ESTALE, "it is not the file that was found");
	*ret_size = (size_t)now.st_size;
	return TAKE_FD(opened);
}

int observe_fd_content(int fd, struct buf *ret, struct error *err)
{
	size_t start = ret->len, size = 0;
	CLEANUP(close_fd) int opened = open_file(fd, &size, err);
	int r;

	if (opened < 0)
		return opened;
	if (size > OBSERVE_MAX_CONTENT)
		return error_set(err, -EFBIG, "it has %zu bytes, more than a configuration file",
				 size);
	buf_reserve(ret, size + FD_READ_LEAST);
	r = fd_read_all(opened, OBSERVE_MAX_CONTENT, ret);
	if (r < 0) {
		buf_splice(ret, start, ret->len - start, NULL, 0);
		return error_errno(err, r, "cannot read it");
	}
	return 0;
}

int observe_walk_content(const struct walk *w, struct buf *ret, struct error *err)
{
	int r;

	if (w->fd < 0)
		return error_errno_at(err, -ENOENT, w->path, "cannot read '%s'", w->path);
	r = observe_fd_content(w->fd, ret, err);
	return r < 0 ? error_about(err, error_wrap(err, r, "cannot read '%s'", w->path), w->path)
		     : 0;
}

int observe_walk_beginning(const struct walk *w, size_t most, struct buf *ret, struct error *err)
{
	CLEANUP(freep) char *bytes = xcalloc(1, most);
	CLEANUP(close_fd) int opened = -1;
	size_t size;
	ssize_t n;

	if (w->fd < 0)
		return error_errno_at(err, -ENOENT, w->path, "cannot read '%s'", w->path);
	opened = open_file(w->fd, &size, err);
	if (opened < 0)
		return error_about(err, error_wrap(err, opened, "cannot read '%s'", w->path),
				   w->path);
	n = pread(opened, bytes, most, 0);
	if (n < 0)
		return error_errno_at(err, -errno, w->path, "cannot read '%s'", w->path);
	buf_append(ret, bytes, (size_t)n);
	return 0;
}

int observe_content(const struct root *r, const char *path, struct buf *ret, struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	int result;

	result = root_look(r, path, &w, err);
	return result < 0 ? result : observe_walk_content(&w, ret, err);
}

int observe_content_in(const struct root *r, const struct walk *directory, const char *name,
		       struct buf *ret, struct error *err)
{
	CLEANUP(freep) char *path = path_join(directory->path, name);
	CLEANUP(close_fd)
	int fd = openat(directory->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct walk w = {.path = path, .name = name, .parent = -1, .fd = fd}; /* borrows */
	struct stat st;

	/* a link, and what stands in the way, is the walk's business */
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return observe_content(r, path, ret, err);
	return observe_walk_content(&w, ret, err);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int open_dir(int fd, DIR **ret)
{
	CLEANUP(close_fd) int opened = -1;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	opened = fd_reopen_quietly(fd, O_DIRECTORY);
	if (opened < 0)
		return opened;
	*ret = fdopendir(opened);
	if (!*ret)
		return -errno;
	(void)TAKE_FD(opened); /* closedir() closes it */
	return 0;
}

static int read_names(DIR *dir, struct strv *ret)
{
	for (;;) {
		struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			return -errno;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			strv_add(ret, entry->d_name);
	}
}

int observe_children(const struct root *r, const char *path, struct strv *ret, struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(close_dir) DIR *dir = NULL;
	CLEANUP(strv_clear) struct strv names = {0};
	int result;

	result = root_look(r, path, &w, err);
	if (result < 0)
		return result;
	result = w.fd < 0 ? -ENOENT : open_dir(w.fd, &dir);
	if (result == 0)
		result = read_names(dir, &names);
	if (result < 0)
		return error_errno_at(err, result, w.path, "cannot list '%s'", w.path);
	strv_sort(&names);
	strv_add_all(ret, &names);
	return 0;
}
