#include "tests/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/format/nft-dump.h"

/* An attribute around what is in `in`. */
static struct buf attribute(unsigned short type, struct buf in)
{
	struct nlattr head = {.nla_len = (unsigned short)(NLA_HDRLEN + in.len), .nla_type = type};
	struct buf out = {0};

	buf_append(&out, &head, sizeof(head));
	buf_append(&out, in.data ? in.data : "", in.len);
	while (out.len % NLA_ALIGNTO)
		buf_putc(&out, '\0');
	buf_clear(&in);
	return out;
}

static struct buf text(const char *s)
{
	struct buf out = {0};

	buf_append(&out, s, strlen(s) + 1);
	return out;
}

static struct buf number(uint32_t n)
{
	struct buf out = {0};

	n = htonl(n);
	buf_append(&out, &n, sizeof(n));
	return out;
}

static struct buf both(struct buf a, struct buf b)
{
	buf_append(&a, b.data, b.len);
	buf_clear(&b);
	return a;
}

static struct buf expression(const char *name, struct buf data)
{
	return attribute(NFTA_LIST_ELEM, both(attribute(NFTA_EXPR_NAME, text(name)),
					      attribute(NFTA_EXPR_DATA, data)));
}

static struct buf verdict(int code, const char *chain)
{
	struct buf inner = attribute(NFTA_VERDICT_CODE, number((uint32_t)code));

	if (chain)
		inner = both(inner, attribute(NFTA_VERDICT_CHAIN, text(chain)));
	return expression("immediate",
			  attribute(NFTA_IMMEDIATE_DATA, attribute(NFTA_DATA_VERDICT, inner)));
}

static struct buf jump(const char *chain)
{
	return verdict(NFT_JUMP, chain);
}

static struct buf meta(uint32_t key)
{
	return expression("meta", attribute(NFTA_META_KEY, number(key)));
}

static void message(struct buf *to, unsigned short type, struct buf body)
{
	struct nlmsghdr head = {.nlmsg_len = (unsigned)(NLMSG_HDRLEN + body.len),
				.nlmsg_type = type};

	buf_append(to, &head, sizeof(head));
	buf_append(to, body.data, body.len);
	buf_clear(&body);
}

static void rule(struct buf *to, struct buf expressions)
{
	struct nfgenmsg gen = {.nfgen_family = NFPROTO_IPV4};
	struct buf body = {0};

	buf_append(&body, &gen, sizeof(gen));
	body = both(body, attribute(NFTA_RULE_TABLE, text("filter")));
	body = both(body, attribute(NFTA_RULE_EXPRESSIONS | NLA_F_NESTED, expressions));
	message(to, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE, body);
}

static void ruleset(struct buf *ret)
{
	rule(ret, jump(NULL));
	rule(ret, jump("DOCKER-USER"));
	rule(ret, both(meta(NFT_META_IIFNAME), jump("DOCKER")));
	rule(ret, both(meta(NFT_META_OIFNAME), jump(NULL)));
	rule(ret, both(expression("counter", number(0)), meta(NFT_META_OIF)));
}

static void test_verdicts(void **state)
{
	static const struct {
		int code;
		bool accepts, returns, goes;
	} rows[] = {{NF_ACCEPT, true, false, false},
		    {NF_DROP, false, false, false},
		    {NFT_RETURN, false, true, false},
		    {NFT_JUMP, false, false, false},
		    {NFT_GOTO, false, false, true}};
	CLEANUP(buf_clear) struct buf dump = {0};
	CLEANUP(nft_rules_clear) struct nft_rules rules = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		rule(&dump, verdict(rows[i].code, NULL));
	assert_int_equal(nft_dump_read(dump.data, dump.len, &rules, NULL), 1);
	assert_int_equal(rules.count, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(rules.items[i].accepts, rows[i].accepts);
		assert_int_equal(rules.items[i].returns, rows[i].returns);
		assert_int_equal(rules.items[i].goes, rows[i].goes);
	}
}

