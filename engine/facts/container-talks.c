#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/facts/sockets.h"
#include "engine/host/ask/peers.h"
#include "engine/host/read/proc.h"

/*
 * Who talks over docker0: what icc=false would cut. By the connections that a container has in its own network,
 * those that have just ended included, and by what the kernel tracks, where it tells. Nobody there now is no proof
 * that nobody ever is: it is told beside who can.
 */

#define DEFAULT_BRIDGE "bridge "

/*
 * The kernel goes through all the slots that it has for connections for each of these files: milliseconds on a large
 * host, and a plan must not take a minute.
 */
#define MOST_CONTAINERS 128

static const struct {
	const char *file, *protocol;
} tables[] = {
	{"net/tcp", "tcp"},
	{"net/tcp6", "tcp"},
	{"net/udp", "udp"},
	{"net/udp6", "udp"},
};

struct flow {
	char local[40], peer[40]; /* in hexadecimal digits */
	unsigned local_port, peer_port, state;
};

static bool parse(const char *line, struct flow *ret)
{
	return sscanf(line, " %*u: %39[0-9A-Fa-f]:%x %39[0-9A-Fa-f]:%x %x", ret->local,
		      &ret->local_port, ret->peer, &ret->peer_port, &ret->state) == 5;
}

static struct container *by_address(const struct docker_facts *d, const char *address)
{
	CLEANUP(freep) char *text = xasprintf(DEFAULT_BRIDGE "%s", address);

	for (size_t i = 0; i < d->containers.nseen; i++)
		if (strv_contains(&d->containers.seen[i].addresses, text))
			return &d->containers.seen[i];
	return NULL;
}

static void take(struct container *from, const struct container *to, unsigned port,
		 const char *protocol)
{
	CLEANUP(freep) char *text = NULL;

	if (!from || !to || from == to)
		return;
	text = xasprintf("%s on %u/%s", container_label(to), port, protocol);
	strv_add_once(&from->talks, text);
}

#define PORTS 65536

/* By port; a socket of UDP that hears everybody is "closed". The caller frees it. */
static bool *listened_ports(const struct strv *lines)
{
	bool *ret = xcalloc(PORTS, sizeof(*ret));
	struct flow f;

	for (size_t i = 0; i < lines->count; i++)
		if (parse(lines->items[i], &f) && f.local_port < PORTS &&
		    (f.state == TCP_LISTEN || f.state == TCP_CLOSE))
			ret[f.local_port] = true;
	return ret;
}

/* Of both ends the one that is listened at is whom the other talks to. */
static void take_table(const struct docker_facts *d, struct container *c, const char *text,
		       const char *protocol)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(freep) bool *listened = NULL;
	struct flow f;

	strv_split(&lines, text, "\n");
	listened = listened_ports(&lines);
	for (size_t i = 0; i < lines.count; i++) {
		char address[INET6_ADDRSTRLEN];
		struct container *other;

		/* who has no peer has none of their addresses */
		if (!parse(lines.items[i], &f) ||
		    !tcp_address_text(f.peer, address, sizeof(address)))
			continue;
		other = by_address(d, address);
		if (other && f.local_port < PORTS && listened[f.local_port])
			take(other, c, f.local_port, protocol);
		else
			take(c, other, f.peer_port, protocol);
	}
}

static void not_read(struct docker_facts *d, const struct container *c, const char *why)
{
	if (!d->talks_unread)
		d->talks_unread = xasprintf("of container %s: %s", container_label(c), why);
}

static void read_tables(struct docker_facts *d, struct container *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(error_clear) struct error err = {0};

		if (process_file(c->pid, tables[i].file, &text, &err))
			take_table(d, c, buf_str(&text), tables[i].protocol);
		else if (err.code != -ENOENT && err.code != -ESRCH) /* ended, or no IPv6 here */
			not_read(d, c, error_text(&err));
	}
}

static bool is_on_bridge(const struct container *c)
{
	for (size_t i = 0; i < c->addresses.count; i++)
		if (starts_with(c->addresses.items[i], DEFAULT_BRIDGE))
			return container_lives(c);
	return false;
}

static void take_tracked(const struct docker_facts *d, const char *text)
{
	struct tracked t;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (tracked_parse(line, &t) && !t.unanswered)
			take(by_address(d, t.from), by_address(d, t.to),
			     (unsigned)strtoul(t.port, NULL, 10), t.protocol);
	}
}

/* Where icc is in force already nobody does. */
static bool matters(const struct docker_facts *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->containers.nseen; i++)
		n += is_on_bridge(&d->containers.seen[i]);
	return n > 1 && strcmp_null(d->bridge_icc, "false") != 0;
}

void containers_read_talks(struct container_reader *r)
{
	struct docker_facts *d = &r->g->facts->docker;
	CLEANUP(buf_clear) struct buf tracking = {0};
	size_t looked = 0;

	if (!matters(d))
		return;
	d->talks_read = true;
	for (size_t i = 0; i < d->containers.nseen; i++) {
		struct container *c = &d->containers.seen[i];

		if (!is_on_bridge(c))
			continue;
		if (++looked > MOST_CONTAINERS)
			not_read(d, c, "too many are on docker0 to look at each");
		else
			read_tables(d, c);
	}
	if (proc_read("/proc/net/nf_conntrack", &tracking, NULL) >= 0)
		take_tracked(d, buf_str(&tracking));
	for (size_t i = 0; i < d->containers.nseen; i++)
		strv_sort(&d->containers.seen[i].talks);
}
