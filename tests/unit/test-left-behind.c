#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "rollback/left-behind.h"

/* Of all rules that masquerade only those that 20.10 makes for userland-proxy=false. */
static void test_rules(void **state)
{
	static char masquerade[] = "MASQUERADE", snat[] = "SNAT";
	static const struct {
		struct nft_rule rule;
		const char *out;
		bool named;
	} rows[] = {
		{{.target = masquerade, .by_address_type = true}, "docker0", true},
		{{.target = masquerade, .by_address_type = true}, "br-f2db7410d1dd", true},
		{{.target = masquerade, .by_address_type = true}, "eth0", false},
		{{.target = masquerade, .by_address_type = true}, "br-lan", false},
		{{.target = masquerade, .by_address_type = true}, NULL, false},
		{{.target = masquerade}, "docker0", false},
		{{.by_address_type = true}, "docker0", false},
		{{.target = snat, .by_address_type = true}, "docker0", false},
		{{.target = masquerade, .by_address_type = true, .out.negated = true},
		 "docker0",
		 false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *out = xstrdup_null(rows[i].out);
		CLEANUP(freep)
		char *command = xasprintf("'iptables -t nat -D POSTROUTING -o %s -m addrtype "
					  "--src-type LOCAL -j MASQUERADE'",
					  out ? out : "");
		CLEANUP(strv_clear) struct strv told = {0};
		struct nft_rule rule = rows[i].rule;
		const struct nft_rules rules = {&rule, 1};

		rule.out.name = out;
		left_behind_rules(&rules, &told);
		assert_int_equal(told.count, rows[i].named);
		if (rows[i].named)
			assert_non_null(strstr(told.items[0], command));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
