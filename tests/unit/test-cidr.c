#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/format/cidr.h"

static void test_texts(void **state)
{
	static const struct {
		const char *text, *canonical; /* NULL: none */
	} rows[] = {
		{"192.0.2.7", "192.0.2.7"},
		{"192.0.2.7/32", "192.0.2.7"},
		{"192.0.2.7/24", "192.0.2.0/24"},
		{"192.0.2.255/25", "192.0.2.128/25"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"FD00:0::1/8", "fd00::/8"},
		{"2001:db8::1", "2001:db8::1"},
		{"::ffff:192.0.2.7", "192.0.2.7"},
		{"192.0.2.7/33", NULL},
		{"192.0.2.7/", NULL},
		{"192.0.2.7/+8", NULL},
		{"192.0.2.7/8x", NULL},
		{"192.0.2", NULL},
		{"host", NULL},
		{"fd00::/129", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(freep) char *text = NULL;
		struct cidr c;
		int r = cidr_parse(rows[i].text, &c, &err);

		print_message("# %s\n", rows[i].text);
		assert_int_equal(r, rows[i].canonical ? 0 : -EINVAL);
		if (r < 0)
			continue;
		text = cidr_text(&c);
		assert_string_equal(text, rows[i].canonical);
	}
}

static void test_contains(void **state)
{
	static const struct {
		const char *net, *address;
		bool in;
	} rows[] = {
		{"192.0.2.0/24", "192.0.2.255", true},
		{"192.0.2.0/24", "192.0.3.0", false},
		{"192.0.2.7", "192.0.2.7", true},
		{"192.0.2.7", "192.0.2.6", false},
		{"192.0.2.0/24", "192.0.0.0/16", false},
		{"fd00::/8", "fdff::1", true},
		{"fd00::/8", "fe80::1", false},
		{"0.0.0.0/0", "fd00::1", false},
		{"192.0.2.0/24", "::ffff:192.0.2.9", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cidr net, address;

		print_message("# %s %s\n", rows[i].net, rows[i].address);
		assert_int_equal(cidr_parse(rows[i].net, &net, NULL), 0);
		assert_int_equal(cidr_parse(rows[i].address, &address, NULL), 0);
		assert_int_equal(cidr_contains(&net, &address), rows[i].in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_contains),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
