#include "engine/host/ask/peers.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "engine/base/address.h"
#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"
#include "engine/host/read/proc.h"

#define ESTABLISHED 1
#define LISTEN 10

/* One line of /proc/net/tcp or tcp6. */
struct socket_line {
	unsigned local_port, state;
	char local[64], remote[64]; /* hexadecimal */
};

/*
 * A line alone, or what fits of it: sscanf() and strstr() would look through all the text behind it, with each
 * line again.
 */
static void copy_line(const char *text, char *ret, size_t size)
{
	size_t n = strcspn(text, "\n");

	n = n < size ? n : size - 1;
	memcpy(ret, text, n);
	ret[n] = '\0';
}

static bool parse_socket(const char *text, struct socket_line *ret)
{
	unsigned remote_port;
	char line[192]; /* what counts is at its beginning */

	copy_line(text, line, sizeof(line));
	return sscanf(line, " %*u: %63[0-9A-Fa-f]:%x %63[0-9A-Fa-f]:%x %x", ret->local,
		      &ret->local_port, ret->remote, &remote_port, &ret->state) == 5;
}

/* Addresses stand there as numbers of 32 bits in the machine's own order. */
static bool hex_address(const char *hex, char *ret, size_t size)
{
	size_t words = strlen(hex) / 8;
	uint32_t bytes[4];

	if (words != 1 && words != 4)
		return false;
	for (size_t i = 0; i < words; i++) {
		char word[9] = "";

		memcpy(word, hex + 8 * i, 8);
		bytes[i] = (uint32_t)strtoul(word, NULL, 16);
	}
	return inet_ntop(words == 1 ? AF_INET : AF_INET6, bytes, ret, (socklen_t)size) != NULL;
}

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

void peers_of_sockets(const char *text, struct strv *ret)
{
	CLEANUP(freep) bool *listens = xcalloc(65536, sizeof(*listens));
	struct socket_line s;

	for (const char *line = text; line; line = next_line(line))
		if (parse_socket(line, &s) && s.state == LISTEN && s.local_port < 65536)
			listens[s.local_port] = true;
	for (const char *line = text; line; line = next_line(line)) {
		CLEANUP(freep) char *peer = NULL;
		char address[INET6_ADDRSTRLEN], own[INET6_ADDRSTRLEN];

		if (!parse_socket(line, &s) || s.state != ESTABLISHED || s.local_port >= 65536 ||
		    !listens[s.local_port] || !hex_address(s.remote, address, sizeof(address)) ||
		    !hex_address(s.local, own, sizeof(own)))
			continue;
		peer = xasprintf("%u %s on %s", s.local_port, address, own);
		strv_add_once(ret, peer);
	}
}

/* The first "KEY=VALUE" of a line, which is the direction that the connection was opened in. */
static bool tracked_value(const char *line, const char *key, char *ret, size_t size)
{
	const char *at = strstr(line, key);
	size_t n;

	if (!at)
		return false;
	at += strlen(key);
	n = strcspn(at, " ");
	if (n >= size)
		return false;
	memcpy(ret, at, n);
	ret[n] = '\0';
	return true;
}

/* In the shortest form, as everywhere else. */
static void shorten(char *address, size_t size)
{
	unsigned char bytes[16];

	if (strchr(address, ':') && inet_pton(AF_INET6, address, bytes) == 1)
		inet_ntop(AF_INET6, bytes, address, (socklen_t)size);
}

bool tracked_parse(const char *text, struct tracked *ret)
{
	char line[1024]; /* twice what the kernel writes at most */

	copy_line(text, line, sizeof(line));
	if (sscanf(line, "%*7s %*u %7s", ret->protocol) != 1 ||
	    !tracked_value(line, " src=", ret->from, sizeof(ret->from)) ||
	    !tracked_value(line, " dst=", ret->to, sizeof(ret->to)) ||
	    !tracked_value(line, " dport=", ret->port, sizeof(ret->port)))
		return false;
	shorten(ret->from, sizeof(ret->from));
	shorten(ret->to, sizeof(ret->to));
	ret->open = strstr(line, " ESTABLISHED ") != NULL;
	ret->unanswered = strstr(line, " [UNREPLIED] ") != NULL;
	return true;
}

void peers_of_tracking(const char *text, const struct strv *own_addresses, struct strv *ret)
{
	struct tracked t;

	for (const char *line = text; line; line = next_line(line)) {
		CLEANUP(freep) char *peer = NULL;

		if (!tracked_parse(line, &t) || !t.open || !address_among(own_addresses, t.to))
			continue;
		peer = xasprintf("%s %s on %s", t.port, t.from, t.to);
		strv_add_once(ret, peer);
	}
}

/* What can be bound is told by the tables main and local alone; others have a line "Id 100:". */
void addresses_of_routes(const char *text, struct strv *ret)
{
	char last[INET_ADDRSTRLEN] = "";
	bool counts = true;

	for (const char *line = text; line; line = next_line(line)) {
		CLEANUP(freep) char *one = NULL;
		char type[16];
		unsigned length;

		if (*line != ' ')
			counts = !starts_with(line, "Id ");
		if (!counts || sscanf(line, " |-- %15[0-9.]", last) == 1 ||
		    sscanf(line, " /%2u host %15[A-Z]", &length, type) != 2 || !*last ||
		    strcmp(type, "LOCAL") != 0)
			continue;
		one = length == 32 ? xstrdup(last) : xasprintf("%s/%u", last, length);
		strv_add_once(ret, one);
	}
}

/* /proc/net/if_inet6 has one address a line, as 32 digits. */
static void addresses_of_interfaces(const char *text, struct strv *ret)
{
	for (const char *line = text; line; line = next_line(line)) {
		char address[INET6_ADDRSTRLEN];
		unsigned char bytes[16];
		int i = 0;

		while (i < 16 && sscanf(line + 2 * i, "%2hhx", &bytes[i]) == 1)
			i++;
		if (i == 16 && inet_ntop(AF_INET6, bytes, address, sizeof(address)))
			strv_add_once(ret, address);
	}
}

static void read_into(const char *path, void (*take)(const char *text, struct strv *ret),
		      struct strv *ret)
{
	CLEANUP(buf_clear) struct buf text = {0};

	if (proc_read(path, &text, NULL) >= 0)
		take(buf_str(&text), ret);
}

void peers_read(struct strv *ret)
{
	CLEANUP(strv_clear) struct strv own = {0};
	CLEANUP(buf_clear) struct buf tracking = {0};

	read_into("/proc/net/tcp", peers_of_sockets, ret);
	read_into("/proc/net/tcp6", peers_of_sockets, ret);
	read_into("/proc/net/fib_trie", addresses_of_routes, &own);
	read_into("/proc/net/if_inet6", addresses_of_interfaces, &own);
	if (proc_read("/proc/net/nf_conntrack", &tracking, NULL) >= 0)
		peers_of_tracking(buf_str(&tracking), &own, ret);
}

#define MOST_OWN 256 /* descriptors: it has a few */

size_t own_connections_to(const struct strv *paths)
{
	struct sockaddr_un peer;
	size_t n = 0;

	/* one's own end has no path, the other's has */
	for (int fd = 0; fd < MOST_OWN; fd++) {
		socklen_t size = sizeof(peer);

		memset(&peer, 0, sizeof(peer));
		if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
		    peer.sun_family == AF_UNIX && size < sizeof(peer))
			n += strv_contains(paths, peer.sun_path);
	}
	return n;
}
