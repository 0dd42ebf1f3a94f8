#include "tests/crash/daemon.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/str.h"
#include "tests/crash/stub.h"

#define MAX_OPEN 16 /* a client whose close() failed leaves one behind, until he dies */

struct connection {
	int fd;
	char request[2048];
	size_t len;
};

struct server {
	const char *world;
	int listener;
	struct connection open[MAX_OPEN];
	size_t nopen;
};

static const char *json_bool(bool value)
{
	return value ? "true" : "false";
}

static void reply_text(const struct server *s, const char *request, char *ret, size_t size)
{
	struct world w = {0};

	world_read(s->world, &w);
	if (starts_with(request, "GET /info "))
		snprintf(ret, size,
			 "{\"LiveRestoreEnabled\":%s,\"Debug\":%s,\"SecurityOptions\":[%s]}",
			 json_bool(w.live), json_bool(w.debug),
			 w.nnp ? "\"name=no-new-privileges\"" : "");
	else if (starts_with(request, "GET /networks/bridge "))
		snprintf(ret, size,
			 "{\"Options\":{\"com.docker.network.bridge.enable_icc\":\"true\"}}");
	else
		snprintf(ret, size, "OK");
}

static void answer(const struct server *s, const struct connection *c)
{
	char body[256];

	reply_text(s, c->request, body, sizeof(body));
	dprintf(c->fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
}

/* A request may come in pieces. False when the client is gone. */
static bool serve(const struct server *s, struct connection *c)
{
	ssize_t n = read(c->fd, c->request + c->len, sizeof(c->request) - 1 - c->len);

	if (n <= 0)
		return false;
	c->len += (size_t)n;
	c->request[c->len] = '\0';
	if (strstr(c->request, "\r\n\r\n")) {
		answer(s, c);
		c->len = 0;
	}
	return true;
}

static void welcome(struct server *s)
{
	int fd = accept(s->listener, NULL, NULL);

	if (fd >= 0)
		s->open[s->nopen++] = (struct connection){.fd = fd};
}

__attribute__((noreturn)) static void serve_all(struct server *s)
{
	for (;;) {
		struct pollfd fds[MAX_OPEN + 1];

		for (size_t i = 0; i < s->nopen; i++)
			fds[i] = (struct pollfd){.fd = s->open[i].fd, .events = POLLIN};
		fds[s->nopen] = (struct pollfd){.fd = s->nopen < MAX_OPEN ? s->listener : -1,
						.events = POLLIN};
		if (poll(fds, s->nopen + 1, -1) < 0)
			continue;
		if (fds[s->nopen].revents)
			welcome(s);
		for (size_t i = s->nopen - (fds[s->nopen].revents ? 1 : 0); i-- > 0;) {
			if (!fds[i].revents || serve(s, &s->open[i]))
				continue;
			close(s->open[i].fd);
			s->open[i] = s->open[--s->nopen];
		}
	}
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, MAX_OPEN) < 0)
		return -errno;
	return fd;
}

pid_t daemon_start(const char *socket_path, const char *world)
{
	struct server s = {.world = world, .listener = listen_at(socket_path)};
	pid_t pid;

	if (s.listener < 0)
		return s.listener;
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_IGN);
		serve_all(&s);
	}
	close(s.listener);
	return pid;
}

void daemon_stop(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
