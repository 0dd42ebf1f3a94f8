#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/format/network-info.h"

#define BINDING "\"com.docker.network.bridge.host_binding_ipv4\":"

/* Where a port that is published without an address is at all of the host's: by the network's own options. */
static void test_wide(void **state)
{
	static const struct {
		const char *driver, *options, *internal;
		bool wide;
	} rows[] = {
		{"bridge", "{}", "false", true},
		{"bridge", "null", "false", true},
		{"bridge", "{" BINDING "\"0.0.0.0\"}", "false", true},
		{"bridge", "{" BINDING "\"::\"}", "false", true},
		{"bridge", "{" BINDING "\"127.0.0.1\"}", "false", false},
		{"bridge", "{}", "true", false}, /* nothing is published there */
		{"macvlan", "{}", "false", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(networks_info_clear) struct networks all = {0};
		CLEANUP(buf_clear) struct buf body = {0};

		buf_printf(&body,
			   "[{\"Id\":\"0123456789abcdef\",\"Name\":\"front\",\"Scope\":\"local\","
			   "\"Driver\":\"%s\",\"Internal\":%s,\"Options\":%s}]",
			   rows[i].driver, rows[i].internal, rows[i].options);
		assert_int_equal(network_info_read(&body, &all, NULL), 0);
		assert_int_equal(all.count, 1);
		if (all.items[0].wide != rows[i].wide)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wide),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
