#include "engine/host/ask/run-count.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/fanotify.h>
#include <unistd.h>

#include "engine/base/macros.h"
#include "engine/host/read/fd-path.h"

/* The sandbox lets through these two and no others (sandbox-rules.c): they can only be told. */
#define TELL (FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK)

#define TURNS 64 /* of reading: who is flooded looks at the clock meanwhile */

void run_count_close(struct run_count *c)
{
	close_fd(&c->fd);
}

static int mark(int fd, int file)
{
	struct fd_path path = fd_path(file);

	return fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN_EXEC, AT_FDCWD, path.text) < 0 ? -errno : 0;
}

/* By handle no file is opened for us, and the right is everybody's; but not every file system has handles. */
static int begin(int file, int *ret_fd)
{
	static const unsigned ways[] = {TELL | FAN_REPORT_FID, TELL};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		CLEANUP(close_fd) int fd = fanotify_init(ways[i], O_RDONLY | O_CLOEXEC);

		r = fd < 0 ? -errno : mark(fd, file);
		if (r < 0)
			continue;
		*ret_fd = TAKE_FD(fd);
		return 0;
	}
	return r;
}

int run_count_open(struct run_count *c, const struct root *root, const char *path,
		   struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	int r = root_look(root, path, &w, err);

	if (r < 0)
		return r;
	if (w.fd < 0)
		return error_errno_at(err, -ENOENT, path, "cannot count who runs '%s'", path);
	r = begin(w.fd, &c->fd);
	return r < 0 ? error_errno_at(err, r, path, "cannot count who runs '%s'", path) : 0;
}

static int take(struct run_count *c, struct fanotify_event_metadata *all, ssize_t n)
{
	int r = 0;

	for (struct fanotify_event_metadata *e = all; FAN_EVENT_OK(e, n);
	     e = FAN_EVENT_NEXT(e, n)) {
		if (e->mask & FAN_Q_OVERFLOW)
			r = -EOVERFLOW;
		else
			c->counted++;
		if (e->fd >= 0)
			close(e->fd);
	}
	return r;
}

int run_count_take(struct run_count *c, struct error *err)
{
	_Alignas(struct fanotify_event_metadata) char events[4096];
	ssize_t n = 1;

	for (int turn = 0; turn < TURNS && n > 0; turn++) {
		int r;

		n = read(c->fd, events, sizeof(events));
		r = n > 0 ? take(c, (struct fanotify_event_metadata *)events, n) : 0;
		if (r < 0)
			return error_errno(err, r, "cannot count who runs a program");
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return error_errno(err, -errno, "cannot count who runs a program");
	return 0;
}
