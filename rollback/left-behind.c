#include "rollback/left-behind.h"

#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/ask/nft-rules.h"
#include "engine/host/read/observe.h"
#include "engine/host/read/sysctl.h"

#define INTERFACES "/proc/sys/net/ipv4/conf"

/* "docker0", or "br-" and the first twelve digits of a network's id. */
static bool is_bridge_of_docker(const char *name)
{
	const char *id = skip_prefix(name, "br-");

	return strcmp(name, "docker0") == 0 ||
	       (id && strspn(id, "0123456789abcdef") == 12 && strlen(id) == 12);
}

void left_behind_rules(const struct nft_rules *rules, struct strv *ret)
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct nft_rule *rule = &rules->items[i];

		if (strcmp_null(rule->target, "MASQUERADE") == 0 && rule->by_address_type &&
		    rule->out.name && !rule->out.negated && is_bridge_of_docker(rule->out.name))
			strv_addf(
				ret,
				"what this host itself sends to containers on %s is masqueraded: "
				"dockerd 20.10 makes that rule for userland-proxy=false and does "
				"not take it back; where nothing else needs it, 'iptables -t nat "
				"-D POSTROUTING -o %s -m addrtype --src-type LOCAL -j MASQUERADE' "
				"does",
				rule->out.name, rule->out.name);
	}
}

/* With the way of iptables that is older than nft the rules are not read, and none is named. */
static void find_rules(struct strv *ret)
{
	CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
	CLEANUP(buf_clear) struct buf dump = {0};

	if (nft_chain_dump(NFPROTO_IPV4, "nat", "POSTROUTING", &dump, NULL) >= 0 &&
	    nft_dump_read(dump.data, dump.len, &rules, NULL) >= 0)
		left_behind_rules(&rules, ret);
}

void left_behind(const struct root *root, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv names = {0};

	if (root->offline || observe_children(root, INTERFACES, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep)
		char *key = xasprintf("net.ipv4.conf.%s.route_localnet", names.items[i]);
		CLEANUP(freep) char *value = NULL;

		if (is_bridge_of_docker(names.items[i]) && sysctl_read(key, &value, NULL) >= 0 &&
		    strcmp(value, "1") == 0)
			strv_addf(
				ret,
				"%s is 1: dockerd sets it for userland-proxy=false and does not "
				"take it back; where nothing else needs it, 'sysctl -w %s=0' does",
				key, key);
	}
	find_rules(ret);
}

void left_behind_by(const struct plan *plan, const struct root *root, struct strv *ret)
{
	for (size_t i = 0; i < plan->nstages; i++)
		for (size_t k = 0; k < plan->stages[i].effects.count; k++)
			if (effect_leaves_behind(&plan->stages[i].effects.items[k])) {
				left_behind(root, ret);
				return;
			}
}
