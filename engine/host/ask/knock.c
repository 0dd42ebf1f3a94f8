#include "engine/host/ask/knock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/clock.h"
#include "engine/base/fd-io.h"
#include "engine/base/str.h"
#include "engine/host/ask/backlog.h"

#define AT_ONCE 256 /* at most: descriptors are few where a service has its limits, ... */
#define LEFT_FREE 64 /* ... and so many are for others */
#define HOLD_MS 150 /* docker-proxy is refused by a container of this host */
#define BRIDGE_HEX 12 /* br-0123456789ab */

bool knock_to(struct knock *ret, const char *address, unsigned port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};

	*ret = (struct knock){0};
	if (port == 0 || port > 65535)
		return false;
	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
		memcpy(&ret->to, &v4, sizeof(v4));
		ret->length = sizeof(v4);
		return true;
	}
	if (inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
		return false;
	memcpy(&ret->to, &v6, sizeof(v6));
	ret->length = sizeof(v6);
	return true;
}

bool knock_at_file(struct knock *ret, const char *path)
{
	struct sockaddr_un file = {.sun_family = AF_UNIX};
	size_t n = strlen(path);

	*ret = (struct knock){0};
	if (n == 0 || n >= sizeof(file.sun_path))
		return false;
	memcpy(file.sun_path, path, n);
	if (path[0] == '@')
		file.sun_path[0] = '\0';
	memcpy(&ret->to, &file, sizeof(file));
	ret->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n);
	return true;
}

