#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/host/ask/bus-impl.h"
#include "engine/host/read/root.h"

/*
 * The connection, and the one way to another in its place. systemd closes all of its own when it executes
 * itself anew, which its packages and those of the C library have it do; it listens again within a second,
 * with all units and jobs that it had.
 */

#define PRIVATE_SOCKET "/run/systemd/private"
#define SYSTEM_SOCKET "/run/dbus/system_bus_socket"
#define CALL_TIMEOUT_USEC (10 * UINT64_C(1000000))
#define AWAY_USEC (10 * UINT64_C(1000000)) /* so long is waited for a systemd that is gone */
#define STEP_MS 10

void bus_free(struct bus *b)
{
	if (!b)
		return;
	sd_bus_flush_close_unref(b->sd);
	map_clear(&b->objects, free);
	free(b);
}

/* Connected here: sd-bus would bind() first, to a name for people, which the sandbox does not let it. */
static int connect_to(const char *path)
{
	CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	assert(strlen(path) < sizeof(address.sun_path));
	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static int start_at(const char *path, bool is_private, struct bus *b)
{
	CLEANUP(close_fd) int fd = connect_to(path);
	int r = fd < 0 ? fd : sd_bus_new(&b->sd);

	if (r >= 0)
		r = sd_bus_set_fd(b->sd, fd, fd);
	if (r >= 0)
		(void)TAKE_FD(fd); /* sd-bus closes it */
	if (r >= 0 && !is_private)
		r = sd_bus_set_bus_client(b->sd, 1);
	if (r >= 0)
		r = sd_bus_start(b->sd);
	if (r < 0) {
		b->sd = sd_bus_unref(b->sd);
		return r;
	}
	b->is_private = is_private;
	b->socket = path;
	b->subscribed = false;
	b->connections++;
	sd_bus_set_method_call_timeout(b->sd, CALL_TIMEOUT_USEC);
	return 0;
}

static bool has_time(const struct bus *b)
{
	return clock_usec(CLOCK_MONOTONIC) - b->lost_usec < AWAY_USEC;
}

/* Its socket is there, and nobody listens: it is just executing itself. */
static int start_privately(struct bus *b)
{
	int r = start_at(PRIVATE_SOCKET, true, b);

	b->lost_usec = clock_usec(CLOCK_MONOTONIC);
	while (r == -ECONNREFUSED && has_time(b)) {
		poll(NULL, 0, STEP_MS);
		r = start_at(PRIVATE_SOCKET, true, b);
	}
	b->lost_usec = 0;
	return r;
}

int bus_open(struct bus **ret, struct error *err)
{
	CLEANUP(bus_freep) struct bus *b = xcalloc(1, sizeof(*b));
	int r = -ENOENT;

	if (access("/run/systemd/system", F_OK) < 0)
		return error_set(err, -ENOENT, "systemd does not run here");
	if (geteuid() == 0)
		r = start_privately(b);
	if (r < 0)
		r = start_at(SYSTEM_SOCKET, false, b);
	if (r < 0)
		return error_errno(err, r, "cannot connect to systemd");
	*ret = TAKE_PTR(b);
	return 0;
}

int bus_open_system(struct bus **ret, struct error *err)
{
	CLEANUP(bus_freep) struct bus *b = xcalloc(1, sizeof(*b));
	int r = start_at(SYSTEM_SOCKET, false, b);

	if (r < 0)
		return error_errno(err, r, "cannot connect to the system bus");
	*ret = TAKE_PTR(b);
	return 0;
}

int bus_open_at(const char *path, struct bus **ret, struct error *err)
{
	CLEANUP(bus_freep) struct bus *b = xcalloc(1, sizeof(*b));
	int r = start_at(path, true, b);

	if (r < 0)
		return error_errno(err, r, "cannot connect to that systemd");
	*ret = TAKE_PTR(b);
	return 0;
}

bool bus_is_lost(int code)
{
	return code == -ECONNRESET || code == -ENOTCONN || code == -EPIPE;
}

int bus_open_again(struct bus *b)
{
	sd_bus *old = b->sd;
	int r = -ENOTCONN;

	if (!b->socket)
		return r;
	if (b->lost_usec == 0)
		b->lost_usec = clock_usec(CLOCK_MONOTONIC);
	sd_bus_close(old);
	b->sd = NULL;
	while (r < 0 && has_time(b)) {
		poll(NULL, 0, STEP_MS);
		r = start_at(b->socket, b->is_private, b);
	}
	if (r < 0)
		b->sd = old; /* closed, which each call on it says */
	else
		sd_bus_unref(old);
	return r;
}

bool bus_again(struct bus *b, int code, sd_bus_error *e)
{
	if (!bus_is_lost(code)) {
		b->lost_usec = 0; /* it answers */
		return false;
	}
	if (bus_open_again(b) < 0)
		return false;
	if (e)
		sd_bus_error_free(e);
	return true;
}

void bus_keep_objects(struct bus *b)
{
	b->keeps_objects = true;
}
