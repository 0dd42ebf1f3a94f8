#include "engine/format/nft-dump.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
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
	rule->drops = value == NF_DROP;
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

/* A number of 32 bits; 0 where there is none. */
static uint32_t number_of(struct attributes expression, unsigned type)
{
	struct attributes in;
	uint32_t value;

	if (!find(expression, type, &in) || in.end - in.at != sizeof(value))
		return 0;
	memcpy(&value, in.at, sizeof(value));
	return ntohl(value);
}

/* What was loaded last, which the comparison after it asks about. */
enum loaded {
	LOADED_OTHER,
	LOADED_IN,
	LOADED_OUT,
	LOADED_PROTOCOL,
	LOADED_ADDRESS, /* of either end, or of a network */
	LOADED_DESTINATION4,
	LOADED_DESTINATION6,
	LOADED_PORT,
};

static enum loaded loaded_meta(struct attributes expression)
{
	switch (number_of(expression, NFTA_META_KEY)) {
	case NFT_META_IIFNAME:
		return LOADED_IN;
	case NFT_META_OIFNAME:
		return LOADED_OUT;
	case NFT_META_L4PROTO:
		return LOADED_PROTOCOL;
	default:
		return LOADED_OTHER;
	}
}

/* Of the headers of IPv4 and IPv6, and of TCP and UDP. */
static enum loaded loaded_payload(struct attributes expression)
{
	uint32_t base = number_of(expression, NFTA_PAYLOAD_BASE);
	uint32_t at = number_of(expression, NFTA_PAYLOAD_OFFSET);
	uint32_t n = number_of(expression, NFTA_PAYLOAD_LEN);

	if (base == NFT_PAYLOAD_TRANSPORT_HEADER)
		return at == 2 && n == 2 ? LOADED_PORT : LOADED_OTHER;
	if (base != NFT_PAYLOAD_NETWORK_HEADER)
		return LOADED_OTHER;
	if (n == 1 && (at == 9 || at == 6))
		return LOADED_PROTOCOL;
	if (n == 4 && at == 16)
		return LOADED_DESTINATION4;
	if (n == 16 && at == 24)
		return LOADED_DESTINATION6;
	return at >= 8 ? LOADED_ADDRESS : LOADED_OTHER;
}

static char *address_text(int family, struct attributes bytes)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = family == AF_INET ? 4 : 16;

	if ((size_t)(bytes.end - bytes.at) != n)
		return NULL;
	return inet_ntop(family, bytes.at, text, sizeof(text)) ? xstrdup(text) : NULL;
}

static void take_interface(struct attributes value, bool negated, struct nft_interface *ret)
{
	free(ret->name);
	ret->name = xstrndup(value.at, (size_t)(value.end - value.at));
	ret->negated = negated;
}

static void take_equal(enum loaded loaded, struct attributes value, struct nft_rule *rule)
{
	size_t n = (size_t)(value.end - value.at);
	bool v4 = loaded == LOADED_DESTINATION4;

	if (loaded == LOADED_PROTOCOL && n >= 1) {
		rule->protocol = (unsigned char)*value.at;
	} else if (loaded == LOADED_PORT && n == 2) {
		rule->port = (unsigned)(unsigned char)value.at[0] << 8 | (unsigned char)value.at[1];
	} else if (v4 || loaded == LOADED_DESTINATION6) {
		free(rule->destination);
		rule->destination = address_text(v4 ? AF_INET : AF_INET6, value);
		rule->asks_more |= !rule->destination;
	} else {
		rule->asks_more = true;
	}
}

static void take_comparison(enum loaded loaded, struct attributes expression, struct nft_rule *rule)
{
	uint32_t operation = number_of(expression, NFTA_CMP_OP);
	bool negated = operation == NFT_CMP_NEQ;
	struct attributes data, value;

	if (!find(expression, NFTA_CMP_DATA, &data) || !find(data, NFTA_DATA_VALUE, &value) ||
	    (!negated && operation != NFT_CMP_EQ)) {
		rule->asks_more = true;
		return;
	}
	if (loaded == LOADED_IN || loaded == LOADED_OUT)
		take_interface(value, negated, loaded == LOADED_IN ? &rule->in : &rule->out);
	else if (!negated)
		take_equal(loaded, value, rule);
	else if (loaded == LOADED_ADDRESS || loaded == LOADED_DESTINATION4 ||
		 loaded == LOADED_DESTINATION6)
		rule->by_subnet = true;
	else
		rule->asks_more = true;
}