char *knock_text(const struct knock *k)
{
	char host[INET6_ADDRSTRLEN] = "?", port[8] = "?";

	getnameinfo((const struct sockaddr *)&k->to, k->length, host, sizeof(host), port,
		    sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	return xasprintf(k->to.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* One that is held is passed over by poll(2) until it is its turn, by a number that is no descriptor. */
static void put_by(struct pollfd *p)
{
	p->fd = -2 - p->fd;
}

static void end(struct knock *k, struct pollfd *p, bool answers)
{
	k->answers = answers;
	k->ended = clock_ms();
	if (answers && k->hold) {
		put_by(p);
		return;
	}
	close(p->fd);
	p->fd = -1;
}

/*
 * Where nobody listens, a connection of a port that the kernel chooses for us may be to itself: the ports
 * that dockerd chooses are of the same range.
 */
static bool is_to_itself(int fd, struct knock *k)
{
	socklen_t length = sizeof(k->from);

	memset(&k->from, 0, sizeof(k->from));
	return getsockname(fd, (struct sockaddr *)&k->from, &length) == 0 && length == k->length &&
	       memcmp(&k->from, &k->to, k->length) == 0;
}

static bool is_connected(int fd, struct knock *k)
{
	int error = 0;
	socklen_t length = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == 0 &&
	       !is_to_itself(fd, k);
}

/* Of ports of our own, of memory: it says nothing of who is asked. */
static bool is_want(int code)
{
	return code == EADDRNOTAVAIL || code == EAGAIN || code == ENOBUFS || code == ENOMEM;
}

/* Whether it is under way; else it is over. */
static bool begin(struct knock *k, struct pollfd *p)
{
	k->began = clock_ms();
	p->events = POLLOUT;
	p->fd = socket(k->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0) {
		k->due = false;
		return false;
	}
	if (connect(p->fd, (const struct sockaddr *)&k->to, k->length) == 0)
		end(k, p, is_connected(p->fd, k));
	else if (errno != EINPROGRESS) {
		k->due = !is_want(errno);
		end(k, p, false);
	}
	return p->fd >= 0;
}

/* poll(2), until then; 0 when that is over. */
static int poll_until(struct pollfd *polls, size_t count, double deadline)
{
	double left;
	int ready;

	do {
		left = deadline - clock_ms();
		ready = left > 0 ? poll(polls, count, (int)left + 1) : 0;
	} while (ready < 0 && errno == EINTR);
	return ready < 0 ? 0 : ready;
}

/* `open` are under way: until each is over. */
static void connect_all(struct knock *const *some, struct pollfd *polls, size_t count, size_t open,
			double deadline)
{
	while (open > 0 && poll_until(polls, count, deadline) > 0)
		for (size_t i = 0; i < count; i++)
			if (polls[i].fd >= 0 && polls[i].revents) {
				end(some[i], &polls[i], is_connected(polls[i].fd, some[i]));
				open--;
			}
	for (size_t i = 0; i < count; i++)
		if (polls[i].fd >= 0)
			end(some[i], &polls[i], false);
}

/* Of those that say nothing: who is behind the port has taken the connection, or it only lies in a queue. */
static void end_silent(struct knock *const *some, struct pollfd *polls, size_t count, size_t open)
{
	CLEANUP(backlog_clear) struct backlog now = {0};

	if (open > 0)
		backlog_read(&now);
	for (size_t i = 0; i < count; i++) {
		if (polls[i].fd < 0)
			continue;
		some[i]->queued = backlog_has(&now, &some[i]->to, &some[i]->from);
		some[i]->answers = !some[i]->queued;
		close(polls[i].fd);
	}
}

/* Whoever has something to say first, or nothing, is there. */
static void hold_all(struct knock *const *some, struct pollfd *polls, size_t count)
{
	double deadline = clock_ms() + HOLD_MS;
	size_t held = 0;
	char byte;

	for (size_t i = 0; i < count; i++) {
		if (polls[i].fd >= -1)
			continue;
		put_by(&polls[i]);
		polls[i].events = POLLIN | POLLRDHUP;
		held++;
	}
	while (held > 0 && poll_until(polls, count, deadline) > 0)
		for (size_t i = 0; i < count; i++) {
			if (polls[i].fd < 0 || !polls[i].revents)
				continue;
			some[i]->answers =
				recv(polls[i].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
			close(polls[i].fd);
			polls[i].fd = -1;
			held--;
		}
	end_silent(some, polls, count, held);
}

/* The last connection lies where nobody took it: another beside it would tell no more, and fill the queue. */
static void skip_queued(struct knock *all, size_t count)
{
	CLEANUP(backlog_clear) struct backlog now = {0};
	bool read = false;

	for (size_t i = 0; i < count; i++) {
		if (!all[i].due || !all[i].queued)
			continue;
		if (!read)
			backlog_read(&now);
		read = true;
		all[i].queued = backlog_has(&now, &all[i].to, &all[i].from);
		all[i].answers = false;
		all[i].began = all[i].ended = clock_ms();
	}
}

/* How many may be asked at once. */
static size_t at_once(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= AT_ONCE + LEFT_FREE)
		return AT_ONCE;
	return limit.rlim_cur > LEFT_FREE ? limit.rlim_cur - LEFT_FREE : 1;
}

size_t knock_all(struct knock *all, size_t count, int timeout_ms)
{
	size_t answer = 0, most = at_once();

	skip_queued(all, count);
	for (size_t at = 0; at < count;) {
		struct pollfd polls[AT_ONCE];
		struct knock *some[AT_ONCE];
		double deadline = clock_ms() + timeout_ms;
		size_t n = 0, open = 0;

		for (; at < count && n < most; at++) {
			if (!all[at].due || all[at].queued)
				continue;
			some[n] = &all[at];
			open += begin(some[n], &polls[n]);
			n++;
		}
		connect_all(some, polls, n, open, deadline);
		hold_all(some, polls, n);
		for (size_t i = 0; i < n; i++)
			answer += some[i]->due && some[i]->answers;
	}
	return answer;
}

static bool is_dockerds(const char *interface)
{
	const char *hex = starts_with(interface, "br-") ? interface + 3 : NULL;

	return starts_with(interface, "docker") || starts_with(interface, "veth") ||
	       (hex && strlen(hex) == BRIDGE_HEX && strspn(hex, "0123456789abcdef") == BRIDGE_HEX);
}

static void add_address(const struct ifaddrs *i, struct strv *ret)
{
	char text[INET6_ADDRSTRLEN];
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)i->ifa_addr;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)i->ifa_addr;
	int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;

	if (!(i->ifa_flags & IFF_UP) || i->ifa_flags & IFF_LOOPBACK || is_dockerds(i->ifa_name))
		return;
	if (family == AF_INET && inet_ntop(family, &v4->sin_addr, text, sizeof(text)))
		strv_add_once(ret, text);
	if (family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) &&
	    inet_ntop(family, &v6->sin6_addr, text, sizeof(text)))
		strv_add_once(ret, text);
}

int own_addresses(struct strv *ret, struct error *err)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0)
		return error_errno(err, -errno, "cannot ask for this host's addresses");
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		add_address(i, ret);
	freeifaddrs(all);
	return 0;
}
