#include "engine/format/command-line.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/schemes/json-text.h"
#include "tests/unit/format-case.h"

/* Each case: a command line, and the settings as "key value text" (text only where given). */
static void test_parse(void **state)
{
	static const struct {
		const char *line, *key, *value, *text;
	} cases[] = {
		{"--icc=false", "icc", "false", "--icc=false"},
		{"--icc=0 -D", "icc", "false", "--icc=0"},
		{"--icc=0 -D", "debug", "true", "-D"},
		{"--icc false", "icc", "true", "--icc"},
		{"--icc=maybe", "icc", "\"maybe\"", "--icc=maybe"},
		{"--log-level debug", "log-level", "\"debug\"", "--log-level debug"},
		{"-l debug", "log-level", "\"debug\"", "-l debug"},
		{"-ldebug", "log-level", "\"debug\"", "-ldebug"},
		{"-l=debug", "log-level", "\"debug\"", "-l=debug"},
		{"-Dl debug", "log-level", "\"debug\"", "-Dl debug"},
		{"-Dl debug", "debug", "true", "-Dl"},
		{"-D=false", "debug", "false", "-D=false"},
		{"--log-level=a --log-level b", "log-level", "\"b\"",
		 "--log-level=a --log-level b"},
		{"-H fd:// --host=tcp://0.0.0.0:2375", "hosts",
		 "[\"fd://\",\"tcp://0.0.0.0:2375\"]", "-H fd:// --host=tcp://0.0.0.0:2375"},
		{"--label 'a b'", "labels", "[\"a b\"]", "--label \"a b\""},
		{"--mtu=1400", "mtu", "1400", NULL},
		{"--mtu=x", "mtu", "\"x\"", NULL},
		{"--log-opt max-size=10m --log-opt=max-file=3", "log-opts",
		 "{\"max-size\":\"10m\",\"max-file\":\"3\"}", NULL},
		{"--default-ulimit nofile=1024:2048", "default-ulimits",
		 "{\"nofile\":{\"Name\":\"nofile\",\"Hard\":2048,\"Soft\":1024}}", NULL},
		{"--default-ulimit nproc=5", "default-ulimits",
		 "{\"nproc\":{\"Name\":\"nproc\",\"Hard\":5,\"Soft\":5}}", NULL},
		{"--add-runtime=x=/usr/bin/x", "runtimes", "{\"x\":{\"path\":\"/usr/bin/x\"}}",
		 NULL},
		{"--default-address-pool base=10.0.0.0/8,size=24", "default-address-pools",
		 "[{\"base\":\"10.0.0.0/8\",\"size\":24}]", NULL},
		{"--default-network-opt bridge=com.a=1 --default-network-opt bridge=com.b=2",
		 "default-network-opts", "{\"bridge\":{\"com.a\":\"1\",\"com.b\":\"2\"}}", NULL},
		{"--feature cdi=false --feature x", "features", "{\"cdi\":false,\"x\":true}", NULL},
		{"--frobnicate 7 --icc=false", "frobnicate", "\"7\"", "--frobnicate 7"},
		{"--frobnicate --icc=false", "frobnicate", "true", "--frobnicate"},
		{"--frobnicate --icc=false", "icc", "false", "--icc=false"},
		{"--config-file /x -- --icc=false", "config-file", "\"/x\"", NULL},
		{"--config-file /x -- --icc=false", "icc", NULL, NULL},
		{"--log-level", "log-level", "\"\"", "--log-level"},
		{"word - --icc", "icc", "true", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(strv_clear) struct strv args = {0}, keys = {0}, values = {0}, texts = {0};
		size_t at = 0;

		assert_int_equal(command_line_split(cases[i].line, &args, NULL), 0);
		daemon_flags_parse(&args, &keys, &values, &texts);
		assert_int_equal(keys.count, values.count);
		assert_int_equal(keys.count, texts.count);
		while (at < keys.count && strcmp(keys.items[at], cases[i].key) != 0)
			at++;
		assert_int_equal(at < keys.count, cases[i].value != NULL);
		if (!cases[i].value)
			continue;
		if (!json_value_same(values.items[at], cases[i].value))
			fail_msg("case %zu: '%s'", i, values.items[at]);
		if (cases[i].text)
			assert_string_equal(texts.items[at], cases[i].text);
	}
}

static void test_order_and_optional_lists(void **state)
{
	CLEANUP(strv_clear) struct strv args = {0}, keys = {0};
	CLEANUP(freep) char *joined = NULL;

	strv_split(&args, "-H a --icc=false --label x -H b", " ");
	daemon_flags_parse(&args, &keys, NULL, NULL);
	daemon_flags_parse(&args, NULL, NULL, NULL);
	joined = strv_join(&keys, " ");
	assert_string_equal(joined, "hosts icc labels");
}

/* M is what must not be shown. */
static void test_shown(void **state)
{
	static const struct {
		const char *line, *shown; /* NULL: as it is */
	} rows[] = {
		{"/usr/sbin/dockerd -H fd:// --icc=false -l debug $DOCKER_OPTS", NULL},
		{"/usr/sbin/dockerd  --label  'a=b c' -D", NULL},
		{"/usr/bin/containerd --config /etc/c.toml", NULL},
		{"/usr/sbin/dockerd M -H fd://", "/usr/sbin/dockerd (hidden) -H fd://"},
		{"/usr/sbin/dockerd --icc M", "/usr/sbin/dockerd --icc (hidden)"},
		{"/usr/sbin/dockerd --new-flag M", "/usr/sbin/dockerd --new-flag (hidden)"},
		{"/usr/sbin/dockerd --token=M", "/usr/sbin/dockerd --token=(hidden)"},
		{"/usr/sbin/dockerd -xM -y M", "/usr/sbin/dockerd -x(hidden) -y (hidden)"},
		{"/usr/sbin/dockerd -Dl debug -Dldebug -DHfd:// -DD -D=0", NULL},
		{"/usr/sbin/dockerd -Dl debug M", "/usr/sbin/dockerd -Dl debug (hidden)"},
		{"/usr/sbin/dockerd -DxM -Dx M", "/usr/sbin/dockerd -Dx(hidden) -Dx (hidden)"},
		{"/usr/bin/env T=M vault M /usr/sbin/dockerd",
		 "/usr/bin/env (hidden) (hidden) (hidden) /usr/sbin/dockerd"},
		{"/bin/sh -c \"T=M exec dockerd\"", "/bin/sh -c (hidden)"},
		{"/opt/wrap https://h/hook/M", "/opt/wrap (hidden)"},
		{"/opt/wrap /srv/u:M@h", "/opt/wrap (hidden)"},
		{"/opt/wrap \"M", "(hidden)"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *shown = daemon_line_show(rows[i].line, true);

		assert_string_equal(shown, rows[i].shown ? rows[i].shown : rows[i].line);
	}
	assert_null(daemon_line_show(NULL, true));
	assert_string_equal(daemon_flag_value_show("icc", "false"), "false");
	assert_string_equal(daemon_flag_value_show("new-flag", "\"M\""), "\"(hidden)\"");
	assert_null(daemon_flag_value_show("new-flag", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_order_and_optional_lists),
		cmocka_unit_test(test_shown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
