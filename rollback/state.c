#include "rollback/state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/fd-io.h"
#include "engine/host/read/fd-path.h"
#include "rollback/lock-holder.h"
#include "rollback/state-guard.h"

#define TXN_DIR "txn"
#define LOCK_POLL_NS 50000000L

/* The state must be ours alone: what lies in it is trusted when it is put back. */
static int check_directory(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno_at(err, -errno, path, "cannot look at '%s'", path);
	if (st.st_uid != geteuid() || (st.st_mode & 0077))
		return error_set_at(
			err, -EPERM, path,
			"'%s' must belong to root alone with mode 0700, and it belongs to "
			"user %u with mode %04o: who could write it could have root put "
			"back anything; look at what is in it before it is repaired",
			path, st.st_uid, (unsigned)st.st_mode & 07777);
	return 0;
}

int state_check_ours(int fd, mode_t type)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if ((st.st_mode & S_IFMT) != type || st.st_uid != geteuid() || (st.st_mode & 0022))
		return -EPERM;
	return 0;
}

int state_error(struct error *err, int r, int fd, const char *name, const char *what)
{
	CLEANUP(freep) char *place = fd_name(fd, name);

	return error_errno(err, r, "%s '%s'", what, place);
}

int state_read(const struct state *s, const char *name, size_t limit, struct buf *ret,
	       struct error *err)
{
	CLEANUP(close_fd)
	int fd = s->fd < 0 ? -1 : openat(s->fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (s->fd < 0 || (fd < 0 && errno == ENOENT))
		return 0;
	r = fd < 0 ? -errno : fd_read_all(fd, limit, ret);
	return r < 0 ? state_error(err, r, s->fd, name, "cannot read") : 0;
}

/* Behind a line that a crash has left without its end, on one of its own. */
static int append_lines(int fd, const struct buf *lines)
{
	struct stat st;
	char last = '\n';
	int r;

	if (fstat(fd, &st) < 0 || (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) < 0))
		return -errno;
	r = last == '\n' ? 0 : fd_write_all(fd, "\n", 1);
	if (r == 0)
		r = fd_write_all(fd, lines->data, lines->len);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

int state_append(const struct state *s, const char *name, const struct buf *lines,
		 struct error *err)
{
	CLEANUP(close_fd)
	int fd = openat(s->fd, name, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : append_lines(fd, lines);

	return r < 0 ? state_error(err, r, s->fd, name, "cannot write") : 0;
}

static int open_directory(int at, const char *name, bool create, const char *path,
			  struct error *err)
{
	int fd;

	if (create && mkdirat(at, name, 0700) < 0 && errno != EEXIST)
		return error_errno_at(err, -errno, path, "cannot make '%s'", path);
	fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return state_open_failed(at, name, false, path, -errno, err);
	return fd;
}

/* The directory of the state's parent; /var/lib is part of every system. */
static int open_parent(const struct root *root, const char *path, struct walk *walk,
		       struct error *err)
{
	int r = root_walk_nofollow(root, path, walk, err);

	if (r >= 0 && walk->parent < 0)
		r = error_errno_at(err, -ENOENT, path, "cannot open the directory of '%s'", path);
	return r < 0 ? r : state_check_way(root, walk->path, err);
}

int state_open(struct state *s, const struct root *root, bool create, struct error *err)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	struct state opened = STATE_INIT;
	int r;

