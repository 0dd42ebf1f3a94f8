/* What dockerd takes from its environment: which keys it has a say in, and what others changed of it. */

#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/variables.h"

static void test_keys(void **state)
{
	static const struct {
		const char *name, *value, *file_key, *key;
	} rows[] = {
		{"DOCKER_DRIVER", "aufs", NULL, "storage-driver"},
		{"DOCKER_DRIVER", "aufs", "storage-driver", "storage-driver"}, /* over the file */
		{"DOCKER_DRIVER", "", NULL, NULL},
		{"DOCKER_MIN_API_VERSION", "1.24", NULL, "min-api-version"},
		{"DOCKER_TLS_VERIFY", "1", NULL, "tlsverify"},
		{"DOCKER_TLS_VERIFY", "1", "tlsverify", "tls"},
		{"DOCKER_CERT_PATH", "/x", NULL, "tlscacert"},
		{"DOCKER_CERT_PATH", "/x", NULL, "tlskey"},
		{"DOCKER_CONFIG", "/x", NULL, "tlscert"},
		{"DOCKER_INSECURE_NO_IPTABLES_RAW", "1", NULL, "allow-direct-routing"},
		{"DOCKER_IGNORE_BR_NETFILTER_ERROR", "1", NULL, "icc"},
		{"DOCKER_TMPDIR", "/x", NULL, NULL},
		{"LANG", "C", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct docker_facts *d = &f.docker;

		if (rows[i].file_key)
			settings_put(&d->next, rows[i].file_key, "true", SOURCE_FILE, "x");
		find_variables(d, rows[i].name, rows[i].value);
		if (!rows[i].key)
			assert_int_equal(d->by_variable.count, 0);
		else if (!settings_find(&d->by_variable, rows[i].key))
			fail_msg("row %zu", i);
		if (rows[i].key)
			assert_string_equal(settings_find(&d->by_variable, rows[i].key)->where,
					    rows[i].name);
	}
}

/* Others changed them since dockerd was started: our restart would bring that. */
static void test_changed(void **state)
{
	static const struct {
		const char *now, *next;
		bool whole, told, moves;
	} rows[] = {
		{"DOCKER_DRIVER=overlay2", "DOCKER_DRIVER=overlay2", true, false, false},
		{"DOCKER_DRIVER=overlay2", "DOCKER_DRIVER=btrfs", true, true, true},
		{"", "DOCKER_DRIVER=btrfs", true, true, true},
		{"DOCKER_DRIVER=btrfs", "", true, true, true},
		{"DOCKER_DRIVER=btrfs", "", false, false, false}, /* a file of it may have it */
		{"DOCKER_DRIVER=", "", true, false, false},
		{"", "TEST_INTEGRATION_USE_SNAPSHOTTER=1", true, true, true},
		{"TEST_INTEGRATION_USE_SNAPSHOTTER=1", "", true, true, true},
		{"DOCKER_RAMDISK=true", "", true, true, false},
		{"", "DOCKER_TMPDIR=/x", true, true, false},
		{"MOBY_DISABLE_PIGZ=1", "", true, true, false},
		{"LISTEN_FDS=1", "", true, false, false}, /* systemd's own */
		{"INVOCATION_ID=7", "", true, false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(environment_clear) struct environment next = {0};
		CLEANUP(strv_clear) struct strv now = {0};

		strv_split(&now, rows[i].now, " ");
		environment_parse(rows[i].next, "/etc/default/docker", false, &next);
		compare_variables(&f.docker, &next, &now, rows[i].whole);
		if ((f.docker.start_brings.count > 0) != rows[i].told ||
		    f.docker.flags_move != rows[i].moves)
			fail_msg("row %zu: %zu", i, f.docker.start_brings.count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_changed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
