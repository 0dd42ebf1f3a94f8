#include "cli/save.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/host/read/root.h"

int save_check(const char *path, bool replace, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT
			       ? 0
			       : error_errno_at(err, -errno, path, "cannot write '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set_at(err, -EEXIST, path, "'%s' is there and no regular file", path);
	if (!replace)
		return error_set_at(err, -EEXIST, path,
				    "'%s' is there already; --force replaces it", path);
	return 0;
}

#define MAX_TEXT (64U << 20)

/* The way to the child, and the name it has, for messages. */
static int child_fd = -1;
static const char *child_path;

static int write_all(int fd, const struct buf *text)
{
	int r = fd_write_all(fd, text->data, text->len);

	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

static int write_beside(const char *temp, const struct buf *text)
{
	CLEANUP(close_fd)
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : write_all(fd, text);
}

/* Without `replace` the name must be free at this very moment. */
static int give_name(const char *temp, const char *path, bool replace)
{
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, replace ? 0 : RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL || replace) /* EINVAL: the file system has no such rename */
		return -errno;
	if (link(temp, path) < 0)
		return -errno;
	return unlink(temp) < 0 ? -errno : 0;
}

int save_file(const char *path, const struct buf *text, bool replace, struct error *err)
{
	CLEANUP(freep) char *temp = xasprintf("%s.harden-%d", path, (int)getpid());
	int r = write_beside(temp, text);

	if (r == 0)
		r = give_name(temp, path, replace);
	if (r == 0)
		return 0;
	if (r != -EEXIST || access(path, F_OK) == 0)
		unlink(temp);
	return error_errno_at(err, r, path, "cannot write '%s'", path);
}

/* The length goes first: the text of a parent that died half-way must not pass for all of it. */
static bool receive(int fd, struct buf *text)
{
	CLEANUP(buf_clear) struct buf all = {0};
	uint64_t length;

	if (fd_read_all(fd, MAX_TEXT + sizeof(length), &all) < 0 || all.len < sizeof(length))
		return false;
	memcpy(&length, all.data, sizeof(length));
	if (length != all.len - sizeof(length))
		return false;
	buf_append(text, all.data + sizeof(length), length);
	return true;
}

/* Signals are for the parent: what has been handed over is written whole, or not at all. */
static int serve(int fd, const char *path, bool replace)
{
	CLEANUP(buf_clear) struct buf text = {0};
	sigset_t all;
	int32_t answer;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (!receive(fd, &text))
		return 1;
	answer = save_file(path, &text, replace, NULL);
	return fd_write_all(fd, &answer, sizeof(answer)) < 0;
}

int save_start(const char *path, bool replace, struct error *err)
{
	CLEANUP(close_fd) int ours = -1;
	CLEANUP(close_fd) int theirs = -1;
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(err, -errno, "cannot make a socket");
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid < 0)
		return error_errno(err, -errno, "cannot fork");
	if (pid == 0) {
		close_fd(&ours);
		_exit(serve(theirs, path, replace));
	}
	child_fd = TAKE_FD(ours);
	child_path = path;
	return 0;
}

int save_finish(const struct buf *text, struct error *err)
{
	CLEANUP(buf_clear) struct buf reply = {0};
	CLEANUP(close_fd) int fd = TAKE_FD(child_fd);
	uint64_t length = text->len;
	int32_t answer;
	int r = fd_write_all(fd, &length, sizeof(length));

	if (r == 0)
		r = fd_write_all(fd, text->data, text->len);
	if (r == 0 && shutdown(fd, SHUT_WR) < 0)
		r = -errno;
	if (r == 0)
		r = fd_read_all(fd, sizeof(answer), &reply);
	if (r == 0 && reply.len != sizeof(answer))
		r = -ECHILD; /* it was killed */
	if (r < 0)
		return error_errno_at(err, r, child_path, "cannot hand over what belongs into '%s'",
				      child_path);
	memcpy(&answer, reply.data, sizeof(answer));
	return answer < 0 ? error_errno_at(err, answer, child_path, "cannot write '%s'", child_path)
			  : 0;
}
