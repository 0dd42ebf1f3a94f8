#pragma once

/* A listener of TCP, with a process behind it that takes every connection and keeps it, or with none. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct listener {
	int fd; /* -1: it could not be made */
	unsigned port;
	pid_t server; /* 0: nobody takes what comes, as with dockerd's own socket at a port */
};

/* At the loopback of that family; of IPv6, with `both`, at all addresses of both families. */
static inline bool listener_open(struct listener *l, int family, bool both, unsigned port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
	struct sockaddr *a = family == AF_INET ? (void *)&v4 : (void *)&v6;
	socklen_t length = family == AF_INET ? sizeof(v4) : sizeof(v6);

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v6.sin6_addr = both ? in6addr_any : in6addr_loopback;
	*l = (struct listener){.fd = socket(family, SOCK_STREAM, 0)};
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (family == AF_INET6)
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){!both}, sizeof(int));
	if (l->fd < 0 || bind(l->fd, a, length) < 0 || listen(l->fd, 256) < 0 ||
	    getsockname(l->fd, a, &length) < 0)
		return false;
	l->port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
	return true;
}

/* From now on somebody takes each. */
static inline void listener_serve(struct listener *l)
{
	l->server = fork();
	if (l->server != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* other listeners are to end with whoever opened them */
	dup2(l->fd, 3);
	close_range(4, ~0U, 0);
	for (;;)
		accept(3, NULL, NULL);
}

static inline void listener_close(struct listener *l)
{
	if (l->server > 0) {
		kill(l->server, SIGKILL);
		waitpid(l->server, NULL, 0);
	}
	if (l->fd >= 0)
		close(l->fd);
	*l = (struct listener){.fd = -1};
}
