#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/api-client.h"
#include "engine/format/url-host.h"
#include "engine/host/read/proc.h"

/*
 * Who is connected to dockerd's API over TCP: mostly other hosts, whose processes nobody here sees.
 * By dockerd's own descriptors, as with its unix sockets.
 */

struct tcp_line {
	unsigned port, state;
	char local[40], peer[40], inode[32]; /* both ends in hexadecimal digits */
};

static bool parse(const char *line, struct tcp_line *ret)
{
	return sscanf(line,
		      " %*[0-9]: %39[0-9A-Fa-f]:%x %39[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %31s",
		      ret->local, &ret->port, ret->peer, &ret->state, ret->inode) == 5;
}

void tcp_ports(const char *table, const struct strv *inodes, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	struct tcp_line one;

	strv_split(&lines, table, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(freep) char *port = NULL;

		if (!parse(lines.items[i], &one) || one.state != TCP_LISTEN ||
		    !strv_contains(inodes, one.inode))
			continue;
		port = xasprintf("%u", one.port);
		strv_add_once(ret, port);
	}
}

/* A client whose input has ended says no more (TCP_CLOSE_WAIT), and waits for the answer all the same. */
static bool is_connected(const struct tcp_line *one)
{
	return one->state == TCP_ESTABLISHED || one->state == TCP_CLOSE_WAIT;
}

void tcp_peers(const char *table, const struct strv *inodes, const struct strv *ports,
	       struct strv *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	struct tcp_line one;

	strv_split(&lines, table, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		char peer[INET6_ADDRSTRLEN], local[INET6_ADDRSTRLEN];
		CLEANUP(freep) char *port = NULL;

		if (!parse(lines.items[i], &one) || !is_connected(&one) ||
		    !strv_contains(inodes, one.inode))
			continue;
		port = xasprintf("%u", one.port);
		if (strv_contains(ports, port) && tcp_address_text(one.peer, peer, sizeof(peer)) &&
		    tcp_address_text(one.local, local, sizeof(local)))
			strv_addf(ret, "%s at %s %s", peer, local, port);
	}
}

static bool is_of_api(const struct docker_facts *d, const char *port)
{
	size_t n = strlen(port);

	for (size_t i = 0; i < d->tcp_listeners.count; i++) {
		CLEANUP(url_host_clear) struct url_host u = {0};
		CLEANUP(freep) char *address = url_host_of_api(d->tcp_listeners.items[i]);

		url_host_parse(address ? address : d->tcp_listeners.items[i], &u);
		if (u.port && strncmp(u.port, port, n) == 0 && strspn(u.port, "0123456789") == n)
			return true;
	}
	return false;
}

/*
 * What dockerd listens on beside what is configured, since that has changed, is its API, too; but the
 * nodes of a swarm speak with each other.
 */
static void drop_others(const struct docker_facts *d, struct strv *ports)
{
	bool swarm = !d->swarm || strcmp(d->swarm, "inactive") != 0;

	for (size_t i = ports->count; i-- > 0;)
		if (!is_of_api(d, ports->items[i]) && (swarm || api_is_metrics(d, ports->items[i])))
			strv_remove(ports, i);
}

/* Whose address it is among the containers, whatever the network; NULL: of none. */
static const struct container *container_at(const struct docker_facts *d, const char *address)
{
	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++) {
		const struct container *c = &d->containers.seen[i];

		for (size_t k = 0; k < c->addresses.count; k++) {
			const char *own = strrchr(c->addresses.items[k], ' ');

			if (own && strcmp(own + 1, address) == 0)
				return c;
		}
	}
	return NULL;
}

/*
 * "10.0.0.9", "172.17.0.2 (container ci)"; how many connections each has is another number by the next minute,
 * and for people alone: "10.0.0.9 (3)", "172.17.0.2 (container ci, 3)".
 */
static void tell_clients(struct docker_facts *d, struct strv *peers, struct strv *ret_counted)
{
	strv_sort(peers);
	for (size_t i = 0, n; i < peers->count; i += n) {
		const struct container *c = container_at(d, peers->items[i]);
		CLEANUP(freep) char *name = NULL, *number = NULL;

		for (n = 1;
		     i + n < peers->count && strcmp(peers->items[i], peers->items[i + n]) == 0;)
			n++;
		name = c ? xasprintf("container %s", container_label(c)) : xstrdup("");
		number = n > 1 ? xasprintf("%s%zu", c ? ", " : "", n) : xstrdup("");
		strv_addf(&d->tcp_clients, c ? "%s (%s)" : "%s", peers->items[i], name);
		strv_addf(ret_counted, c || n > 1 ? "%s (%s%s)" : "%s", peers->items[i], name,
			  number);
	}
}

static void tell(struct docker_facts *d, struct strv *peers)
{
	CLEANUP(strv_clear) struct strv counted = {0};
	CLEANUP(freep) char *from = NULL;

	d->tcp_clients_read = true;
	tell_clients(d, peers, &counted);
	from = strv_join(&counted, ", ");
	if (peers->count > 0)
		strv_addf(&d->cut_off,
			  "the restart of dockerd ends %zu open connection%s to its API over TCP, "
			  "from %s: what a docker command or a job there waits for is lost to it, "
			  "and which they are is not known here",
			  peers->count, peers->count == 1 ? "" : "s", from);
}

/*
 * A kernel without IPv6 has no second table. They are read once for those who ask one after the other: for
 * each end of such a file the kernel goes through all the slots that it has for connections, half a million
 * of them on a large host.
 */
int tcp_tables(struct gather *g, pid_t dockerd, const char **ret, struct error *err)
{
	CLEANUP(freep) char *tcp = xasprintf("/proc/%d/net/tcp", (int)dockerd);
	CLEANUP(freep) char *tcp6 = xasprintf("/proc/%d/net/tcp6", (int)dockerd);
	CLEANUP(buf_clear) struct buf more = {0};
	int r = 0;

	if (g->tcp_of != dockerd) {
		g->tcp_of = 0;
		buf_clear(&g->tcp);
		r = proc_read(tcp, &g->tcp, err);
		if (r < 0)
			return r;
		if (proc_read(tcp6, &more, NULL) >= 0)
			buf_printf(&g->tcp, "\n%s", buf_str(&more));
		g->tcp_of = dockerd;
	}
	*ret = buf_str(&g->tcp);
	return 0;
}

void gather_api_peers(struct gather *g, pid_t dockerd, const struct strv *inodes)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv ports = {0}, peers = {0};
	CLEANUP(error_clear) struct error err = {0};
	const char *tables;

	if (tcp_tables(g, dockerd, &tables, &err) < 0) {
		strv_addf(
			&d->cut_off,
			"which connections to its API over TCP the restart of dockerd ends is not "
			"known: %s",
			error_text(&err));
		return;
	}
	tcp_ports(tables, inodes, &ports);
	drop_others(d, &ports);
	tcp_peers(tables, inodes, &ports, &d->tcp_connected);
	strv_sort(&d->tcp_connected);
	for (size_t i = 0; i < d->tcp_connected.count; i++) {
		const char *client = d->tcp_connected.items[i];
		CLEANUP(freep) char *peer = xstrndup(client, strcspn(client, " "));

		strv_add(&peers, peer);
	}
	tell(d, &peers);
}
