#include <errno.h>

#include "engine/format/schemes/schemes.h"
#include "tests/unit/format-case.h"

#define KEY "net.ipv4.ip_forward"

static void test_get(void **state)
{
	static const struct get_case cases[] = {
		{"", KEY, 0, NULL},
		{"net.ipv4.ip_forward = 1\n", KEY, 1, "1"},
		{"net/ipv4/ip_forward=0", KEY, 1, "0"},
		{"  -net.ipv4.ip_forward\t=\t 1 \r\n", KEY, 1, "1"},
		{"net.ipv4.ip_forward=0\nnet.ipv4.ip_forward=1\n", KEY, 1, "1"},
		{"#net.ipv4.ip_forward=0\n; net.ipv4.ip_forward=1\n", KEY, 0, NULL},
		{"-net.ipv4.ip_forward\n", KEY, 0, NULL},
		{"net.ipv4.ip_forwarding=1\n", KEY, 0, NULL},
		{"net.ipv4.conf.eth0/1.rp_filter=1\n", "net/ipv4/conf/eth0.1/rp_filter", 1, "1"},
		{"net/ipv4/conf/eth0.1/rp_filter=1\n", "net.ipv4.conf.eth0/1.rp_filter", 1, "1"},
		{"kernel.core_pattern = |/bin/x a=b\n", "kernel.core_pattern", 1, "|/bin/x a=b"},
		{"", "", -EINVAL, NULL},
		{"", "-a", -EINVAL, NULL},
		{"", "a b", -EINVAL, NULL},
	};

	RUN_GET(kv_text_get, cases);
}

static void test_set(void **state)
{
	static const struct set_case cases[] = {
		{"", KEY, "1", "net.ipv4.ip_forward = 1\n", 0},
		{"# a\nb = 1", KEY, "1", "# a\nb = 1\nnet.ipv4.ip_forward = 1", 0},
		{"b = 1\r\n", KEY, "1", "b = 1\r\nnet.ipv4.ip_forward = 1\r\n", 0},
		{"-net/ipv4/ip_forward=0  \nb = 1\n", KEY, "1", "-net/ipv4/ip_forward=1  \nb = 1\n",
		 0},
		{"net.ipv4.ip_forward=0\nnet.ipv4.ip_forward=0\n", KEY, "1",
		 "net.ipv4.ip_forward=0\nnet.ipv4.ip_forward=1\n", 0},
		{"net.ipv4.ip_forward=\n", KEY, "1", "net.ipv4.ip_forward=1\n", 0},
		{"net.ipv4.ip_forward=0\na=1\nnet.ipv4.ip_forward=0", KEY, NULL, "a=1", 0},
		{"a=1\n", KEY, NULL, "a=1\n", 0},
		{"a=1\n", KEY, "1\n2", NULL, -EINVAL},
		/* blanks at the end would grow each time */
		{"net.ipv4.ip_forward=1 \n", KEY, " 1 ", "net.ipv4.ip_forward=1 \n", 0},
	};

	RUN_SET(kv_text_set, cases);
}

static void test_round_trips(void **state)
{
	static const char *const texts[] = {"", "a=1", "a=1\n", "a=1\r\n", "# c\n\n", "\n"};

	RUN_ROUND(kv_text_get, kv_text_set, texts, KEY, "1");
}

static void test_same(void **state)
{
	assert_true(kv_text_same("4096\t87380  6291456", " 4096 87380 6291456 "));
	assert_true(kv_text_same("", " "));
	assert_false(kv_text_same("1 2", "12"));
	assert_false(kv_text_same("1", "10"));
	assert_false(kv_text_same("1", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_same),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
