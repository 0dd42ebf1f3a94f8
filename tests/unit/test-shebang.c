#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/shebang.h"

static const struct {
	const char *text, *interpreter, *looked_for; /* NULL: none */
} rows[] = {
	{"", NULL, NULL},
	{"#", NULL, NULL},
	{"\177ELF", NULL, NULL},
	{"\n#!/bin/sh\n", NULL, NULL},
	{"#!", "", NULL},
	{"#!\n/bin/sh\n", "", NULL},
	{"#!/bin/sh", "/bin/sh", NULL},
	{"#!/bin/sh\nset -e\n", "/bin/sh", NULL},
	{"#! \t/bin/sh -e x\n", "/bin/sh", NULL},
	{"#!/bin/sh\r\n", "/bin/sh\r", NULL}, /* as the kernel takes it: there is no such program */
	{"#!sh\n", "sh", NULL},
	{"#!/bin/environment x\n", "/bin/environment", NULL},
	{"#!/usr/bin/env\n", "/usr/bin/env", NULL},
	{"#!/usr/bin/env python3\n", "/usr/bin/env", "python3"},
	{"#!/usr/bin/env /opt/x\n", "/usr/bin/env", "/opt/x"},
	{"#!/usr/bin/env -S python3 -u\n", "/usr/bin/env", "python3"},
	{"#!/usr/bin/env -Spython3 -u\n", "/usr/bin/env", "python3"},
	{"#!/usr/bin/env --split-string=python3\n", "/usr/bin/env", "python3"},
	{"#!/usr/bin/env -S-i python3\n", "/usr/bin/env", "python3"},
	{"#!/usr/bin/env -S -u HOME -i A=b python3\n", "/usr/bin/env", "python3"},
	{"#!env python3\n", "env", "python3"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(shebang_clear) struct shebang s = {0};
		bool is = shebang_parse(rows[i].text, strlen(rows[i].text), &s);

		if (is != !!rows[i].interpreter)
			fail_msg("%s: %d", rows[i].text, is);
		assert_string_equal(s.interpreter ? s.interpreter : "(none)",
				    rows[i].interpreter ? rows[i].interpreter : "(none)");
		assert_string_equal(s.looked_for ? s.looked_for : "(none)",
				    rows[i].looked_for ? rows[i].looked_for : "(none)");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
