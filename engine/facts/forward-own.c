#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/forward.h"
#include "engine/format/container-info.h"
#include "engine/host/ask/engine-api.h"
#include "engine/model/container.h"

/*
 * Ports that somebody closed in dockerd's own chains: by a rule of his there, or by taking out one
 * of dockerd's. Measured with 20.10.24 and 28.5.2: the start empties all of them but DOCKER-USER,
 * and makes its own rules anew, so that the port is open again.
 */

struct own_chain {
	const char *table, *name;
	/* whether dockerd itself makes such a rule there, of one that does not let through */
	bool (*forbids)(const struct filter_view *v, const struct nft_rules *rules, size_t i);
};

static bool asks_interfaces_only(const struct nft_rule *rule)
{
	return !rule->destination && !rule->protocol && !rule->port && !rule->by_subnet &&
	       !rule->asks_more;
}

static bool same_interface(const struct nft_rule *rule)
{
	return rule->in.name && rule->out.name && !rule->out.negated &&
	       strcmp(rule->in.name, rule->out.name) == 0 && asks_interfaces_only(rule);
}

/* What lets in from elsewhere: a link's rule is about what comes from the bridge itself. */
static bool lets_in(const struct nft_rule *rule, const char *bridge)
{
	bool from_bridge = rule->in.name && !rule->in.negated && strcmp(rule->in.name, bridge) == 0;

	return rule->accepts && strcmp_null(rule->out.name, bridge) == 0 && !from_bridge;
}

/* The last word on a bridge (28.5): what comes from elsewhere and was not let in before. */
static bool closes_bridge(const struct filter_view *v, const struct nft_rules *rules, size_t i)
{
	const struct nft_rule *rule = &rules->items[i];

	if (!v->all_jumps || !rule->drops || !same_interface(rule) || !rule->in.negated)
		return false;
	for (size_t k = i + 1; k < rules->count; k++)
		if (lets_in(&rules->items[k], rule->out.name))
			return false;
	return true;
}

/* Between containers of one bridge, where icc is false. */
static bool closes_between(const struct filter_view *v, const struct nft_rules *rules, size_t i)
{
	const struct nft_rule *rule = &rules->items[i];

	return rule->drops && same_interface(rule) && !rule->in.negated;
}

/* What does not come from the network of an internal bridge, or does not go there. */
static bool isolates_internal(const struct filter_view *v, const struct nft_rules *rules, size_t i)
{
	const struct nft_rule *rule = &rules->items[i];

	return rule->drops && rule->by_subnet && !rule->port && !rule->asks_more;
}

/* What comes from another bridge. */
static bool isolates_bridge(const struct filter_view *v, const struct nft_rules *rules, size_t i)
{
	const struct nft_rule *rule = &rules->items[i];

	return rule->drops && !rule->in.name && rule->out.name && asks_interfaces_only(rule);
}

static const struct own_chain own_chains[] = {
	{"filter", "DOCKER", closes_bridge},
	{"filter", "DOCKER-FORWARD", closes_between},
	{"filter", "DOCKER-BRIDGE", NULL},
	{"filter", "DOCKER-CT", NULL},
	{"filter", "DOCKER-ISOLATION-STAGE-1", isolates_internal},
	{"filter", "DOCKER-ISOLATION-STAGE-2", isolates_bridge},
};

static bool is_own(const struct filter_view *v, const struct own_chain *chain,
		   const struct nft_rules *rules, size_t i)
{
	const struct nft_rule *rule = &rules->items[i];
	bool in_docker = strcmp(chain->name, "DOCKER") == 0;

	if (rule_is_dockers(rule))
		return true;
	if (rule->accepts)
		return !in_docker || rule->by_interface_out;
	if (rule->returns)
		return !in_docker;
	return chain->forbids && chain->forbids(v, rules, i);
}

static void tell_others(const struct filter_view *v, const char *table, const char *chain, size_t n,
			struct strv *ret)
{
	bool nat = strcmp(table, "nat") == 0;

	if (n > 0)
		strv_addf(ret,
			  "the start of dockerd makes its chain %s%s anew, without the %zu rule%s "
			  "of others there (%s%s -S %s); DOCKER-USER is left as it is",
			  chain, nat ? " of the table nat" : "", n, n == 1 ? "" : "s", v->program,
			  nat ? " -t nat" : "", chain);
}