static void test_rules(void **state)
{
	static const struct {
		const char *to;
		bool out;
	} wanted[] = {{NULL, false},
		      {"DOCKER-USER", false},
		      {"DOCKER", false},
		      {NULL, true},
		      {NULL, true}};
	CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
	CLEANUP(buf_clear) struct buf dump = {0};

	ruleset(&dump);
	assert_int_equal(nft_dump_read(dump.data, dump.len, &rules, NULL), 1); /* more may come */
	assert_int_equal(rules.count, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < rules.count; i++) {
		if (wanted[i].to)
			assert_string_equal(rules.items[i].to, wanted[i].to);
		else
			assert_null(rules.items[i].to);
		assert_int_equal(rules.items[i].by_interface_out, wanted[i].out);
	}
	message(&dump, NLMSG_DONE, number(0));
	assert_int_equal(nft_dump_read(dump.data, dump.len, &rules, NULL), 0);
}

static struct buf bytes(const void *data, size_t n)
{
	struct buf out = {0};

	buf_append(&out, data, n);
	return out;
}

static struct buf compare(uint32_t operation, const void *data, size_t n)
{
	return expression(
		"cmp", both(attribute(NFTA_CMP_OP, number(operation)),
			    attribute(NFTA_CMP_DATA, attribute(NFTA_DATA_VALUE, bytes(data, n)))));
}

static struct buf payload(uint32_t base, uint32_t at, uint32_t n)
{
	return expression("payload", both(both(attribute(NFTA_PAYLOAD_BASE, number(base)),
					       attribute(NFTA_PAYLOAD_OFFSET, number(at))),
					  attribute(NFTA_PAYLOAD_LEN, number(n))));
}

static struct buf interface(uint32_t key, uint32_t operation, const char *name)
{
	return both(meta(key), compare(operation, name, strlen(name) + 1));
}

static struct buf sends_to(const char *address, unsigned short port)
{
	struct nf_nat_range2 range = {.min_proto.all = htons(port)};

	inet_pton(AF_INET, address, &range.min_addr);
	return expression("target",
			  both(attribute(NFTA_TARGET_NAME, text("DNAT")),
			       attribute(NFTA_TARGET_INFO, bytes(&range, sizeof(range)))));
}

/* -d 172.17.0.2 ! -i docker0 -o docker0 -p tcp --dport 80 -j ACCEPT, as two versions of iptables have it */
static struct buf lets_in(bool by_meta)
{
	static const unsigned char port[] = {0, 80}, address[] = {172, 17, 0, 2}, tcp[] = {6};
	struct buf b = {0};

	b = both(b, interface(NFT_META_IIFNAME, NFT_CMP_NEQ, "docker0"));
	b = both(b, interface(NFT_META_OIFNAME, NFT_CMP_EQ, "docker0"));
	b = both(b, by_meta ? meta(NFT_META_L4PROTO) : payload(NFT_PAYLOAD_NETWORK_HEADER, 9, 1));
	b = both(b, compare(NFT_CMP_EQ, tcp, sizeof(tcp)));
	b = both(b, payload(NFT_PAYLOAD_NETWORK_HEADER, 16, 4));
	b = both(b, compare(NFT_CMP_EQ, address, sizeof(address)));
	b = both(b, payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2));
	b = both(b, compare(NFT_CMP_EQ, port, sizeof(port)));
	return both(b, verdict(NF_ACCEPT, NULL));
}

static void test_conditions(void **state)
{
	CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
	CLEANUP(buf_clear) struct buf dump = {0};

	for (int i = 0; i < 2; i++)
		rule(&dump, lets_in(i == 1));
	assert_int_equal(nft_dump_read(dump.data, dump.len, &rules, NULL), 1);
	assert_int_equal(rules.count, 2);
	for (size_t i = 0; i < rules.count; i++) {
		const struct nft_rule *r = &rules.items[i];

		assert_string_equal(r->in.name, "docker0");
		assert_true(r->in.negated);
		assert_string_equal(r->out.name, "docker0");
		assert_false(r->out.negated);
		assert_string_equal(r->destination, "172.17.0.2");
		assert_int_equal(r->protocol, 6);
		assert_int_equal(r->port, 80);
		assert_true(r->accepts && !r->asks_more && !r->by_subnet);
	}
}