static bool has_name(struct attributes expression, unsigned type, const char *text)
{
	struct attributes name;

	return find(expression, type, &name) && is_text(&name, text);
}

/* A target that is not of nf_tables itself; of DNAT, where to. */
static void take_target(unsigned family, struct attributes expression, struct nft_rule *rule)
{
	struct nf_nat_range range; /* that of later revisions begins as this one */
	struct attributes name, info;

	if (!find(expression, NFTA_TARGET_NAME, &name))
		return;
	free(rule->target);
	rule->target = xstrndup(name.at, (size_t)(name.end - name.at));
	if (strcmp(rule->target, "DNAT") != 0 || !find(expression, NFTA_TARGET_INFO, &info) ||
	    (size_t)(info.end - info.at) < sizeof(range))
		return;
	memcpy(&range, info.at, sizeof(range));
	info.at = (const char *)&range.min_addr;
	info.end = info.at + (family == NFPROTO_IPV4 ? 4 : 16);
	free(rule->sent_to);
	rule->sent_to = address_text(family == NFPROTO_IPV4 ? AF_INET : AF_INET6, info);
	rule->sent_port = ntohs(range.min_proto.all);
}

static void take_expression(unsigned family, struct attributes a, enum loaded *loaded,
			    struct nft_rule *rule)
{
	struct attributes name, data;

	if (!find(a, NFTA_EXPR_NAME, &name) || !find(a, NFTA_EXPR_DATA, &data))
		return;
	if (is_text(&name, "immediate")) {
		take_verdict(data, rule);
	} else if (is_text(&name, "meta")) {
		uint32_t key = number_of(data, NFTA_META_KEY);

		rule->by_interface_out |= key == NFT_META_OIFNAME || key == NFT_META_OIF;
		*loaded = loaded_meta(data);
	} else if (is_text(&name, "payload")) {
		*loaded = loaded_payload(data);
	} else if (is_text(&name, "bitwise")) {
		*loaded = *loaded >= LOADED_ADDRESS && *loaded <= LOADED_DESTINATION6
				  ? LOADED_ADDRESS
				  : LOADED_OTHER;
	} else if (is_text(&name, "cmp")) {
		take_comparison(*loaded, data, rule);
	} else if (is_text(&name, "target")) {
		take_target(family, data, rule);
	} else if (is_text(&name, "masq")) {
		str_replace(&rule->target, "MASQUERADE");
	} else if (is_text(&name, "match")) {
		rule->by_address_type |= has_name(data, NFTA_MATCH_NAME, "addrtype");
		rule->asks_more = true;
	} else if (is_text(&name, "reject")) {
		rule->drops = true;
	} else if (!is_text(&name, "counter")) {
		rule->asks_more = true;
	}
}

static void take_rule(unsigned family, struct attributes a, struct nft_rules *ret)
{
	enum loaded loaded = LOADED_OTHER;
	struct attributes list;
	struct attribute one;
	struct nft_rule *rule;

	rule = array_append(&ret->items, &ret->count, sizeof(*ret->items));
	if (!find(a, NFTA_RULE_EXPRESSIONS, &list))
		return;
	while (next(&list, &one))
		if (one.type == NFTA_LIST_ELEM)
			take_expression(family, one.in, &loaded, rule);
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
			take_rule((unsigned char)*body,
				  (struct attributes){body + NLMSG_ALIGN(sizeof(struct nfgenmsg)),
						      at + head.nlmsg_len},
				  ret);
		at += whole < left ? whole : left;
	}
	return 1;
}

void nft_rules_clear(struct nft_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		struct nft_rule *rule = &rules->items[i];

		free(rule->to);
		free(rule->in.name);
		free(rule->out.name);
		free(rule->target);
		free(rule->destination);
		free(rule->sent_to);
	}
	free(rules->items);
	*rules = (struct nft_rules){0};
}