static int tell_chain(const struct filter_view *v, const struct own_chain *chain, struct strv *ret,
		      struct error *err)
{
	CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
	size_t n = 0;
	int r;

	r = filter_rules(v->family, chain->table, chain->name, &rules, err);
	for (size_t i = 0; i < rules.count; i++)
		n += !is_own(v, chain, &rules, i);
	if (r >= 0)
		tell_others(v, chain->table, chain->name, n, ret);
	return r;
}

/* Bridges for which chain DOCKER is asked; "" stands for each. */
static void take_bridges(const struct nft_rules *rules, struct strv *ret)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct nft_rule *rule = &rules->items[i];

		if (strcmp_null(rule->to, "DOCKER") == 0)
			strv_add(ret, rule->out.name && !rule->out.negated ? rule->out.name : "");
	}
}

static bool jumps_to(const struct nft_rules *rules, const char *chain)
{
	for (size_t i = 0; i < rules->count; i++)
		if (strcmp_null(rules->items[i].to, chain) == 0)
			return true;
	return false;
}

/* By FORWARD itself, and since 28 by way of two chains more. */
static int read_bridges(const struct filter_view *v, struct strv *ret, struct error *err)
{
	CLEANUP(nft_rules_clear) struct nft_rules second = {0}, third = {0};
	int r;

	take_bridges(&v->forward, ret);
	if (!jumps_to(&v->forward, "DOCKER-FORWARD"))
		return 0;
	r = filter_rules(v->family, "filter", "DOCKER-FORWARD", &second, err);
	if (r >= 0)
		r = filter_rules(v->family, "filter", "DOCKER-BRIDGE", &third, err);
	if (r < 0)
		return r;
	take_bridges(&second, ret);
	if (jumps_to(&second, "DOCKER-BRIDGE"))
		take_bridges(&third, ret);
	return 0;
}

static bool is_bridge(const struct strv *bridges, const char *name)
{
	return name && (strv_contains(bridges, name) || strv_contains(bridges, ""));
}

/* dockerd's own send to a container, or pass by what comes from its bridge. */
static size_t others_in_nat(const struct nft_rules *nat, const struct strv *bridges)
{
	size_t n = 0;

	for (size_t i = 0; i < nat->count; i++) {
		const struct nft_rule *rule = &nat->items[i];

		n += strcmp_null(rule->target, "DNAT") != 0 &&
		     !(rule->returns && !rule->in.negated && !rule->out.name &&
		       asks_interfaces_only(rule) && is_bridge(bridges, rule->in.name));
	}
	return n;
}

/* "8080/tcp on 0.0.0.0" */
struct published {
	unsigned port, protocol;
	const char *address; /* NULL: each */
};

static bool read_published(const char *text, struct published *ret)
{
	static const struct {
		const char *name;
		unsigned number;
	} protocols[] = {
		{"/tcp on ", IPPROTO_TCP}, {"/udp on ", IPPROTO_UDP}, {"/sctp on ", IPPROTO_SCTP}};
	char *rest;

	*ret = (struct published){.port = (unsigned)strtoul(text, &rest, 10)};
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		const char *address = skip_prefix(rest, protocols[i].name);

		if (!address)
			continue;
		ret->protocol = protocols[i].number;
		ret->address = address;
	}
	if (!ret->port || !ret->address || strchr(ret->address, ':'))
		return false; /* none that dockerd makes a rule of IPv4 for */
	if (strcmp(ret->address, "0.0.0.0") == 0 || strcmp(ret->address, "default") == 0)
		ret->address = NULL;
	return true;
}

static const struct nft_rule *find_sent(const struct nft_rules *nat, const struct published *p)
{
	for (size_t i = 0; i < nat->count; i++) {
		const struct nft_rule *rule = &nat->items[i];

		if (strcmp_null(rule->target, "DNAT") == 0 && rule->sent_to &&
		    rule->port == p->port && rule->protocol == p->protocol &&
		    strcmp_null(rule->destination, p->address) == 0)
			return rule;
	}
	return NULL;
}

