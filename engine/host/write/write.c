#include "engine/host/write/write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/host/read/fd-path.h"

#define STAGED_MARK ".harden-"

/* Bytes of `name` that fit, without cutting a UTF-8 character (some file systems refuse halves). */
static size_t cut_length(const char *name, size_t room)
{
	size_t n = strlen(name);
	size_t cut = room;

	if (n <= room)
		return n;
	while (cut && room - cut < 4 && ((unsigned char)name[cut] & 0xc0) == 0x80)
		cut--;
	return ((unsigned char)name[cut] & 0xc0) == 0x80 ? room : cut;
}

char *staged_name(const char *name, const char *tag)
{
	size_t taken = strlen("." STAGED_MARK) + strlen(tag);
	size_t room = taken < NAME_MAX ? NAME_MAX - taken : 0;

	return xasprintf(".%.*s" STAGED_MARK "%s", (int)cut_length(name, room), name, tag);
}

bool is_staged_name(const char *name, char **ret_tag)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	const char *mark = NULL;
	const char *tag;

	if (name[0] != '.' || !name[1])
		return false;
	for (const char *at = strstr(name + 2, STAGED_MARK); at; at = strstr(at + 1, STAGED_MARK))
		mark = at;
	if (!mark)
		return false;
	tag = mark + strlen(STAGED_MARK);
	if (!*tag || tag[strspn(tag, allowed)])
		return false;
	if (ret_tag)
		*ret_tag = xstrdup(tag);
	return true;
}

/* Fails with errno's words and the path of `name` in `parent`. */
static int fail(struct error *err, int code, const char *what, int parent, const char *name)
{
	CLEANUP(freep) char *path = fd_name(parent, name);

	return error_errno_at(err, code, path, "cannot %s '%s'", what, path);
}

