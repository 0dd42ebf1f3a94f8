#include <errno.h>
#include <linux/in.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/format/nft-dump.h"
#include "engine/host/ask/nft-rules.h"

/*
 * Published ports by the rules that lead to them: without docker-proxy (userland-proxy=false) they are
 * the only witness. Those of iptables-legacy are not read, and nothing is said of them.
 */

#define TRIES 3 /* the rules may change while they are read */

static unsigned protocol_of(const char *name)
{
	return strcmp(name, "tcp") == 0    ? IPPROTO_TCP
	       : strcmp(name, "udp") == 0  ? IPPROTO_UDP
	       : strcmp(name, "sctp") == 0 ? IPPROTO_SCTP
					   : 0;
}

static bool is_to(const struct nft_rule *rule, const char *address)
{
	bool any = strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;

	return any ? !rule->destination : strcmp_null(rule->destination, address) == 0;
}

bool rule_leads(const struct nft_rule *rule, const char *port)
{
	unsigned number;
	char protocol[8], address[64];

	return sscanf(port, "%u/%7[a-z] on %63s", &number, protocol, address) == 3 && number > 0 &&
	       strcmp_null(rule->target, "DNAT") == 0 && rule->sent_to && rule->port == number &&
	       rule->protocol == protocol_of(protocol) && is_to(rule, address) &&
	       (!rule->in.name || rule->in.negated) && !rule->by_subnet && !rule->by_address_type &&
	       !rule->asks_more;
}

static int read_chain(unsigned family, const char *chain, struct nft_rules *ret, struct error *err)
{
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		CLEANUP(buf_clear) struct buf dump = {0};

		nft_rules_clear(ret);
		error_clear(err);
		r = nft_chain_dump(family, "nat", chain, &dump, err);
		if (r >= 0)
			r = nft_dump_read(dump.data, dump.len, ret, err);
	}
	return r;
}

static bool is_jumped_to(const struct nft_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		if (strcmp_null(rules->items[i].to, "DOCKER") == 0)
			return true;
	return false;
}

static int add_led(unsigned family, const struct strv *ports, struct strv *ret, struct error *err)
{
	CLEANUP(nft_rules_clear) struct nft_rules first = {0}, own = {0};
	int r = read_chain(family, "PREROUTING", &first, err);

	if (r >= 0)
		r = read_chain(family, "DOCKER", &own, err);
	if (r < 0 || !is_jumped_to(&first))
		return r;
	for (size_t i = 0; i < ports->count; i++) {
		bool v6 = strchr(ports->items[i], ':') != NULL;

		for (size_t k = 0; v6 == (family == NFPROTO_IPV6) && k < own.count; k++)
			if (rule_leads(&own.items[k], ports->items[i]))
				strv_add_once(ret, ports->items[i]);
	}
	return 0;
}

int ports_led(const struct strv *ports, struct strv *ret, struct error *err)
{
	int r = add_led(NFPROTO_IPV4, ports, ret, err);

	return r < 0 ? r : add_led(NFPROTO_IPV6, ports, ret, err);
}
