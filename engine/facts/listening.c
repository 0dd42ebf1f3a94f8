#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/host/ask/peers.h"
#include "engine/host/read/elsewhere.h"
#include "engine/host/read/proc.h"

/*
 * Who listens on TCP ports, in the network that dockerd stands in. What it cannot listen on ends it
 * at its start, and no --validate tells (seen with 20.10.24, 26.1.5, 28.5.2: metrics-addr, hosts).
 */

#define LISTENS 0x0A /* TCP_LISTEN */

/* The kernel writes an address as the words of memory that it is, in hexadecimal digits. */
bool tcp_address_text(const char *hex, char *ret, size_t size)
{
	uint32_t words[4];
	size_t n = strlen(hex) / 8;

	if (n != 1 && n != 4)
		return false;
	for (size_t i = 0; i < n; i++)
		if (sscanf(hex + 8 * i, "%8x", &words[i]) != 1)
			return false;
	if (n == 4 && words[0] == 0 && words[1] == 0 && words[2] == htonl(0xffff))
		return inet_ntop(AF_INET, &words[3], ret, (socklen_t)size) != NULL;
	return inet_ntop(n == 1 ? AF_INET : AF_INET6, words, ret, (socklen_t)size) != NULL;
}

/* "ADDRESS PORT" of a line that is a listener's; NULL: it is another's. The caller frees it. */
static char *listener_of(const char *line, char inode[static 32])
{
	char hex[40], address[INET6_ADDRSTRLEN];
	unsigned port, state;

	if (sscanf(line, " %*[0-9]: %39[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %31s", hex, &port,
		   &state, inode) != 4 ||
	    state != LISTENS || !tcp_address_text(hex, address, sizeof(address)))
		return NULL;
	return xasprintf("%s %u", address, port);
}

/* Those whose inodes are among these, or are not. */
static void take_table(const char *table, const struct strv *inodes, bool among, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, table, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char inode[32];
		CLEANUP(freep) char *text = listener_of(lines.items[i], inode);

		if (text && strv_contains(inodes, inode) == among)
			strv_add_once(ret, text);
	}
}

void tcp_table(const char *table, const struct strv *own, struct strv *ret)
{
	take_table(table, own, false, ret);
}

void tcp_table_of(const char *table, const struct strv *inodes, struct strv *ret)
{
	take_table(table, inodes, true, ret);
}

/* A line of if_inet6 begins with the 32 digits of an address. */
static void addresses_v6(const char *table, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, table, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		struct in6_addr bytes;
		char address[INET6_ADDRSTRLEN];
		size_t n = 0;

		while (n < sizeof(bytes.s6_addr) &&
		       sscanf(lines.items[i] + 2 * n, "%2hhx", &bytes.s6_addr[n]) == 1)
			n++;
		if (n == sizeof(bytes.s6_addr) &&
		    inet_ntop(AF_INET6, &bytes, address, sizeof(address)))
			strv_add_once(ret, address);
	}
}

static bool any_address(const char *file)
{
	CLEANUP(buf_clear) struct buf text = {0};

	return proc_read(file, &text, NULL) >= 0 && buf_str(&text)[0] == '1';
}

static int read_net(const char *net, const char *name, struct buf *ret, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", net, name);

	return proc_read(path, ret, err);
}

static void read_addresses(const char *net, struct listening *ret)
{
	CLEANUP(buf_clear) struct buf routes = {0}, addresses6 = {0};

	if (any_address("/proc/sys/net/ipv4/ip_nonlocal_bind") ||
	    any_address("/proc/sys/net/ipv6/ip_nonlocal_bind") ||
	    read_net(net, "fib_trie", &routes, NULL) < 0)
		strv_add(&ret->addresses, "*");
	else
		addresses_of_routes(buf_str(&routes), &ret->addresses);
	if (read_net(net, "if_inet6", &addresses6, NULL) >= 0)
		addresses_v6(buf_str(&addresses6), &ret->addresses);
}

int listening_read(const char *net, const struct strv *own, struct listening *ret,
		   struct error *err)
{
	CLEANUP(buf_clear) struct buf tcp = {0}, tcp6 = {0};
	int r = read_net(net, "tcp", &tcp, err);

	if (r < 0)
		return r;
	tcp_table(buf_str(&tcp), own, &ret->ports);
	if (read_net(net, "tcp6", &tcp6, NULL) >= 0) /* none: a kernel without IPv6 */
		tcp_table(buf_str(&tcp6), own, &ret->ports);
	read_addresses(net, ret);
	return 0;
}

/* Where dockerd stands; "/proc/net" where it does not run. */
static char *net_of(const struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	pid_t pid = g->facts->docker.running && u ? u->main_pid : 0;

	return pid > 0 ? xasprintf("/proc/%d/net", (int)pid) : xstrdup("/proc/net");
}

static void take_listener(const char *line, const char *host, const char *port, struct strv *ret)
{
	CLEANUP(listening_clear) struct listening one = {0};
	char inode[32];
	CLEANUP(freep) char *text = listener_of(line, inode);
	const char *space;
	bool taken;

	if (!text)
		return;
	strv_add(&one.ports, text);
	space = strchr(text, ' ');
	if (!port) {
		CLEANUP(freep) char *address = xstrndup(text, (size_t)(space - text));

		taken = !listening_is_loopback(address);
	} else {
		taken = host ? listening_answers(&one, host, port) : strcmp(space + 1, port) == 0;
	}
	if (taken)
		strv_add_once(ret, inode);
}

void listeners_in(const char *net, const char *host, const char *port, struct strv *ret)
{
	static const char *const names[] = {"tcp", "tcp6"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(buf_clear) struct buf table = {0};
		CLEANUP(strv_clear) struct strv lines = {0};

		if (read_net(net, names[i], &table, NULL) >= 0)
			strv_split(&lines, buf_str(&table), "\n");
		for (size_t k = 0; k < lines.count; k++)
			take_listener(lines.items[k], host, port, ret);
	}
}

void listeners_at(const struct gather *g, const char *host, const char *port, struct strv *ret)
{
	CLEANUP(freep) char *net = net_of(g);

	listeners_in(net, host, port, ret);
}

/* Of the network that dockerd is in; where it does not run, of our own. */
static int read_listening(struct gather *g, pid_t dockerd, struct listening *ret, struct error *err)
{
	CLEANUP(freep) char *net = xasprintf("/proc/%d/net", (int)dockerd);
	CLEANUP(strv_clear) struct strv own = {0};
	const char *tables;
	int r;

	if (dockerd <= 0)
		return listening_read("/proc/net", &own, ret, err);
	r = sockets_of(g, dockerd, &own, err);
	if (r >= 0)
		r = tcp_tables(g, dockerd, &tables, err);
	if (r < 0)
		return r;
	tcp_table(tables, &own, &ret->ports);
	read_addresses(net, ret);
	return 0;
}

void gather_listening(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	pid_t pid = d->running && u ? u->main_pid : 0;
	CLEANUP(error_clear) struct error err = {0};

	if (g->facts->offline)
		d->listening.unknown = xstrdup("this is another host");
	else if (pid <= 0 && elsewhere()->network)
		d->listening.unknown = xstrdup(elsewhere()->network);
	else if (read_listening(g, pid, &d->listening, &err) < 0)
		d->listening.unknown = xstrdup(error_text(&err));
}
