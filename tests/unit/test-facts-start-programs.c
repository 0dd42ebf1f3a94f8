#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "tests/unit/temp-directory.h"

/* What dockerd would not start again without, by what is on the disk and what its settings need. */
static void test_rows(void **state)
{
	static const struct {
		const char *there[2]; /* NULL: no more */
		const char *key, *value; /* of the next start */
		const char *says; /* NULL: nothing is missing */
	} rows[] = {
		{{"iptables", "runc"}, NULL, NULL, NULL},
		{{"runc"}, NULL, NULL, "no 'iptables'"},
		{{"iptables"}, NULL, NULL, "no 'runc'"},
		{{"runc"}, "iptables", "false", NULL},
		{{"runc"}, "iptables", "true", "no 'iptables'"},
		{{"runc"}, "firewall-backend", "\"nftables\"", NULL},
		{{"iptables"}, "default-runtime", "\"runc\"", "no 'runc'"},
		{{"iptables"}, "default-runtime", "\"io.containerd.kata.v2\"", NULL},
		{{"iptables"}, "default-runtime", "\"crun\"", "no 'crun'"},
		{{"iptables", "crun"}, "default-runtime", "\"crun\"", NULL},
	};
	struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "usr", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "usr/sbin", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		const char *why;

		for (size_t k = 0; k < 2 && rows[i].there[k]; k++) {
			CLEANUP(freep) char *name = xasprintf("usr/sbin/%s", rows[i].there[k]);

			temp_directory_write(t, name, "");
		}
		settings_put(&f.docker.next, "runtimes", "{\"crun\":{\"path\":\"crun\"}}",
			     SOURCE_FILE, "test");
		if (rows[i].key)
			settings_put(&f.docker.next, rows[i].key, rows[i].value, SOURCE_FILE,
				     "test");
		gather_start_programs(&g);
		why = f.docker.no_restart;
		if (!why != !rows[i].says || (why && !strstr(why, rows[i].says)))
			fail_msg("row %zu: %s", i, why ? why : "nothing is missing");
		for (size_t k = 0; k < 2 && rows[i].there[k]; k++) {
			CLEANUP(freep) char *name = xasprintf("usr/sbin/%s", rows[i].there[k]);

			unlinkat(t->fd, name, 0);
		}
	}
}

/* What came since dockerd's start: it would not start again, or no container would. */
static void test_conditions(void **state)
{
	static const struct {
		const char *key, *value;
		const char *no_restart, *brings; /* NULL: nothing */
	} rows[] = {
		{"metrics-addr", "\"127.0.0.1:9323\"", NULL, NULL},
		{"metrics-addr", "\"127.0.0.1:9444\"", "another process listens", NULL},
		{"metrics-addr", "\"m.example.org:9323\"", NULL, "is not looked up"},
		{"hosts", "[\"fd://\",\"tcp://127.0.0.1:9444\"]", "another process listens", NULL},
		{"hosts", "[\"fd://\",\"tcp://127.0.0.1:9323\"]", NULL, NULL},
		{"hosts", "[\"fd://\",\"127.0.0.1:9444\"]", "another process listens", NULL},
		{"hosts", "[\"tcp://u:p@127.0.0.1:9444/x\"]", "another process listens", NULL},
		{"hosts", "[\"fd://\",\"tcp://10.9.9.9:2375\"]", "no interface of this host", NULL},
		{"metrics-addr", "\"10.9.9.9:9323\"", "no interface of this host", NULL},
		{"hosts", "[\"tcp://10.0.0.2:2375\",\"tcp://0.0.0.0:2376\"]", NULL, NULL},
		{"init", "true", NULL, "no 'docker-init'"},
		{"init", "false", NULL, NULL},
		{"seccomp-profile", "\"/usr/good\"", NULL, NULL},
		{"seccomp-profile", "\"/usr/bad\"", NULL, "'SCMP_ACT_X' is not a seccomp action"},
	};
	struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "usr", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "usr/sbin", 0755), 0);
	temp_directory_write(t, "usr/sbin/iptables", "");
	temp_directory_write(t, "usr/sbin/runc", "");
	temp_directory_write(t, "usr/good", "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}");
	temp_directory_write(t, "usr/bad", "{\"defaultAction\":\"SCMP_ACT_X\"}");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		const char *brings, *why;

		strv_add(&f.docker.listening.ports, "127.0.0.1 9444");
		strv_add(&f.docker.listening.addresses, "10.0.0.2");
		settings_put(&f.docker.next, rows[i].key, rows[i].value, SOURCE_FILE, "test");
		gather_start_programs(&g);
		why = f.docker.no_restart;
		brings = f.docker.restart_brings.count ? f.docker.restart_brings.items[0] : NULL;
		if (!why != !rows[i].no_restart || (why && !strstr(why, rows[i].no_restart)) ||
		    !brings != !rows[i].brings || (brings && !strstr(brings, rows[i].brings)))
			fail_msg("%s: %s, %s", rows[i].value, why ? why : "-",
				 brings ? brings : "-");
	}
}

/* What dockerd reads of TLS at its start, whether it listens on TCP or not. */
static void test_certificates(void **state)
{
	static const struct {
		const char *on, *key, *path;
		const char *says; /* NULL: nothing */
	} rows[] = {
		{"tls", "tlscert", "/good.pem", NULL},
		{"tls", "tlscert", "/none.pem", "it needs '/none.pem' (tlscert)"},
		{"tlsverify", "tlscacert", "/none.pem", "it needs '/none.pem' (tlscacert)"},
		{"tls", "tlscacert", "/none.pem", NULL},
		{"tls", "tlskey", "/good.pem", "holds no 'PRIVATE KEY-----'"},
		{"tlsverify", "tlskey", "/key.pem", NULL},
		{"debug", "tlskey", "/none.pem", NULL},
	};
	struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "usr", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "usr/sbin", 0755), 0);
	temp_directory_write(t, "usr/sbin/iptables", "");
	temp_directory_write(t, "usr/sbin/runc", "");
	temp_directory_write(t, "good.pem", "-----BEGIN CERTIFICATE-----\n");
	temp_directory_write(t, "key.pem", "-----BEGIN RSA PRIVATE KEY-----\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *value = xasprintf("\"%s\"", rows[i].path);
		struct gather g = {.facts = &f, .root = &t->root};
		const char *why;

		settings_put(&f.docker.next, rows[i].on, "true", SOURCE_FLAG, "test");
		settings_put(&f.docker.next, rows[i].key, value, SOURCE_FILE, "test");
		gather_start_programs(&g);
		why = f.docker.no_restart;
		if (!why != !rows[i].says || (why && !strstr(why, rows[i].says)))
			fail_msg("row %zu: %s", i, why ? why : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_certificates, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_conditions, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
