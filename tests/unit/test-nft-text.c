#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/nft-text.h"

#define RULE(exprs)                                                                                \
	"{\"rule\":{\"family\":\"inet\",\"table\":\"harden\",\"chain\":\"api\",\"handle\":2,"      \
	"\"expr\":[" exprs "]}}"
#define MATCH(op, left, right)                                                                     \
	"{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}}"
#define HEAD                                                                                       \
	"{\"nftables\":[{\"metainfo\":{\"version\":\"1.0.6\"}},"                                   \
	"{\"table\":{\"family\":\"inet\",\"name\":\"harden\",\"handle\":1}},"                      \
	"{\"chain\":{\"family\":\"inet\",\"table\":\"harden\",\"name\":\"api\",\"handle\":1,"      \
	"\"type\":\"filter\",\"hook\":\"prerouting\",\"prio\":-150,\"policy\":\"accept\"}}"
#define BASE "type filter hook prerouting priority -150; policy accept;"

/* What nft 1.0.6 and 1.1.3 print of the rules that we write. */
static void test_our_own_rules(void **state)
{
	static const char json[] = HEAD
		"," RULE(MATCH("in", "{\"ct\":{\"key\":\"state\"}}", "[\"established\",\"related\"]") ",{\"accept\":null}") "," RULE(MATCH("==", "{\"meta\":{\"key\":\"iifname\"}}", "\"lo\"") ",{\"accept\":null}") "," RULE(
			MATCH("!=", "{\"fib\":{\"result\":\"type\",\"flags\":[\"daddr\"]}}",
			      "\"local\"") ",{\"accept\":null}") "," RULE(MATCH("==",
										"{\"payload\":{"
										"\"protocol\":"
										"\"ip\",\"field\":"
										"\"saddr\"}}",
										"{\"prefix\":{"
										"\"addr\":\"192.0."
										"2.0\",\"len\":24}"
										"}") ",{\"accept\":"
										     "null}") "," RULE(MATCH("==",
													     "{\"payload\":{\"protocol\":\"ip6\",\"field\":\"saddr\"}}",
													     "\"fd00::1\"") ",{\"accept\":null}") "," RULE(MATCH("==",
																				 "{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}}",
																				 "2375") ",{\"drop\":null}") "]}";
	struct firewall_facts f = {0};

	assert_int_equal(nft_parse(json, &f, NULL), 1);
	assert_int_equal(f.nchains, 1);
	assert_false(f.chains[0].foreign);
	assert_string_equal(firewall_find(&f, "api")->text,
			    BASE "\nct state established,related accept\n"
				 "iifname \"lo\" accept\n"
				 "fib daddr type != local accept\n"
				 "ip saddr 192.0.2.0/24 accept\n"
				 "ip6 saddr fd00::1 accept\n"
				 "tcp dport 2375 drop");
	firewall_clear(&f);
}

/* Anything that we would not write makes the chain a foreign one; nothing of it is taken for ours. */
static void test_rules_of_others(void **state)
{
	static const char *const rules[] = {
		RULE("{\"counter\":{\"packets\":0,\"bytes\":0}},{\"drop\":null}"),
		RULE(MATCH("==", "{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}}",
			   "{\"set\":[1,2]}") ",{\"drop\":null}"),
		RULE(MATCH("<", "{\"payload\":{\"protocol\":\"tcp\",\"field\":\"dport\"}}",
			   "5") ",{\"drop\":null}"),
		RULE(MATCH("==", "{\"ct\":{\"key\":\"saddr\",\"dir\":\"original\"}}",
			   "\"10.0.0.1\"") ",{\"drop\":null}"),
		RULE("{\"jump\":{\"target\":\"x\"}}"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		CLEANUP(freep) char *json = xasprintf("%s,%s]}", HEAD, rules[i]);
		struct firewall_facts f = {0};

		print_message("# %s\n", rules[i]);
		assert_int_equal(nft_parse(json, &f, NULL), 1);
		assert_true(f.chains[0].foreign);
		firewall_clear(&f);
	}
}

static void test_other_tables_and_nothing(void **state)
{
	struct firewall_facts f = {0};

	assert_int_equal(
		nft_parse("{\"nftables\":[{\"table\":{\"family\":\"ip\",\"name\":\"harden\"}},"
			  "{\"chain\":{\"family\":\"ip\",\"table\":\"harden\",\"name\":\"api\"}}]}",
			  &f, NULL),
		0);
	assert_int_equal(f.nchains, 0);
	assert_int_equal(nft_parse("{\"nftables\":[]}", &f, NULL), 0);
	assert_int_equal(nft_parse("", &f, NULL), -EBADMSG);
	assert_int_equal(nft_parse("{\"nftables\":1}", &f, NULL), -EBADMSG);
	firewall_clear(&f);
}

#define MADE                                                                                       \
	"add table inet harden\n"                                                                  \
	"add chain inet harden api\n"                                                              \
	"flush chain inet harden api\n"                                                            \
	"delete chain inet harden api\n"

static void test_commands(void **state)
{
	static const struct {
		const char *text, *commands;
	} rows[] = {
		{NULL, MADE},
		{BASE, MADE "add chain inet harden api { " BASE " }\n"},
		{BASE "\ntcp dport 1 drop\nudp dport 2 drop",
		 MADE "add chain inet harden api { " BASE " }\n"
		      "add rule inet harden api tcp dport 1 drop\n"
		      "add rule inet harden api udp dport 2 drop\n"},
		{"\ntcp dport 1 drop", MADE "add chain inet harden api\n"
					    "add rule inet harden api tcp dport 1 drop\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buf_clear) struct buf b = {0};

		nft_chain_commands("api", rows[i].text, &b);
		assert_string_equal(buf_str(&b), rows[i].commands);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_our_own_rules),
		cmocka_unit_test(test_rules_of_others),
		cmocka_unit_test(test_other_tables_and_nothing),
		cmocka_unit_test(test_commands),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