static int check_name(const char *name, struct error *err)
{
	if (*name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return 0;
	return error_set(err, -EINVAL, "'%s' is not the name of a file in a directory", name);
}

static int set_mtime(int fd, const struct node *node)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, node->mtime};

	if (node->mtime.tv_sec == 0)
		return 0;
	return utimensat(fd, "", times, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* close() is where a network file system or a quota may first say that the bytes are lost. */
static int close_written(int *fd)
{
	int r = close(TAKE_FD(*fd));

	return r < 0 && errno != EINTR ? -errno : 0;
}

static int fill_staged(int *fd, int parent, const char *staged, const struct image *image,
		       struct error *err)
{
	int r;

	r = fd_write_all(*fd, image->content.data, image->content.len);
	if (r < 0)
		return fail(err, r, "write", parent, staged);
	r = write_attributes(*fd, &image->node, err);
	if (r < 0)
		return r;
	r = set_mtime(*fd, &image->node);
	if (r < 0)
		return fail(err, r, "set the time of", parent, staged);
	r = close_written(fd);
	return r < 0 ? fail(err, r, "write", parent, staged) : 0;
}

static int stage_file(int parent, const char *staged, const struct image *image, struct error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
	CLEANUP(close_fd) int fd = -1;
	int r;

	if (!image->has_content)
		return error_set(err, -EINVAL, "there is no content for '%s'", staged);
	do
		fd = openat(parent, staged, flags, 0600);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		return fail(err, -errno, "make", parent, staged);
	r = fill_staged(&fd, parent, staged, image, err);
	if (r < 0)
		unlinkat(parent, staged, 0); /* what made it fail counts, not this */
	return r;
}

static int dress_link(int parent, const char *staged, const struct node *node, struct error *err)
{
	CLEANUP(close_fd) int fd = openat(parent, staged, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return fail(err, -errno, "open", parent, staged);
	r = write_attributes(fd, node, err);
	if (r < 0)
		return r;
	r = set_mtime(fd, node);
	return r < 0 ? fail(err, r, "set the time of", parent, staged) : 0;
}

static int stage_link(int parent, const char *staged, const struct node *node, struct error *err)
{
	int r;

	if (!node->data)
		return error_set(err, -EINVAL, "there is no target for the link '%s'", staged);
	if (symlinkat(node->data, parent, staged) < 0)
		return fail(err, -errno, "make", parent, staged);
	r = dress_link(parent, staged, node, err);
	if (r < 0)
		unlinkat(parent, staged, 0);
	return r;
}

int write_staged(int parent, const char *staged, const struct image *image, struct error *err)
{
	int r;

	r = check_name(staged, err);
	if (r < 0)
		return r;
	if (image->node.kind == NODE_FILE)
		return stage_file(parent, staged, image, err);
	if (image->node.kind == NODE_SYMLINK)
		return stage_link(parent, staged, &image->node, err);
	return error_set(err, -EINVAL,
			 "cannot stage '%s': %s is neither a file nor a symbolic link", staged,
			 node_kind_phrase(image->node.kind));
}

static int rename_in(int parent, const char *from, const char *to, unsigned flags, const char *what,
		     struct error *err)
{
	int r;

	r = check_name(from, err);
	if (r == 0)
		r = check_name(to, err);
	if (r < 0)
		return r;
	if (renameat2(parent, from, parent, to, flags) < 0)
		return fail(err, -errno, what, parent, strcmp(what, "displace") == 0 ? from : to);
	return 0;
}

int write_exchange(int parent, const char *name, const char *staged, struct error *err)
{
	return rename_in(parent, staged, name, RENAME_EXCHANGE, "exchange", err);
}

int write_place(int parent, const char *name, const char *staged, struct error *err)
{
	return rename_in(parent, staged, name, RENAME_NOREPLACE, "place", err);
}

int write_displace(int parent, const char *name, const char *staged, struct error *err)
{
	return rename_in(parent, name, staged, RENAME_NOREPLACE, "displace", err);
}

int write_unlink(int parent, const char *staged, struct error *err)
{
	int r;

	r = check_name(staged, err);
	if (r < 0)
		return r;
	if (unlinkat(parent, staged, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR && unlinkat(parent, staged, AT_REMOVEDIR) == 0)
		return 0;
	return fail(err, -errno, "remove", parent, staged);
}

/* Opens the directory just made, and makes sure that nobody put another one in its place. */
static int open_made_dir(int parent, const char *name, struct error *err)
{
	CLEANUP(close_fd)
	int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(err, -errno, "open", parent, name);
	if (st.st_uid != geteuid() || st.st_mode & 0077 || st.st_nlink > 2)
		return fail(err, -ESTALE, "go on with", parent, name);
	return TAKE_FD(fd);
}

static int dress_dir(int parent, const char *name, const struct node *node, struct error *err)
{
	CLEANUP(close_fd) int fd = open_made_dir(parent, name, err);
	int r;

	if (fd < 0)
		return fd;
	r = write_attributes(fd, node, err);
	if (r < 0)
		return r;
	r = set_mtime(fd, node);
	return r < 0 ? fail(err, r, "set the time of", parent, name) : 0;
}

int write_mkdir(int parent, const char *name, const struct node *node, struct error *err)
{
	int r;

	r = check_name(name, err);
	if (r < 0)
		return r;
	if (mkdirat(parent, name, 0700) < 0)
		return fail(err, -errno, "make", parent, name);
	r = dress_dir(parent, name, node, err);
	if (r < 0)
		unlinkat(parent, name, AT_REMOVEDIR);
	return r;
}

int write_rmdir(int parent, const char *name, struct error *err)
{
	int r;

	r = check_name(name, err);
	if (r < 0)
		return r;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0)
		return fail(err, -errno, "remove", parent, name);
	return 0;
}

/*
 * A descriptor that can be synced: fd itself, or what is behind an O_PATH one (file or directory).
 */
static int reopen_for_sync(int fd, int *ret_opened)
{
	int mode = fcntl(fd, F_GETFL);
	struct stat st;

	if (mode < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!(mode & O_PATH))
		return fd;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -EINVAL; /* opening a pipe or a device may block, or act */
	*ret_opened = fd_reopen_quietly(fd, 0);
	return *ret_opened;
}

int write_sync_fs(int fd, struct error *err)
{
	CLEANUP(close_fd) int opened = -1;
	int usable = reopen_for_sync(fd, &opened);

	if (usable < 0)
		return fail(err, usable, "open", fd, NULL);
	if (syncfs(usable) < 0)
		return fail(err, -errno, "sync the file system of", fd, NULL);
	return 0;
}
