#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/log-reconnect.h"
#include "engine/host/ask/docker-log.h"
#include "engine/host/read/observe.h"

/*
 * Whether dockerd, started again, would reach what the logs of containers that run go to: see
 * engine/format/log-reconnect.h for what happens where it does not. Looking sends nothing.
 */

#define DOCKER "docker.service"

/* A port that a container publishes is not there yet while dockerd starts, whoever forwards to it. */
static const struct container *publisher_of(const struct containers *all, const char *port)
{
	CLEANUP(freep) char *prefix = xasprintf("%s/tcp on ", port);

	for (size_t i = 0; i < all->count; i++)
		for (size_t p = 0; all->items[i].running && p < all->items[i].ports.count; p++)
			if (starts_with(all->items[i].ports.items[p], prefix))
				return &all->items[i];
	return NULL;
}

static char *doubt_tcp(struct gather *g, const struct containers *all, const struct log_endpoint *e)
{
	const struct listening *l = &g->facts->docker.listening;
	bool here = !l->unknown && listening_is_here(l, e->host);
	const struct container *by = publisher_of(all, e->port);
	CLEANUP(strv_clear) struct strv inodes = {0};
	CLEANUP(freep) char *lost = NULL;

	if (by && (here || l->unknown))
		return xasprintf("%s port %s, which container %s publishes and which is not there "
				 "while dockerd starts",
				 e->host, e->port, container_label(by));
	if (!here)
		return xasprintf("%s port %s, of which nobody knows whether it answers then",
				 e->host, e->port);
	if (!listening_answers(l, e->host, e->port))
		return xasprintf("%s port %s, where nobody listens now", e->host, e->port);
	listeners_at(g, e->host, e->port, &inodes);
	lost = holders_lost(g, all, &inodes);
	return lost ? xasprintf("%s port %s, which %s", e->host, e->port, lost) : NULL;
}

static char *doubt_socket(struct gather *g, const struct containers *all, const char *path)
{
	CLEANUP(freep) char *lost = NULL;
	CLEANUP(node_clear) struct node node = {0};
	const struct strv *inodes;

	if (observe(g->root, path, 0, &node, NULL, NULL) < 0 || node.kind == NODE_ABSENT)
		return xasprintf("'%s', which is not there", path);
	inodes = socket_file_inodes(g, dockerds_pid(g), path);
	if (inodes->count == 0)
		return xasprintf("'%s', of which nobody knows whether anybody listens there", path);
	lost = holders_lost(g, all, inodes);
	return lost ? xasprintf("'%s', which %s", path, lost) : NULL;
}

char *log_doubt_of(struct gather *g, const struct containers *all, const struct container *c)
{
	CLEANUP(log_endpoint_clear) struct log_endpoint e = {0};
	CLEANUP(freep) char *where = NULL;

	if (!c->log_driver || !*c->log_driver ||
	    !log_reconnect_find(c->log_driver, c->log_options, &e))
		return NULL;
	if (e.host && e.port)
		where = doubt_tcp(g, all, &e);
	else if (e.host)
		where = xasprintf("%s, a name that may not be found then", e.host);
	else if (e.socket)
		where = doubt_socket(g, all, e.socket);
	else
		where = xstrdup("a service of which nobody knows whether it answers then");
	return where ? xasprintf("log driver %s, to %s", c->log_driver, where) : NULL;
}

/* What dockerd gave up at its last start has no more to lose by the next one. */
static bool is_given_up(const struct strv *given_up, const char *id)
{
	for (size_t i = 0; i < given_up->count; i++)
		if (id && starts_with(given_up->items[i], id))
			return true;
	return false;
}

/* One that was started again is in dockerd's hands again. */
static bool ran_before(const struct container *c, const struct unit_facts *u)
{
	return c->started_usec < u->started_usec;
}

static bool sends_its_log(const struct container *c)
{
	CLEANUP(log_endpoint_clear) struct log_endpoint e = {0};

	return c->running && c->log_driver && *c->log_driver &&
	       log_reconnect_find(c->log_driver, c->log_options, &e);
}

static void take_doubt(struct gather *g, const struct containers *all, struct container *c)
{
	CLEANUP(freep) char *doubt = log_doubt_of(g, all, c);

	if (!doubt)
		return;
	strv_addf(&c->loses,
		  "may lose its networks and ports, and could be neither entered nor stopped: %s",
		  doubt);
	c->no_start = TAKE_PTR(doubt);
}

void gather_container_logs(struct gather *g)
{
	const struct unit_facts *u = facts_unit(g->facts, DOCKER);
	CLEANUP(strv_clear) struct strv given_up = {0};
	struct containers all;
	bool asked = false;

	if (!containers_get(&g->facts->docker.containers, &all))
		return;
	for (size_t i = 0; i < all.count; i++) {
		struct container *c = &g->facts->docker.containers.seen[i];

		if (!sends_its_log(c))
			continue;
		if (!asked && u && u->started_usec)
			docker_log_given_up(u->started_usec, &given_up);
		asked = true;
		c->given_up = is_given_up(&given_up, c->id) && ran_before(c, u);
		if (!c->given_up)
			take_doubt(g, &all, c);
	}
}
