#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/forward.h"
#include "engine/format/daemon-keys.h"
#include "engine/host/ask/nft-rules.h"
#include "engine/host/read/elsewhere.h"

/*
 * What dockerd's start does to rules of others in the packet filter: its jumps go to the top of
 * FORWARD, above what stands there, and its chain DOCKER is made anew. Measured: 28.5.2 moves
 * DOCKER-USER and DOCKER-FORWARD (the latter lets in what is published); 20.10.24 and 26.1.5 move
 * only DOCKER-ISOLATION-STAGE-1, which lets nothing in; all three empty DOCKER. A reload does none of it.
 */

#define ISOLATION "DOCKER-ISOLATION-STAGE-1"
#define ALL_JUMPS "27.0" /* between 26.1 and 28.5 nothing was measured */
#define LOOKS 3 /* until something counts as odd */
#define TRIES 3 /* the rules may change while they are read */

int filter_rules(unsigned family, const char *table, const char *chain, struct nft_rules *ret,
		 struct error *err)
{
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		CLEANUP(buf_clear) struct buf dump = {0};

		nft_rules_clear(ret);
		error_clear(err);
		r = nft_chain_dump(family, table, chain, &dump, err);
		if (r >= 0)
			r = nft_dump_read(dump.data, dump.len, ret, err);
	}
	return r;
}

bool rule_is_dockers(const struct nft_rule *rule)
{
	return rule->to && starts_with(rule->to, "DOCKER");
}

/* Chains that one rule leads to, whichever way: more than that are not followed. */
#define MOST_CHAINS 64

struct trail {
	unsigned family;
	struct strv seen; /* chains that were looked at: what they forbid is known */
};

/*
 * Whether a chain forbids nothing: its rules accept, come back, or jump to such chains. 1 and 0, or
 * negative where it cannot be read. One that was seen before adds nothing, so that a loop ends.
 */
static int only_accepts(struct trail *trail, const char *chain, struct error *err)
{
	CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
	int r;

	if (strv_contains(&trail->seen, chain))
		return 1;
	if (trail->seen.count == MOST_CHAINS)
		return 0;
	strv_add(&trail->seen, chain);
	r = filter_rules(trail->family, "filter", chain, &rules, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < rules.count; i++) {
		const struct nft_rule *rule = &rules.items[i];

		if (rule->accepts || rule->returns)
			continue;
		if (!rule->to || rule->goes || rule_is_dockers(rule))
			return 0;
		r = only_accepts(trail, rule->to, err);
		if (r <= 0)
			return r;
	}
	return 1;
}

/* A jump that comes back forbids what the rules there forbid. */
static int follow_jumps(unsigned family, struct nft_rules *rules, struct error *err)
{
	for (size_t i = 0; i < rules->count; i++) {
		struct nft_rule *rule = &rules->items[i];
		struct trail trail = {.family = family};
		int r;

		if (!rule->to || rule->goes || rule_is_dockers(rule))
			continue;
		r = only_accepts(&trail, rule->to, err);
		strv_clear(&trail.seen);
		if (r < 0)
			return r;
		rule->accepts = r > 0;
	}
	return 0;
}

/*
 * Rules of others before the last of the jumps that move. Where those let packets in, a rule that
 * accepts loses nothing to them; where they drop, it does.
 */
static size_t others_above(const struct nft_rules *rules, bool all_jumps)
{
	size_t above = 0, seen = 0;

	for (size_t i = 0; i < rules->count; i++) {
		const struct nft_rule *rule = &rules->items[i];

		if (!rule_is_dockers(rule))
			seen += !all_jumps || !rule->accepts;
		else if (all_jumps || strcmp(rule->to, ISOLATION) == 0)
			above = seen;
	}
	return above;
}

static void tell_above(struct docker_facts *d, size_t n, bool all_jumps, const char *program)
{
	const char *many = n == 1 ? "" : "s";

	if (n > 0 && all_jumps)
		strv_addf(&d->restart_brings,
			  "%zu rule%s of others stand%s in FORWARD above the jumps of dockerd "
			  "(%s -S FORWARD): its start puts DOCKER-USER and DOCKER-FORWARD above "
			  "%s, so that what is forbidden there may be let through; in "
			  "DOCKER-USER %s would stay first",
			  n, many, n == 1 ? "s" : "", program, n == 1 ? "it" : "them",
			  n == 1 ? "it" : "they");
	else if (n > 0)
		strv_addf(&d->restart_runs,
			  "%zu rule%s of others stand%s in FORWARD above the jumps of dockerd "
			  "(%s -S FORWARD): its start puts " ISOLATION " above %s, and what is "
			  "accepted there between networks of Docker is dropped before",
			  n, many, n == 1 ? "s" : "", program, n == 1 ? "it" : "them");
}

