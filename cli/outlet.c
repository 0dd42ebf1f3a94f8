#include "cli/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "engine/base/interrupt.h"

#define PATIENCE_MS                                                                                \
	200 /* for a reader that is slow; once it has run out, none until all is taken */
#define SLICE_MS 10
#define AT_ONCE 256 /* what a terminal or a pipe that takes anything takes for sure */

enum kind { KIND_UNKNOWN, KIND_PLAIN, KIND_SOCKET, KIND_WAITS };

static struct outlet {
	enum kind kind;
	int own; /* the same file by a description of ours, which may be non-blocking; -1: none */
	struct buf kept;
	bool stuck;
	int failure;
} outlets[] = {[STDOUT_FILENO] = {.own = -1}, [STDERR_FILENO] = {.own = -1}};

static bool held;

void outlet_hold(void)
{
	held = true;
}

/* O_NONBLOCK on the description that we were given would be everybody's who has it, a shell's among them. */
static void look_at(struct outlet *o, int fd)
{
	CLEANUP(freep) char *path = NULL;
	struct stat st;

	if (o->kind != KIND_UNKNOWN)
		return;
	o->kind = KIND_PLAIN;
	if (fstat(fd, &st) < 0)
		return;
	if (S_ISSOCK(st.st_mode))
		o->kind = KIND_SOCKET;
	if (!S_ISFIFO(st.st_mode) && !isatty(fd))
		return;
	o->kind = KIND_WAITS;
	path = xasprintf("/proc/self/fd/%d", fd);
	o->own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void outlet_look(void)
{
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		look_at(&outlets[fd], fd);
}

/* As much as is taken now; -EAGAIN: nothing. */
static ssize_t write_some(struct outlet *o, int fd, const char *bytes, size_t n)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	ssize_t done;

	look_at(o, fd);
	if (o->kind == KIND_SOCKET) {
		done = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else if (o->kind == KIND_WAITS && o->own < 0) {
		if (poll(&p, 1, 0) <= 0)
			return -EAGAIN;
		done = write(fd, bytes, n < AT_ONCE ? n : AT_ONCE);
	} else {
		done = write(o->own >= 0 ? o->own : fd, bytes, n);
	}
	if (done < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	return done ? done : -EIO;
}

/* What is kept, for so long at most. */
static int deliver(struct outlet *o, int fd, int patience_ms)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < o->kept.len) {
		n = write_some(o, fd, o->kept.data + done, o->kept.len - done);
		if (n > 0) {
			done += (size_t)n;
		} else if (n != -EAGAIN) {
			done = o->kept.len;
			o->failure = o->failure ? o->failure : (int)n;
		} else if (patience_ms <= 0) {
			break;
		} else {
			/* not poll(): some terminals say that they take what they do not take */
			usleep(SLICE_MS * 1000);
			patience_ms -= SLICE_MS;
		}
	}
	o->stuck = done < o->kept.len;
	buf_splice(&o->kept, 0, done, NULL, 0);
	return o->failure;
}

/* Both may be the same terminal: what came first goes first. */
static void deliver_all(int patience_ms)
{
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		deliver(&outlets[fd], fd, patience_ms);
}

int outlet_write(int fd, const void *bytes, size_t n)
{
	struct outlet *o = &outlets[fd];

	if (!held)
		return fd_write_all(fd, bytes, n);
	deliver_all(0);
	buf_append(&o->kept, bytes, n);
	return deliver(o, fd, o->stuck ? 0 : PATIENCE_MS);
}

void outlet_try(int fd, const void *bytes, size_t n)
{
	struct outlet *o = &outlets[fd];

	deliver_all(0);
	if (o->kept.len == 0)
		write_some(o, fd, bytes, n);
}

static size_t kept(void)
{
	return outlets[STDOUT_FILENO].kept.len + outlets[STDERR_FILENO].kept.len;
}

int outlet_flush(void)
{
	size_t before;

	do {
		before = kept();
		deliver_all(PATIENCE_MS);
		if (kept())
			interrupt_let_stop();
	} while (kept() && (!interrupt_signal() || kept() < before));
	return outlets[STDOUT_FILENO].failure;
}
