#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/format/swarm-info.h"
#include "engine/host/read/observe.h"

/*
 * A manager of a swarm listens on its address at dockerd's start, and tries once. Measured with
 * 20.10.24, 26.1.5 and 28.5.2: without it the node is in error, its tasks end, and that the address
 * comes back is no help: only another start of dockerd is. Those that dockerd does not listen on it does
 * not miss at its start: which it shows to others, which it found for itself, that of the data.
 */

static bool is_any(const char *host)
{
	return strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

/* dockerd keeps addresses, even where it was given an interface. */
static bool is_interface(const struct gather *g, const char *name)
{
	CLEANUP(freep) char *path = xasprintf("/sys/class/net/%s", name);

	return !strchr(name, '/') && path_exists(g, path);
}

static void take_address(struct gather *g, const char *address)
{
	CLEANUP(freep) char *host = xstrndup(address, strcspn(address, "%"));
	CLEANUP(freep) char *why = NULL;
	bool may = false;

	if (!*host || is_any(host) || is_interface(g, host))
		return;
	why = address_doubt(g, host, &may);
	if (why)
		strv_addf(&g->facts->docker.swarm_absent,
			  "the swarm of this host listens on %s, %s: where it is not there, the "
			  "restart of dockerd leaves this node in error and ends its tasks, until "
			  "the address is here and dockerd is restarted again",
			  address, why);
}

static void take_state(struct gather *g, const struct swarm *s)
{
	CLEANUP(freep) char *host = NULL, *port = NULL;

	if (!s->listen_address || !listening_split(s->listen_address, &host, &port))
		host = xstrdup(s->listen_address ? s->listen_address : "");
	take_address(g, host);
}

/* One in error has no more to lose: dockerd's start is what fixes it. */
static bool has_to_lose(const struct docker_facts *d)
{
	return d->running && d->data_root && d->swarm && strcmp(d->swarm, "inactive") != 0 &&
	       strcmp(d->swarm, "error") != 0;
}

void gather_swarm_address(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *path = NULL;
	struct swarm s = {0};
	int r;

	if (g->facts->offline || !has_to_lose(d))
		return;
	path = xasprintf("%s/swarm/docker-state.json", d->data_root);
	r = observe_content(g->root, path, &text, &err);
	if (r >= 0)
		r = swarm_info_read_state(&text, &s, &err);
	if (r >= 0)
		take_state(g, &s);
	else
		strv_addf(&d->swarm_absent,
			  "whether this host has the address that its swarm listens on from "
			  "dockerd's "
			  "start is not known: %s%s",
			  r == -ENOENT ? "there is no file " : "",
			  r == -ENOENT ? path : error_text(&err));
	swarm_clear(&s);
}
