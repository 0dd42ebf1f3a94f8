#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/baseline/builtin.h"
#include "modules/registry.h"

/* The shipped baseline, as it is compiled in, with the modules as they are. */

static void load(struct baseline *b)
{
	CLEANUP(error_clear) struct error err = {0};

	if (builtin_load(b, modules_all, NULL, &err) < 0)
		fail_msg("%s", error_text(&err));
}

static void test_loads(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};

	load(&b);
	assert_string_equal(b.name, "docker-host");
	assert_string_equal(b.version, "1.0");
}

/*
 * Numbers of CIS 1.6.0, 1.7.0 and 1.8.0: all three or none, but for the one that 1.8.0 put in as
 * 2.7, which moved those behind it by one.
 */
static void test_numbers_of_cis(void **state)
{
	static const struct {
		const char *alias, *id;
	} cases[] = {
		{"2.2@cis-1.6.0", "daemon.icc"},
		{"2.2@cis-1.8.0", "daemon.icc"},
		{"2.7@cis-1.6.0", "daemon.tls"},
		{"2.8@cis-1.8.0", "daemon.tls"},
		{"2.15@cis-1.7.0", "daemon.live-restore"},
		{"2.16@cis-1.8.0", "daemon.live-restore"},
		{"1.1.3@cis-1.6.0", "audit.dockerd"},
		{"3.18@cis-1.8.0", "file.daemon-json.mode"},
	};
	CLEANUP(baseline_clear) struct baseline b = {0};

	load(&b);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct control *c = baseline_find(&b, cases[i].alias);

		assert_non_null(c);
		assert_string_equal(c->id, cases[i].id);
	}
	for (size_t i = 0; i < b.ncontrols; i++) {
		CLEANUP(freep) char *all = strv_join(&b.controls[i].aliases, " ");

		if (strcmp(b.controls[i].id, "daemon.devicemapper") == 0)
			continue;
		assert_int_equal(strstr(all, "@cis-1.6.0") != NULL,
				 strstr(all, "@cis-1.7.0") != NULL);
		assert_int_equal(strstr(all, "@cis-1.6.0") != NULL,
				 strstr(all, "@cis-1.8.0") != NULL);
	}
}

/* What another control of the same plan makes possible comes before it. */
static void test_order(void **state)
{
	CLEANUP(baseline_clear) struct baseline b = {0};

	load(&b);
	assert_true(baseline_find(&b, "daemon.iptables") < baseline_find(&b, "daemon.icc"));
}

/* A site's control may leave its severity out; each shipped one says it. */
static void test_severities(void **state)
{
	static const char *const parts[] = {"audit", "container", "daemon",   "file",  "host",
					    "image", "network",   "versions", "swarm", "tls"};
	CLEANUP(baseline_clear) struct baseline b = {0};
	size_t said = 0;

	load(&b);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		CLEANUP(freep)
		char *path = xasprintf(SAMPLES "/../../../plans/docker-host/%s.yaml", parts[i]);
		FILE *f = fopen(path, "re");
		char line[1024];

		assert_non_null(f);
		while (fgets(line, sizeof(line), f))
			said += starts_with(line, "    severity: ");
		fclose(f);
	}
	assert_int_equal(said, b.ncontrols);
}

static void test_what_is_applied_by_itself(void **state)
{
	static const char *const alone[] = {
		"daemon.icc",         "daemon.live-restore",   "daemon.log-level",
		"daemon.log-limits",  "daemon.userland-proxy", "daemon.no-new-privileges",
		"daemon.userns-remap"};
	static const char *const asked[] = {"audit.data-root",
					    "daemon.iptables",
					    "socket.mode",
					    "daemon.insecure-registries",
					    "daemon.default-ulimits",
					    "daemon.experimental"};
	CLEANUP(baseline_clear) struct baseline b = {0};

	load(&b);
	for (size_t i = 0; i < ARRAY_SIZE(alone); i++) {
		const struct control *c = baseline_find(&b, alone[i]);

		assert_non_null(c);
		assert_int_equal(c->class, CLASS_REMEDIATE);
		assert_int_equal(c->apply, APPLY_AUTO);
		assert_int_equal(c->level, strcmp(c->id, "daemon.userns-remap") == 0 ? 2 : 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		const struct control *c = baseline_find(&b, asked[i]);

		assert_non_null(c);
		assert_int_equal(c->apply, APPLY_OPT_IN);
		assert_non_null(c->hold);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_numbers_of_cis),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_severities),
		cmocka_unit_test(test_what_is_applied_by_itself),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
