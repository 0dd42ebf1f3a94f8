#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/unit-specifiers.h"

static void test_rows(void **state)
{
	static const struct {
		const char *unit, *text, *want; /* NULL: only systemd knows */
	} rows[] = {
		{"docker.service", "", ""},
		{"docker.service", "/etc/default/docker", "/etc/default/docker"},
		{"docker.service", "/etc/default/%p", "/etc/default/docker"},
		{"docker.service", "/etc/default/%N", "/etc/default/docker"},
		{"docker.service", "/etc/default/%n", "/etc/default/docker.service"},
		{"docker.service", "%E/%p/%p%i.env", "/etc/docker/docker.env"},
		{"docker.service", "%t%S%C%L", "/run/var/lib/var/cache/var/log"},
		{"docker.service", "/a%%p", "/a%p"},
		{"docker@blue.service", "/%p/%i/%N/%n",
		 "/docker/blue/docker@blue/docker@blue.service"},
		{"docker.service", "/etc/%H", NULL},
		{"docker.service", "/etc/%b", NULL},
		{"docker.service", "/etc/%p.%v", NULL},
		{"docker.service", "/etc/%", NULL},
		{"docker.service", "/etc/%é", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *have = unit_specifiers_put(rows[i].text, rows[i].unit);

		if (strcmp_null(have, rows[i].want) != 0)
			fail_msg("%s of %s: %s", rows[i].text, rows[i].unit, have ? have : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
