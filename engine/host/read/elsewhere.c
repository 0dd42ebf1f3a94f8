#include "engine/host/read/elsewhere.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"
#include "engine/model/docker-paths.h"

#define PROC "/proc"
#define BUS "/run/dbus/system_bus_socket"

void elsewhere_clear(struct elsewhere *e)
{
	free(e->network);
	free(e->processes);
	free(e->files);
	*e = (struct elsewhere){0};
}

/* False also where it cannot be read, as without root. */
static bool other_namespace(const char *proc, const char *name)
{
	CLEANUP(freep) char *own = xasprintf("%s/self/ns/%s", proc, name);
	CLEANUP(freep) char *first = xasprintf("%s/1/ns/%s", proc, name);
	struct stat a, b;

	return stat(own, &a) == 0 && stat(first, &b) == 0 &&
	       (a.st_ino != b.st_ino || a.st_dev != b.st_dev);
}

/* Of who called listen(): 0 is a process that cannot be seen from here. */
static bool is_out_of_sight(const char *socket_path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer = {.pid = -1};
	socklen_t size = sizeof(peer);

	if (fd < 0 || strlen(socket_path) >= sizeof(address.sun_path))
		return false;
	memcpy(address.sun_path, socket_path, strlen(socket_path));
	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == 0;
}

/* Another mount namespace may show the same files: many services have one. */
static char *other_place(const char *proc)
{
	static const char *const places[] = {"/", "/etc", "/etc/docker", "/etc/systemd/system",
					     DOCKER_DEFAULT_ROOT};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(freep) char *path = xasprintf("%s/1/root%s", proc, places[i]);
		struct stat here, there;
		int a = stat(places[i], &here) < 0 ? errno : 0;
		int b = stat(path, &there) < 0 ? errno : 0;

		if ((a && a != ENOENT) || (b && b != ENOENT))
			continue;
		if (a != b || (!a && (here.st_ino != there.st_ino || here.st_dev != there.st_dev)))
			return xasprintf("'%s' is not the host's here: this is another mount "
					 "namespace than PID 1's",
					 places[i]);
	}
	return NULL;
}

void elsewhere_look(const char *proc, const char *bus, struct elsewhere *ret)
{
	if (other_namespace(proc, "net"))
		ret->network = xstrdup("this is another network namespace than PID 1's");
	if (other_namespace(proc, "pid") || is_out_of_sight(bus))
		ret->processes = xstrdup("this is a pid namespace of its own, in which the host's "
					 "processes are not seen");
	if (other_namespace(proc, "mnt"))
		ret->files = other_place(proc);
}

const struct elsewhere *elsewhere(void)
{
	static struct elsewhere own;
	static bool looked;

	if (!looked)
		elsewhere_look(PROC, BUS, &own);
	looked = true;
	return &own;
}