/* What else may stand in a rule. */
static void test_more(void **state)
{
	static const unsigned char half[] = {172, 19}, port[] = {0x1f, 0x90};
	CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
	CLEANUP(buf_clear) struct buf dump = {0};
	const struct nft_rule *r;

	rule(&dump, both(both(payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 2),
			      compare(NFT_CMP_NEQ, half, sizeof(half))),
			 verdict(NF_DROP, NULL)));
	rule(&dump, both(payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 2),
			 compare(NFT_CMP_EQ, half, sizeof(half))));
	rule(&dump, both(expression("match", number(0)), expression("reject", number(0))));
	rule(&dump, both(both(payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2),
			      compare(NFT_CMP_EQ, port, sizeof(port))),
			 sends_to("172.17.0.2", 80)));
	assert_int_equal(nft_dump_read(dump.data, dump.len, &rules, NULL), 1);
	assert_int_equal(rules.count, 4);
	r = rules.items;
	assert_true(r[0].by_subnet && r[0].drops && !r[0].asks_more);
	assert_true(r[1].asks_more && !r[1].by_subnet);
	assert_true(r[2].asks_more && r[2].drops);
	assert_int_equal(r[3].port, 8080);
	assert_string_equal(r[3].target, "DNAT");
	assert_string_equal(r[3].sent_to, "172.17.0.2");
	assert_int_equal(r[3].sent_port, 80);
}

/* As iptables-nft 1.8.9 writes the rule that dockerd 20.10 leaves in POSTROUTING. */
static void test_masquerade(void **state)
{
	static const struct {
		const char *match, *target; /* NULL: none; "": masq of nf_tables itself */
		bool by_address_type, masquerades;
	} rows[] = {
		{"addrtype", "MASQUERADE", true, true}, {NULL, "MASQUERADE", false, true},
		{"addrtype", "SNAT", true, false},      {"comment", "", false, true},
		{"addrtype", NULL, true, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
		CLEANUP(buf_clear) struct buf dump = {0};
		struct buf all = interface(NFT_META_OIFNAME, NFT_CMP_EQ, "docker0");
		const char *target = rows[i].target;

		if (rows[i].match)
			all = both(all, expression("match", attribute(NFTA_MATCH_NAME,
								      text(rows[i].match))));
		if (target && *target)
			all = both(all,
				   expression("target", attribute(NFTA_TARGET_NAME, text(target))));
		else if (target)
			all = both(all, expression("masq", text("")));
		rule(&dump, all);
		assert_int_equal(nft_dump_read(dump.data, dump.len, &rules, NULL), 1);
		assert_string_equal(rules.items[0].out.name, "docker0");
		assert_int_equal(rules.items[0].by_address_type, rows[i].by_address_type);
		assert_int_equal(strcmp_null(rules.items[0].target, "MASQUERADE") == 0,
				 rows[i].masquerades);
	}
}

static void test_refused(void **state)
{
	static const struct {
		int code, wanted;
	} rows[] = {{-EPERM, -EPERM}, {-ENOENT, 0}, {0, 0}, {1, -EBADMSG}, {-2000000, -EBADMSG}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf dump = {0};
		struct buf code = {0};

		buf_append(&code, &rows[i].code, sizeof(rows[i].code));
		message(&dump, NLMSG_ERROR, code);
		assert_int_equal(nft_dump_read(dump.data, dump.len, &rules, &err), rows[i].wanted);
		assert_int_equal(rules.count, 0);
	}
}

/* Cut off anywhere it is an error or the end is missing, and never read beyond. */
static void test_cut(void **state)
{
	CLEANUP(buf_clear) struct buf dump = {0};

	ruleset(&dump);
	for (size_t n = 0; n < dump.len; n++) {
		CLEANUP(nft_rules_clear) struct nft_rules rules = {0};
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(freep) char *copy = n ? xmemdup(dump.data, n) : NULL;

		assert_int_not_equal(nft_dump_read(copy ? copy : "", n, &rules, &err), 0);
		assert_true(rules.count < 5);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),   cmocka_unit_test(test_rules),
		cmocka_unit_test(test_conditions), cmocka_unit_test(test_more),
		cmocka_unit_test(test_masquerade), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
