#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

/* States of include/net/tcp_states.h; a UDP socket that only receives is "closed". */
#define TCP_LISTENS 10
#define UDP_WAITS 7

static const struct {
	const char *file, *protocol;
	unsigned state;
} tables[] = {
	{"net/tcp", "tcp", TCP_LISTENS},
	{"net/tcp6", "tcp", TCP_LISTENS},
	{"net/udp", "udp", UDP_WAITS},
	{"net/udp6", "udp", UDP_WAITS},
};

/*
 * Remembers the sockets that a process has open. Only of containers on the host's network: the
 * others' ports are published, which inspect tells.
 */
void container_know_sockets(struct container_reader *r, struct container *c, pid_t pid)
{
	CLEANUP(freep) char *directory = xasprintf("/proc/%d/fd", (int)pid);
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv fds = {0};
	int e = observe_children(r->g->root, directory, &fds, &why);

	if (e < 0 && e != -ENOENT && e != -ESRCH && !c->unread) /* it has not just ended */
		c->unread = xstrdup(error_text(&why));
	for (size_t i = 0; i < fds.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directory, fds.items[i]);
		CLEANUP(freep) char *target = NULL;
		unsigned long inode;

		if (proc_link(path, &target, NULL) == 0 &&
		    sscanf(target, "socket:[%lu]", &inode) == 1) {
			CLEANUP(freep) char *key = xasprintf("%lu", inode);

			map_put(&r->sockets, key, c);
		}
	}
}

/* Addresses are words of four bytes in the machine's order: 0100007F is 127.0.0.1. */
static bool is_unspecified(const char *hex, size_t n)
{
	return strspn(hex, "0") >= n;
}

static bool is_loopback(const char *hex, size_t n)
{
	if (n == 8)
		return starts_with(hex + 6, "7F");
	return strncmp(hex, "00000000000000000000000001000000", n) == 0;
}

/* "sl local_address rem_address st ... inode": enough of it to tell who listens where. */
static void take_line(const char *line, size_t table, const struct map *known, struct map *told)
{
	CLEANUP(freep) char *text = NULL, *once = NULL;
	char address[33], key[24];
	unsigned port, state;
	unsigned long inode;
	struct container *c;
	size_t n;

	if (sscanf(line, " %*u: %32[0-9A-F]:%x %*[0-9A-F:] %x %*s %*s %*s %*s %*s %lu", address,
		   &port, &state, &inode) != 4 ||
	    state != tables[table].state)
		return;
	snprintf(key, sizeof(key), "%lu", inode);
	c = map_get(known, key);
	n = strlen(address);
	if (!c)
		return;
	text = xasprintf("%u/%s on %s", port, tables[table].protocol,
			 is_unspecified(address, n) ? (n == 8 ? "0.0.0.0" : "::")
			 : is_loopback(address, n)  ? (n == 8 ? "127.0.0.1" : "::1")
						    : "one address");
	once = xasprintf("%p %s", (void *)c, text);
	if (map_get(told, once))
		return; /* of another of its workers, or at another address */
	map_put(told, once, c);
	strv_add(&c->listens, text);
}

/* A kernel without IPv6 has no table of it. */
static void note_unread(struct container_list *l, const struct error *why)
{
	for (size_t i = 0; why->code != -ENOENT && i < l->nseen; i++)
		if (l->seen[i].host_network == 1 && !l->seen[i].unread)
			l->seen[i].unread = xstrdup(error_text(why));
}

void containers_read_sockets(struct container_reader *r)
{
	struct map told = {0};

	for (size_t t = 0; r->sockets.count > 0 && t < ARRAY_SIZE(tables); t++) {
		CLEANUP(error_clear) struct error why = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(strv_clear) struct strv lines = {0};

		if (process_file(1, tables[t].file, &text, &why))
			strv_split(&lines, buf_str(&text), "\n");
		else
			note_unread(&r->g->facts->docker.containers, &why);
		for (size_t i = 0; i < lines.count; i++)
			take_line(lines.items[i], t, &r->sockets, &told);
	}
	map_clear(&told, NULL);
}