	r = open_parent(root, STATE_DIR, &walk, err);
	if (r == -ENOENT && !create) {
		error_clear(err);
		*s = opened;
		return 0;
	}
	if (r < 0)
		return r;
	opened.path = xstrdup(STATE_DIR);
	opened.keep = xcalloc(1, sizeof(*opened.keep));
	if (walk.fd >= 0 || create)
		opened.fd = open_directory(walk.parent, walk.name, create, STATE_DIR, err);
	r = opened.fd < 0 && (walk.fd >= 0 || create) ? opened.fd : 0;
	if (r == 0 && opened.fd >= 0)
		r = check_directory(opened.fd, STATE_DIR, err);
	if (r == 0 && create) {
		int txn = open_directory(opened.fd, TXN_DIR, true, STATE_DIR "/" TXN_DIR, err);

		r = txn < 0 ? txn : 0;
		close_fd(&txn);
	}
	if (r < 0) {
		opened.fd = opened.fd < 0 ? -1 : opened.fd;
		state_close(&opened);
		return r;
	}
	*s = opened;
	return 0;
}

/* Another name of it, or another owner: somebody else could hold it for ever. */
static int check_lock(const struct state *s, int fd, struct error *err)
{
	struct stat st;

	if (state_check_ours(fd, S_IFREG) == 0 && fstat(fd, &st) == 0 && st.st_nlink == 1)
		return 0;
	return error_set(err, -EPERM,
			 "'%s/" STATE_LOCK "' is not a file of root's alone with one name: remove "
			 "it when no harden runs, and it is made anew",
			 s->path);
}

static int held_by_another(const struct state *s, struct error *err)
{
	struct lock_holder holder = lock_holder_find(s->fd, STATE_LOCK);
	CLEANUP(freep) char *text = lock_holder_text(&holder);

	return error_set(err, -EWOULDBLOCK, "%s", text);
}

int state_lock(struct state *s, int timeout_ms, struct error *err)
{
	CLEANUP(close_fd)
	int fd = openat(s->fd, STATE_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			0600);
	CLEANUP(freep) char *path = xasprintf("%s/" STATE_LOCK, s->path);

	if (fd < 0)
		return state_open_failed(s->fd, STATE_LOCK, true, path, -errno, err);
	if (check_lock(s, fd, err) < 0)
		return -EPERM;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return error_errno(err, -errno, "cannot lock '%s/" STATE_LOCK "'", s->path);
		if (timeout_ms <= 0)
			return held_by_another(s, err);
		nanosleep(&(struct timespec){.tv_nsec = LOCK_POLL_NS}, NULL);
		timeout_ms -= (int)(LOCK_POLL_NS / 1000000);
	}
	s->lock_fd = TAKE_FD(fd);
	return 0;
}

void state_unlock(struct state *s)
{
	close_fd(&s->lock_fd);
}

void state_close(struct state *s)
{
	close_fd(&s->lock_fd);
	close_fd(&s->fd);
	free(s->path);
	if (s->keep && s->keep->kept)
		s->keep->free(s->keep->kept);
	free(s->keep);
	*s = (struct state)STATE_INIT;
}

int state_open_txn(const struct state *s, const char *id, bool create, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf("%s/" TXN_DIR "/%s", s->path, id);
	CLEANUP(close_fd) int all = -1;
	int fd, r;

	all = open_directory(s->fd, TXN_DIR, false, STATE_DIR "/" TXN_DIR, err);
	r = all < 0 ? all : check_directory(all, STATE_DIR "/" TXN_DIR, err);
	if (r < 0)
		return r;
	if (create && mkdirat(all, id, 0700) < 0)
		return error_errno_at(err, -errno, path, "cannot make '%s'", path);
	fd = openat(all, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return state_open_failed(all, id, false, path, -errno, err);
	r = check_directory(fd, path, err);
	if (r < 0)
		close_fd(&fd);
	return r < 0 ? r : fd;
}

/* Whether it is a name that harden gives; whatever else lies there is none of its. */
static bool is_id(const char *name)
{
	static const char form[] = "00000000-000000-xxxxxx"; /* YYYYMMDD-HHMMSS- and hex digits */
	size_t i = 0;

	for (; form[i] && name[i]; i++)
		if (form[i] == '-'   ? name[i] != '-'
		    : form[i] == 'x' ? !strchr("0123456789abcdef", name[i])
				     : name[i] < '0' || name[i] > '9')
			return false;
	return !form[i] && !name[i];
}

static int list_directory(const struct state *s, bool ids, struct strv *ret, struct error *err)
{
	struct dirent *entry;
	DIR *dir;
	int fd, r;

	if (s->fd < 0)
		return 0;
	fd = openat(s->fd, TXN_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0
				       : state_open_failed(s->fd, TXN_DIR, false,
							   STATE_DIR "/" TXN_DIR, -errno, err);
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return error_errno(err, -errno, "cannot read '%s/" TXN_DIR "'", s->path);
	}
	for (errno = 0; (entry = readdir(dir)); errno = 0)
		if (entry->d_name[0] != '.' && is_id(entry->d_name) == ids)
			strv_add(ret, entry->d_name);
	r = errno ? error_errno(err, -errno, "cannot read '%s/" TXN_DIR "'", s->path) : 0;
	closedir(dir);
	strv_sort(ret);
	return r;
}

int state_transactions(const struct state *s, struct strv *ret, struct error *err)
{
	return list_directory(s, true, ret, err);
}

int state_strays(const struct state *s, struct strv *ret, struct error *err)
{
	return list_directory(s, false, ret, err);
}
