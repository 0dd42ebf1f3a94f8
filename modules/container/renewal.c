#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "modules/common/tally.h"
#include "modules/container/container.h"

/*
 * Containers that were born before a fix, and the order in which to renew them: what others need comes
 * before those, and of the rest what is reached from outside comes last, so that it is away once, and
 * when all behind it is new.
 */

static enum verdict judge_renewal(const struct container_case *k)
{
	const struct container *c = k->c;

	if (!container_lives(c))
		return VERDICT_NOT_APPLICABLE;
	strv_add_all(k->details, &c->outlived);
	if (c->birth_unread)
		strv_add(k->details, c->birth_unread);
	if (c->outlived.count)
		return VERDICT_FAIL;
	return c->birth_read && !c->birth_unread ? VERDICT_PASS : VERDICT_NOT_MEASURED;
}

struct member {
	const struct container *c;
	bool shares; /* it is not old itself, and goes with one that is */
	bool outside;
	bool done;
	size_t waits_for; /* members that come before it */
};

struct members {
	struct member *items;
	size_t count;
};

static void members_clear(struct members *m)
{
	free(m->items);
}

static bool is_called(const struct container *c, const char *name, size_t n)
{
	return (c->name && equals_n(name, n, c->name)) || (c->id && equals_n(name, n, c->id));
}

/* "container:ID" */
static bool is_in_namespace_of(const char *mode, const struct container *other)
{
	const char *name = mode ? skip_prefix(mode, "container:") : NULL;

	return name && is_called(other, name, strlen(name));
}

/* Those end with it: the other's namespaces are gone when it ends. */
static bool shares_with(const struct container *c, const struct container *other)
{
	return is_in_namespace_of(c->network_mode, other) ||
	       is_in_namespace_of(c->pid_mode, other) || is_in_namespace_of(c->ipc_mode, other);
}

/* "/db:/web/alias" */
static bool is_linked(const struct container *c, const struct container *other)
{
	for (size_t i = 0; i < c->links.count; i++) {
		const char *target = c->links.items[i] + (c->links.items[i][0] == '/');

		if (is_called(other, target, strcspn(target, ":")))
			return true;
	}
	for (size_t i = 0; i < c->network_links.count; i++) {
		const char *blank = strchr(c->network_links.items[i], ' ');

		if (blank && is_called(other, blank + 1, strcspn(blank + 1, ":")))
			return true;
	}
	return false;
}

static bool depends_on(const struct container *c, const struct container *other)
{
	return c->tenant && strcmp_null(c->tenant, other->tenant) == 0 && other->compose_service &&
	       strv_contains(&c->compose_needs, other->compose_service);
}

static bool needs(const struct container *c, const struct container *other)
{
	return c != other && (shares_with(c, other) || is_linked(c, other) || depends_on(c, other));
}

static bool leads_outside(const struct strv *ports)
{
	for (size_t i = 0; i < ports->count; i++)
		if (!listening_is_loopback(port_address(ports->items[i])))
			return true;
	return false;
}

static void add(struct members *m, const struct container *c, bool shares)
{
	struct member *one = array_append(&m->items, &m->count, sizeof(*one));

	*one = (struct member){.c = c,
			       .shares = shares,
			       .outside = leads_outside(&c->ports) || leads_outside(&c->listens)};
}

static bool has(const struct members *m, const struct container *c)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->items[i].c == c)
			return true;
	return false;
}

/* Who shares with one that is renewed is to be started anew as well, and so who shares with that. */
static void add_sharers(const struct containers *all, struct members *m)
{
	for (size_t at = 0; at < m->count; at++)
		for (size_t i = 0; i < all->count; i++)
			if (container_lives(&all->items[i]) &&
			    shares_with(&all->items[i], m->items[at].c) && !has(m, &all->items[i]))
				add(m, &all->items[i], true);
}

static int compare_names(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return strcmp(container_label(x->c), container_label(y->c));
}

static void count_waits(struct members *m)
{
	for (size_t i = 0; i < m->count; i++)
		for (size_t k = 0; k < m->count; k++)
			m->items[i].waits_for += needs(m->items[i].c, m->items[k].c);
}

/* The next one: of those in a circle the one that waits for the fewest. */
static struct member *next_of(struct members *m)
{
	struct member *best = NULL;

	for (size_t i = 0; i < m->count; i++) {
		struct member *one = &m->items[i];

		if (!one->done &&
		    (!best || one->waits_for < best->waits_for ||
		     (one->waits_for == best->waits_for && best->outside && !one->outside)))
			best = one;
	}
	return best;
}

static void take(struct members *m, struct member *one, struct strv *ret)
{
	one->done = true;
	strv_addf(ret, "%s%s", container_label(one->c),
		  one->shares ? " (new itself, it shares a namespace with one before)" : "");
	for (size_t i = 0; i < m->count; i++)
		if (!m->items[i].done)
			m->items[i].waits_for -= needs(m->items[i].c, one->c);
}

static void order(const struct docker_facts *docker, const struct container_set *failing,
		  struct strv *ret)
{
	CLEANUP(members_clear) struct members m = {0};
	struct containers all;
	struct member *one;

	for (size_t i = 0; i < failing->count; i++)
		add(&m, failing->items[i], false);
	if (containers_get(&docker->containers, &all))
		add_sharers(&all, &m);
	if (m.count > 1)
		qsort(m.items, m.count, sizeof(*m.items), compare_names);
	count_waits(&m);
	while ((one = next_of(&m)))
		take(&m, one, ret);
}

static char *fix_renewal(const struct docker_facts *docker, const struct container_set *failing)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;

	order(docker, failing, &names);
	list = strv_join(&names, ", ");
	return xasprintf("docker restart NAME (of a service's task: docker service update --force "
			 "SERVICE), one after the other%s: %s",
			 names.count > 1 ? ", in this order" : "", list);
}

const struct container_aspect container_renewal_aspects[] = {
	{
		.name = "renewal",
		.finding = "began before what is installed now",
		.judge = judge_renewal,
		.fix_of = fix_renewal,
	},
	{0},
};
