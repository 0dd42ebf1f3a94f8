#include "tests/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
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
	struct nfgenmsg gen = {0};
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
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
