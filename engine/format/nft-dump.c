#include "engine/format/nft-dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/macros.h"

/* Attributes, one behind the other. */
struct attributes {
	const char *at, *end;
};

struct attribute {
	unsigned type;
	struct attributes in; /* what it holds: more of them, or bytes */
};

static bool next(struct attributes *a, struct attribute *ret)
{
	struct nlattr head;
	size_t left = (size_t)(a->end - a->at);

	if (left < sizeof(head))
		return false;
	memcpy(&head, a->at, sizeof(head));
	if (head.nla_len < NLA_HDRLEN || head.nla_len > left)
		return false;
	ret->type = head.nla_type & NLA_TYPE_MASK;
	ret->in = (struct attributes){a->at + NLA_HDRLEN, a->at + head.nla_len};
	a->at += (size_t)NLA_ALIGN(head.nla_len) < left ? (size_t)NLA_ALIGN(head.nla_len) : left;
	return true;
}

static bool find(struct attributes a, unsigned type, struct attributes *ret)
{
	struct attribute one;

	while (next(&a, &one)) {
		if (one.type != type)
			continue;
		*ret = one.in;
		return true;
	}
	return false;
}

static bool is_text(const struct attributes *a, const char *text)
{
	size_t n = strlen(text) + 1;

	return (size_t)(a->end - a->at) == n && memcmp(a->at, text, n) == 0;
}

static void take_code(struct attributes verdict, struct nft_rule *rule)
{
	struct attributes code;
	uint32_t value;

	if (!find(verdict, NFTA_VERDICT_CODE, &code) || code.end - code.at != sizeof(value))
		return;
	memcpy(&value, code.at, sizeof(value));
	value = ntohl(value);
	rule->accepts = value == NF_ACCEPT;
	rule->returns = value == (uint32_t)NFT_RETURN;
	rule->goes = value == (uint32_t)NFT_GOTO;
}

/* An expression that ends in a verdict. */
static void take_verdict(struct attributes expression, struct nft_rule *rule)
{
	struct attributes data, verdict, chain;

	if (!find(expression, NFTA_IMMEDIATE_DATA, &data) ||
	    !find(data, NFTA_DATA_VERDICT, &verdict))
		return;
	take_code(verdict, rule);
	if (!rule->to && find(verdict, NFTA_VERDICT_CHAIN, &chain))
		rule->to = xstrndup(chain.at, (size_t)(chain.end - chain.at));
}

static bool asks_interface_out(struct attributes expression)
{
	struct attributes key;
	uint32_t value;

	if (!find(expression, NFTA_META_KEY, &key) || key.end - key.at != sizeof(value))
		return false;
	memcpy(&value, key.at, sizeof(value));
	value = ntohl(value);
	return value == NFT_META_OIFNAME || value == NFT_META_OIF;
}

static void take_expression(struct attributes a, struct nft_rule *rule)
{
	struct attributes name, data;

	if (!find(a, NFTA_EXPR_NAME, &name) || !find(a, NFTA_EXPR_DATA, &data))
		return;
	if (is_text(&name, "immediate"))
		take_verdict(data, rule);
	else if (is_text(&name, "meta"))
		rule->by_interface_out |= asks_interface_out(data);
}

static void take_rule(struct attributes a, struct nft_rules *ret)
{
	struct attributes list;
	struct attribute one;
	struct nft_rule *rule;

	rule = array_append(&ret->items, &ret->count, sizeof(*ret->items));
	if (!find(a, NFTA_RULE_EXPRESSIONS, &list))
		return;
	while (next(&list, &one))
		if (one.type == NFTA_LIST_ELEM)
			take_expression(one.in, rule);
}

static int refusal(const struct nlmsghdr *head, const char *body, struct error *err)
{
	int r;

	if (head->nlmsg_len < NLMSG_HDRLEN + sizeof(r))
		return error_set(err, -EBADMSG, "the kernel's answer is cut off");
	memcpy(&r, body, sizeof(r));
	if (r == 0 || r == -ENOENT) /* no such chain: it has no rules */
		return 0;
	return error_set(err, r < 0 && r > -4096 ? r : -EBADMSG, "the kernel refuses: %s",
			 strerror(-r));
}

int nft_dump_read(const void *data, size_t n, struct nft_rules *ret, struct error *err)
{
	const char *at = data, *end = at + n;
	struct nlmsghdr head;

	while ((size_t)(end - at) >= sizeof(head)) {
		const char *body = at + NLMSG_HDRLEN;
		size_t whole, left = (size_t)(end - at);

		memcpy(&head, at, sizeof(head));
		if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > left)
			return error_set(err, -EBADMSG, "the kernel's answer is cut off");
		whole = NLMSG_ALIGN(head.nlmsg_len);
		if (head.nlmsg_type == NLMSG_DONE)
			return 0;
		if (head.nlmsg_type == NLMSG_ERROR)
			return refusal(&head, body, err);
		if (head.nlmsg_flags & NLM_F_DUMP_INTR)
			return error_set(err, -EINTR, "the rules changed while they were read");
		if (head.nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE) &&
		    head.nlmsg_len >= NLMSG_HDRLEN + sizeof(struct nfgenmsg))
			take_rule((struct attributes){body + NLMSG_ALIGN(sizeof(struct nfgenmsg)),
						      at + head.nlmsg_len},
				  ret);
		at += whole < left ? whole : left;
	}
	return 1;
}

void nft_rules_clear(struct nft_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		free(rules->items[i].to);
	free(rules->items);
	*rules = (struct nft_rules){0};
}
