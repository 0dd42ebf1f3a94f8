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

/* At the loopback of that family; with `all` at all addresses, those of IPv6 being of both families. */
static inline bool listener_open(struct listener *l, int family, bool all, unsigned port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
	struct sockaddr *a = family == AF_INET ? (void *)&v4 : (void *)&v6;
	socklen_t length = family == AF_INET ? sizeof(v4) : sizeof(v6);

	v4.sin_addr.s_addr = htonl(all ? INADDR_ANY : INADDR_LOOPBACK);
	v6.sin6_addr = all ? in6addr_any : in6addr_loopback;
	*l = (struct listener){.fd = socket(family, SOCK_STREAM, 0)};
	setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
	if (family == AF_INET6)
		setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){!all}, sizeof(int));
	if (l->fd < 0 || bind(l->fd, a, length) < 0 || listen(l->fd, 256) < 0 ||
	    getsockname(l->fd, a, &length) < 0)
		return false;
	l->port = ntohs(family == AF_INET ? v4.sin_port : v6.sin6_port);
	return true;
}

static inline unsigned listener_port_of(const struct sockaddr_storage *a)
{
	const struct sockaddr_in *v4 = (const void *)a;

	return ntohs(v4->sin_port); /* of IPv6 it stands at the same place */
}

/* Takes each, and greets the one that is from this port. */
static inline void listener_take_all(int fd, unsigned greeted)
{
	for (;;) {
		struct sockaddr_storage from = {0};
		socklen_t length = sizeof(from);
		int taken = accept(fd, (struct sockaddr *)&from, &length);

		if (taken >= 0 && listener_port_of(&from) == greeted)
			(void)!write(taken, "", 1);
	}
}

/* A connection to it, and its port at this end; who is not served within ten seconds is not served. */
static inline int listener_connect(const struct listener *l, unsigned *ret_from)
{
	const struct timeval patience = {.tv_sec = 10};
	struct sockaddr_storage to = {0}, from = {0};
	socklen_t length = sizeof(to), from_length = sizeof(from);
	int fd = -1;

	if (getsockname(l->fd, (struct sockaddr *)&to, &length) == 0)
		fd = socket(to.ss_family, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (const struct sockaddr *)&to, length) == 0 &&
	    getsockname(fd, (struct sockaddr *)&from, &from_length) == 0)
		*ret_from = listener_port_of(&from);
	return fd;
}

/*
 * From now on somebody takes each. It is waited for until the process does: on a busy host that may take longer than who
 * knocks has patience.
 */
static inline bool listener_serve(struct listener *l)
{
	unsigned from = 0;
	int first = listener_connect(l, &from);
	bool greeted;
	char byte;

	l->server = fork();
	if (l->server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* other listeners are to end with whoever opened them */
		dup2(l->fd, 3);
		close_range(4, ~0U, 0);
		listener_take_all(3, from);
	}
	greeted = recv(first, &byte, 1, 0) == 1;
	close(first);
	return greeted;
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
