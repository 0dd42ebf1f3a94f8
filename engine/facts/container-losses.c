#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"

/*
 * live-restore keeps a container's processes, and not all that dockerd keeps for them. What does not
 * come back by its next start was measured with 20.10.24, 26.1.5 and 28.5.2: a port on an address that
 * the host does not have then, aliases of links on networks that people made, rules of links where
 * icc=false forbids all else. What its log goes to is container-logs.c's.
 */

static bool is_wildcard(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0 ||
	       strcmp(address, "default") == 0;
}

static void no_start(struct container *c, const char *why)
{
	if (!c->no_start)
		c->no_start = xstrdup(why);
}

/* "8080/tcp on 10.0.0.9" */
static void lose_port(const struct listening *l, const char *port, struct container *c)
{
	const char *on = strstr(port, " on ");
	const char *address = on ? on + 4 : "";
	CLEANUP(freep) char *why = NULL;

	if (!on || is_wildcard(address) || strv_contains(&l->addresses, "*"))
		return;
	if (l->unknown)
		why = xasprintf("whether this host has that address is not known: %s", l->unknown);
	else if (!listening_is_here(l, address))
		why = xasprintf("no interface of this host has that address now");
	if (!why)
		return;
	strv_addf(&c->loses, "runs on, but loses its port %s until it is started again: %s", port,
		  why);
	no_start(c, why);
}

static void lose_links(const struct docker_facts *d, struct container *c)
{
	const struct setting *icc = settings_find(&d->now, "icc");

	for (size_t i = 0; i < c->aliases.count; i++)
		strv_addf(&c->loses,
			  "runs on, but loses the name of its link '%s' until it is started again",
			  c->aliases.items[i]);
	if (icc && strcmp_null(icc->value, "true") == 0)
		return;
	for (size_t i = 0; i < c->links.count; i++)
		strv_addf(&c->loses,
			  "runs on, but may not reach by its link '%s' until it is started again: "
			  "icc=%s",
			  c->links.items[i], icc && icc->value ? icc->value : "not known");
}

/* dockerd keeps a runtime that was taken out of its file until its next start. */
static void lose_runtime(const struct gather *g, struct container *c)
{
	CLEANUP(freep) char *why = c->runtime ? runtime_missing(g, c->runtime) : NULL;

	if (!why)
		return;
	strv_addf(&c->loses, "runs on, but could not be started again: %s", why);
	no_start(c, why);
}

void container_find_losses(const struct gather *g, struct container *c)
{
	const struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; i < c->ports.count; i++)
		lose_port(&d->listening, c->ports.items[i], c);
	lose_links(d, c);
	lose_runtime(g, c);
}

void gather_container_losses(struct gather *g)
{
	struct container_list *l = &g->facts->docker.containers;
	struct containers all;

	if (g->facts->offline || !containers_get(l, &all))
		return;
	gather_container_logs(g);
	for (size_t i = 0; i < l->nseen; i++)
		if (l->seen[i].running)
			container_find_losses(g, &l->seen[i]);
}