static void filter_view_clear(struct filter_view *v)
{
	nft_rules_clear(&v->forward);
	nft_rules_clear(&v->own);
}

static int read_view(struct filter_view *v, struct error *err)
{
	int r = filter_rules(v->family, "filter", "FORWARD", &v->forward, err);

	if (r >= 0 && v->all_jumps)
		r = follow_jumps(v->family, &v->forward, err);
	return r < 0 ? r : filter_rules(v->family, "filter", "DOCKER", &v->own, err);
}

static bool publishes(const struct docker_facts *d)
{
	for (size_t i = 0; d->containers.known && i < d->containers.nseen; i++)
		if (d->containers.seen[i].running && !d->containers.seen[i].given_up &&
		    d->containers.seen[i].ports.count > 0)
			return true;
	return false;
}

static void tell_legacy(struct docker_facts *d, const struct filter_view *v)
{
	if (v->all_jumps)
		strv_addf(&d->restart_brings,
			  "%s-legacy keeps the packet filter, and is not read: its rules in "
			  "FORWARD above the jumps of dockerd come below them by its start",
			  v->program);
	else if (publishes(d))
		strv_addf(&d->restart_brings,
			  "%s-legacy keeps the packet filter, and is not read: a port that was "
			  "closed in a chain of dockerd is opened by its start",
			  v->program);
}

/* One look; what it finds in dockerd's own chains goes to `own`. */
static int look(struct gather *g, struct filter_view *v, struct strv *own, struct error *err)
{
	bool jumps = false;
	int r = read_view(v, err);

	for (size_t i = 0; i < v->forward.count; i++)
		jumps |= rule_is_dockers(&v->forward.items[i]);
	if (r < 0 || jumps || !legacy_filter(v->family))
		return r < 0 ? r : filter_find_own(g, v, own, err);
	tell_legacy(&g->facts->docker, v);
	return 0;
}

/*
 * dockerd makes and takes away rules, one by one, while containers begin and end: what is odd in its
 * own chains must be so in each of several looks.
 */
static bool gather_family(struct gather *g, unsigned family, const char *program, bool all_jumps)
{
	static const struct timespec while_they_are_made = {.tv_nsec = 100000000};
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv own = {0};
	int r = 0;

	for (int i = 0; i < LOOKS; i++) {
		CLEANUP(filter_view_clear)
		struct filter_view v = {
			.family = family, .program = program, .all_jumps = all_jumps};
		CLEANUP(error_clear) struct error err = {0};

		if (i > 0)
			nanosleep(&while_they_are_made, NULL);
		strv_clear(&own);
		r = look(g, &v, &own, &err);
		if (r < 0)
			strv_addf(&d->restart_brings,
				  "whether the start of dockerd overrules rules of others in the "
				  "packet filter could not be asked: %s",
				  error_text(&err));
		if (r < 0)
			return false;
		if (own.count > 0 && i + 1 < LOOKS)
			continue;
		tell_above(d, others_above(&v.forward, all_jumps), all_jumps, program);
		break;
	}
	strv_add_all(&d->restart_brings, &own);
	return true;
}

void gather_forward(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	const struct setting *rules = settings_find(&d->next, "iptables");
	bool all_jumps = !d->version || engine_version_compare(d->version, ALL_JUMPS) >= 0;

	if (!restart_is_possible(g) || (rules && strcmp_null(rules->value, "false") == 0))
		return;
	if (elsewhere()->network) {
		strv_addf(&d->restart_brings,
			  "whether the start of dockerd overrules rules of others in the packet "
			  "filter is not known: %s",
			  elsewhere()->network);
		return;
	}
	if (gather_family(g, NFPROTO_IPV4, "iptables", all_jumps))
		gather_family(g, NFPROTO_IPV6, "ip6tables", all_jumps);
}
