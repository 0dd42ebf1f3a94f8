#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/map.h"
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

/*
 * How many sockets there are, and to how many ports, a container decides: no plan waits minutes on one, and no reason
 * grows to megabytes. A line is of 128 to 180 bytes: more than ten thousand sockets of one table.
 */
#define MOST_OF_A_TABLE ((size_t)2 * 1024 * 1024)
#define MOST_OF_ALL                                                                                \
	(16 * MOST_OF_A_TABLE) /* of all containers; and of what the kernel tracks as much again */
#define MOST_TALKS 16 /* of one container */
#define MORE_TALKS "others, not listed"

struct talks {
	struct docker_facts *d;
	struct map by_address; /* to struct container, borrowed */
	size_t left; /* bytes of tables that may be read */
};

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

/* By a copy of what counts of the line: sscanf() looks for the end of all the text, with each line of it. */
static bool parse(const char *text, struct flow *ret)
{
	char line[128] = "";
	size_t n = strcspn(text, "\n");

	memcpy(line, text, n < sizeof(line) ? n : sizeof(line) - 1);
	return sscanf(line, " %*u: %39[0-9A-Fa-f]:%x %39[0-9A-Fa-f]:%x %x", ret->local,
		      &ret->local_port, ret->peer, &ret->peer_port, &ret->state) == 5;
}

static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

/* Of two with one address the first has it. */
static void know_addresses(struct talks *t)
{
	for (size_t i = 0; i < t->d->containers.nseen; i++) {
		struct container *c = &t->d->containers.seen[i];

		for (size_t k = 0; k < c->addresses.count; k++) {
			const char *address = skip_prefix(c->addresses.items[k], DEFAULT_BRIDGE);

			if (address && !map_get(&t->by_address, address))
				map_put(&t->by_address, address, c);
		}
	}
}

/* One above what is listed is kept: it tells that there are more. */
static void take(struct container *from, const struct container *to, unsigned port,
		 const char *protocol)
{
	CLEANUP(freep) char *text = NULL;

	if (!from || !to || from == to || from->talks.count > MOST_TALKS)
		return;
	text = xasprintf("%s on %u/%s", container_label(to), port, protocol);
	strv_add_once(&from->talks, text);
}

static void finish(struct container *c)
{
	bool more = c->talks.count > MOST_TALKS;

	if (more)
		strv_remove(&c->talks, MOST_TALKS);
	strv_sort(&c->talks);
	if (more)
		strv_add(&c->talks, MORE_TALKS);
}

#define PORTS 65536

/* By port; a socket of UDP that hears everybody is "closed". The caller frees it. */
static bool *listened_ports(const char *text)
{
	bool *ret = xcalloc(PORTS, sizeof(*ret));
	struct flow f;

	for (const char *line = text; line; line = next_line(line))
		if (parse(line, &f) && f.local_port < PORTS &&
		    (f.state == TCP_LISTEN || f.state == TCP_CLOSE))
			ret[f.local_port] = true;
	return ret;
}

/* Of both ends the one that is listened at is whom the other talks to. */
static void take_table(const struct talks *t, struct container *c, const char *text,
		       const char *protocol)
{
	CLEANUP(freep) bool *listened = listened_ports(text);
	struct flow f;

	for (const char *line = text; line; line = next_line(line)) {
		char address[INET6_ADDRSTRLEN];
		struct container *other;

		/* who has no peer has none of their addresses */
		if (!parse(line, &f) || !tcp_address_text(f.peer, address, sizeof(address)))
			continue;
		other = map_get(&t->by_address, address);
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

static int read_table(struct talks *t, const struct container *c, const char *file, struct buf *ret,
		      struct error *err)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/%s", (int)c->pid, file);
	size_t most = t->left < MOST_OF_A_TABLE ? t->left : MOST_OF_A_TABLE;
	int r = proc_read_within(path, most, ret, err);

	t->left -= r == -EFBIG ? most : ret->len;
	return r;
}

/* Of a table that is too long nothing is taken: who listens may stand in the rest of it. */
static void read_tables(struct talks *t, struct container *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(error_clear) struct error err = {0};
		int r = read_table(t, c, tables[i].file, &text, &err);

		if (r >= 0)
			take_table(t, c, buf_str(&text), tables[i].protocol);
		else if (r == -EFBIG)
			not_read(t->d, c, "too many sockets to look at each");
		else if (r != -ENOENT && r != -ESRCH) /* ended, or no IPv6 here */
			not_read(t->d, c, error_text(&err));
	}
}

static bool is_on_bridge(const struct container *c)
{
	for (size_t i = 0; i < c->addresses.count; i++)
		if (starts_with(c->addresses.items[i], DEFAULT_BRIDGE))
			return container_lives(c);
	return false;
}

static void take_tracked(const struct talks *all, const char *text)
{
	struct tracked t;

	for (const char *line = text; line; line = next_line(line))
		if (tracked_parse(line, &t) && !t.unanswered)
			take(map_get(&all->by_address, t.from), map_get(&all->by_address, t.to),
			     (unsigned)strtoul(t.port, NULL, 10), t.protocol);
}

/* A kernel that tells nothing is none that has more: what containers have themselves is known. */
static void read_tracked(struct talks *t)
{
	CLEANUP(buf_clear) struct buf tracking = {0};
	int r = proc_read_within("/proc/net/nf_conntrack", MOST_OF_ALL, &tracking, NULL);

	if (r >= 0)
		take_tracked(t, buf_str(&tracking));
	else if (r == -EFBIG && !t->d->talks_unread)
		t->d->talks_unread = xstrdup("of what the kernel tracks: it is too much");
}

/* Where icc is in force already nobody does. */
static bool matters(const struct docker_facts *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->containers.nseen; i++)
		n += is_on_bridge(&d->containers.seen[i]);
	return n > 1 && strcmp_null(d->bridge_icc, "false") != 0;
}

static void read_all(struct talks *t)
{
	size_t looked = 0;

	know_addresses(t);
	for (size_t i = 0; i < t->d->containers.nseen; i++) {
		struct container *c = &t->d->containers.seen[i];

		if (!is_on_bridge(c))
			continue;
		if (++looked > MOST_CONTAINERS)
			not_read(t->d, c, "too many are on docker0 to look at each");
		else
			read_tables(t, c);
	}
	read_tracked(t);
}

void containers_read_talks(struct container_reader *r)
{
	struct talks t = {.d = &r->g->facts->docker, .left = MOST_OF_ALL};

	if (!matters(t.d))
		return;
	t.d->talks_read = true;
	read_all(&t);
	for (size_t i = 0; i < t.d->containers.nseen; i++)
		finish(&t.d->containers.seen[i]);
	map_clear(&t.by_address, NULL);
}
