#include <linux/net.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/schemes/json-text.h"
#include "engine/host/ask/peers.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/proc.h"

/*
 * The unix sockets that dockerd really listens on, by its own descriptors: what a file or a flag says
 * of it may have changed since, and an abstract name is nowhere in the file system.
 */

#define LISTENS 0x10000 /* __SO_ACCEPTCON of include/linux/net.h */

/* What dockerd makes for itself below its exec-root: its own metrics and networks, and plugins. */
static bool is_internal(const char *path, const char *exec_root)
{
	const char *directories[] = {"/run/docker", exec_root};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		const char *directory = directories[i] ? path_without_var(directories[i]) : "";

		if (directory[strspn(directory, "/")] &&
		    path_is_below(path_without_var(path), directory))
			return true;
	}
	return false;
}

/* "Num: RefCount Protocol Flags Type St Inode Path" */
static void take_line(const char *line, const struct strv *inodes, const char *exec_root,
		      struct strv *ret)
{
	unsigned flags;
	char inode[32] = "";
	int path = 0;

	if (sscanf(line, "%*s %*s %*s %x %*s %*s %31s %n", &flags, inode, &path) != 2 ||
	    path == 0 || !(flags & LISTENS) || !strv_contains(inodes, inode))
		return;
	if (line[path] && !is_internal(line + path, exec_root))
		strv_add_once(ret, line + path);
}

/* Of a stream the accepted ends have the path, too; of datagrams nobody listens. */
const char *unix_line_path(const char *line, char ret_inode[static 32])
{
	unsigned flags, type;
	int path = 0;

	return sscanf(line, "%*s %*s %*s %x %x %*s %31s %n", &flags, &type, ret_inode, &path) ==
				       3 &&
			       path > 0 && line[path] && (type == SOCK_DGRAM || flags & LISTENS)
		       ? line + path
		       : NULL;
}

void unix_listeners(const char *table, const struct strv *inodes, const char *exec_root,
		    struct strv *ret)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, table, "\n");
	for (size_t i = 1; i < lines.count; i++) /* the first are the titles */
		take_line(lines.items[i], inodes, exec_root, ret);
}

/* An end that nobody is connected to any more has a reference less (seen with 20.10 and 28.5). */
static bool is_connection(const char *line, const struct strv *inodes, const struct strv *paths)
{
	unsigned references, state;
	char inode[32] = "";
	int path = 0;

	return sscanf(line, "%*s %x %*s %*s %*s %x %31s %n", &references, &state, inode, &path) ==
		       3 &&
	       path > 0 && references > 2 && state == SS_CONNECTED &&
	       strv_contains(inodes, inode) && strv_contains(paths, line + path);
}

size_t unix_connections(const char *table, const struct strv *inodes, const struct strv *paths)
{
	CLEANUP(strv_clear) struct strv lines = {0};
	size_t n = 0;

	strv_split(&lines, table, "\n");
	for (size_t i = 1; i < lines.count; i++)
		n += is_connection(lines.items[i], inodes, paths);
	return n;
}

/* The table of the network that a process is in; false: it has been read for another. */
bool network_is_new(const struct process *p, struct strv *networks)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/ns/net", (int)p->pid), *name = NULL;
	size_t before = networks->count;

	if (proc_link(path, &name, NULL) < 0)
		return false;
	strv_add_once(networks, name);
	return networks->count > before;
}

/*
 * An accepted end is in the table of the network of whom it was accepted from: those of containers
 * are in none of dockerd's own. Measured with 26.1.5: beside them dockerd has sockets there for
 * netlink and names, which no table of its own network has either, so that none is counted blindly.
 */
size_t connections_of_networks(const struct processes *all, const struct strv *inodes,
			       const struct strv *paths, struct strv *networks)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++) {
		CLEANUP(freep)
		char *path = xasprintf("/proc/%d/net/unix", (int)all->items[i].pid);
		CLEANUP(buf_clear) struct buf text = {0};

		if (network_is_new(&all->items[i], networks) && proc_read(path, &text, NULL) == 0)
			n += unix_connections(buf_str(&text), inodes, paths);
	}
	return n;
}

/* Of every network there is. */
static size_t connections_to(const struct gather *g, pid_t dockerd, const char *table,
			     const struct strv *inodes, const struct strv *paths)
{
	CLEANUP(strv_clear) struct strv networks = {0};
	const struct process own = {.pid = dockerd};

	if (!restart_is_possible(g))
		return 0;
	network_is_new(&own, &networks);
	return unix_connections(table, inodes, paths) +
	       connections_of_networks(&g->processes, inodes, paths, &networks) +
	       connections_of_networks(&g->contained, inodes, paths, &networks);
}

/*
 * Which process has the other end of one, the kernel tells only whom harden's sandbox does not let
 * ask (sock_diag), and whether an answer is waited for nobody tells at all.
 */
static void tell_connections(struct gather *g, size_t all, const struct strv *paths)
{
	size_t own = own_connections_to(paths), n = all > own ? all - own : 0;

	if (n > 0)
		strv_addf(&g->facts->docker.cut_off,
			  "the restart of dockerd ends %zu open connection%s to its API, of "
			  "whatever clients (ss -xp tells of which); programs other than docker "
			  "are not looked for, and may lose an answer",
			  n, n == 1 ? "" : "s");
}

int sockets_of(const struct gather *g, pid_t pid, struct strv *ret, struct error *err)
{
	CLEANUP(freep) char *directory = xasprintf("/proc/%d/fd", (int)pid);
	CLEANUP(strv_clear) struct strv fds = {0};
	int r = observe_children(g->root, directory, &fds, err);

	for (size_t i = 0; r >= 0 && i < fds.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directory, fds.items[i]);
		CLEANUP(freep) char *target = NULL;

		if (proc_link(path, &target, NULL) == 0 && starts_with(target, "socket:["))
			strv_add_n(ret, target + 8, strcspn(target + 8, "]"));
	}
	return r;
}

static char *exec_root_of(const struct docker_facts *d)
{
	const struct setting *s = settings_find(&d->now, "exec-root");

	if (!s)
		s = settings_find(&d->next, "exec-root");
	return s && s->value ? json_value_to_string(s->value) : NULL;
}

void gather_sockets(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(freep) char *exec_root = exec_root_of(d);
	const struct unit_facts *u = facts_unit(g->facts, "docker.service");
	CLEANUP(freep) char *table = NULL;
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv inodes = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (g->facts->offline || !d->running)
		return;
	if (!u || u->main_pid <= 0) {
		d->sockets_unread = xstrdup("which sockets dockerd listens on is not known: its "
					    "process is not");
		return;
	}
	table = xasprintf("/proc/%d/net/unix", (int)u->main_pid);
	if (sockets_of(g, u->main_pid, &inodes, &err) < 0 || proc_read(table, &text, &err) < 0)
		d->sockets_unread = xasprintf("which sockets dockerd listens on is not known: %s",
					      error_text(&err));
	if (d->sockets_unread)
		return;
	unix_listeners(buf_str(&text), &inodes, exec_root, &d->api_sockets);
	tell_connections(g,
			 connections_to(g, u->main_pid, buf_str(&text), &inodes, &d->api_sockets),
			 &d->api_sockets);
}