/* Let in by a rule of its own, or with all else of its bridge (gateway mode nat-unprotected). */
static bool is_let_in(const struct nft_rules *own, const struct strv *bridges,
		      const struct nft_rule *sent)
{
	for (size_t i = 0; i < own->count; i++) {
		const struct nft_rule *rule = &own->items[i];

		if (!rule->accepts || rule->out.negated || !is_bridge(bridges, rule->out.name))
			continue;
		if (asks_interfaces_only(rule) && strcmp_null(rule->out.name, sent->in.name) == 0)
			return true;
		if (strcmp_null(rule->destination, sent->sent_to) == 0 &&
		    rule->port == sent->sent_port && rule->protocol == sent->protocol)
			return true;
	}
	return false;
}

/* A port that dockerd itself did not get, or lost at its last start, has no rules: nobody closed it. */
static bool is_held(const struct docker_facts *d, const struct published *p, const char *port)
{
	return (!p->address || d->listening.unknown || listening_has(&d->listening, p->address)) &&
	       !port_is_lost(d, port);
}

static void take_closed(const struct docker_facts *d, const struct container *c,
			const struct filter_view *v, const struct nft_rules *nat,
			const struct strv *bridges, struct strv *ret)
{
	for (size_t i = 0; i < c->ports.count; i++) {
		const struct nft_rule *sent;
		struct published p;

		if (!read_published(c->ports.items[i], &p) || !is_held(d, &p, c->ports.items[i]))
			continue;
		sent = find_sent(nat, &p);
		if (!sent || !is_let_in(&v->own, bridges, sent))
			strv_add(ret, c->ports.items[i]);
	}
}

/* Between two runs one counts as running, too, and has no rules. */
static bool is_up(const struct container *c)
{
	return c->running && strcmp_null(c->state, "restarting") != 0;
}

/* Whether the container is the one that was seen, from before the rules were read until after. */
static bool lived_on(const struct gather *g, const struct container *c)
{
	CLEANUP(freep) char *path = xasprintf("/containers/%s/json", c->id);
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(container_clear) struct container now;
	int r = g->api ? engine_api_get(g->api, path, &body, NULL) : -ENOTCONN;

	container_init(&now);
	if (r == -ENOENT)
		return false;
	if (r < 0 || container_info_read(&body, &now, NULL, NULL) < 0)
		return true; /* what cannot be asked holds */
	return is_up(&now) && now.started_usec == c->started_usec;
}

static void tell_closed(const struct gather *g, const struct filter_view *v,
			const struct nft_rules *nat, const struct strv *bridges, struct strv *ret)
{
	const struct docker_facts *d = &g->facts->docker;

	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++) {
		const struct container *c = &d->containers.seen[i];
		CLEANUP(strv_clear) struct strv closed = {0};
		CLEANUP(freep) char *ports = NULL;

		if (is_up(c) && !c->given_up)
			take_closed(d, c, v, nat, bridges, &closed);
		ports = strv_join(&closed, ", ");
		if (closed.count > 0 && lived_on(g, c))
			strv_addf(ret,
				  "container %s publishes %s, and rules of dockerd for that are "
				  "not in the packet filter any more (%s -S, %s -t nat -S): its "
				  "start makes them anew, and what was closed by that is open; "
				  "DOCKER-USER is the place to close it",
				  container_label(c), ports, v->program, v->program);
	}
}

static int tell_published(const struct gather *g, const struct filter_view *v, struct strv *ret,
			  struct error *err)
{
	CLEANUP(nft_rules_clear) struct nft_rules nat = {0}, first = {0};
	CLEANUP(strv_clear) struct strv bridges = {0};
	const struct setting *rules = settings_find(&g->facts->docker.now, "iptables");
	int r;

	r = filter_rules(v->family, "nat", "DOCKER", &nat, err);
	if (r >= 0)
		r = filter_rules(v->family, "nat", "PREROUTING", &first, err);
	if (r >= 0)
		r = read_bridges(v, &bridges, err);
	if (r < 0)
		return r;
	tell_others(v, "nat", "DOCKER", others_in_nat(&nat, &bridges), ret);
	if (v->family != NFPROTO_IPV4 || (rules && strcmp_null(rules->value, "false") == 0))
		return 0;
	if (!jumps_to(&first, "DOCKER"))
		nft_rules_clear(&nat); /* nobody comes there */
	tell_closed(g, v, &nat, &bridges, ret);
	return 0;
}

int filter_find_own(const struct gather *g, const struct filter_view *v, struct strv *ret,
		    struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(own_chains) && r >= 0; i++)
		r = tell_chain(v, &own_chains[i], ret, err);
	return r < 0 ? r : tell_published(g, v, ret, err);
}
