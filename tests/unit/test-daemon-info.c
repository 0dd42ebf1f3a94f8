#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/daemon-info.h"

/* The fields that are read, as 20.10.24 gives them. */
static const char info_20[] =
	"{\"Images\":3,\"Driver\":\"overlay2\",\"LiveRestoreEnabled\":true,\"Debug\":false,"
	"\"LoggingDriver\":\"json-file\",\"DefaultRuntime\":\"runc\",\"Labels\":[\"a=b\"],"
	"\"Plugins\":{\"Authorization\":null},\"ExperimentalBuild\":false,"
	"\"DockerRootDir\":\"/var/lib/docker/231072.231072\",\"ServerVersion\":\"20.10.24+dfsg1\","
	"\"Swarm\":{\"LocalNodeState\":\"inactive\"},"
	"\"RegistryConfig\":{\"InsecureRegistryCIDRs\":[\"10.0.0.0/8\",\"127.0.0.0/8\"],"
	"\"Mirrors\":[\"https://m/\"],"
	"\"IndexConfigs\":{\"docker.io\":{\"Secure\":true},\"reg:5000\":{\"Secure\":false}}},"
	"\"SecurityOptions\":[\"name=seccomp,profile=default\",\"name=userns\",\"name=cgroupns\"]}";

static const char info_26[] =
	"{\"Driver\":\"overlay2\",\"DockerRootDir\":\"/var/lib/"
	"docker\",\"ServerVersion\":\"26.1.5\","
	"\"Labels\":null,\"SecurityOptions\":[\"name=seccomp,profile=unconfined\","
	"\"name=no-new-privileges\"]}";

static struct facts read_info(const char *text)
{
	CLEANUP(buf_clear) struct buf body = {0};
	struct facts f = {0};

	buf_puts(&body, text);
	assert_int_equal(daemon_info_read(&body, &f.docker, NULL), 0);
	return f;
}

/* `want` NULL: known to be unset; "?": nothing is known. */
static void assert_setting(const struct facts *f, const char *key, const char *want)
{
	const struct setting *s = settings_find(&f->docker.now, key);

	if (want && strcmp(want, "?") == 0) {
		assert_null(s);
		return;
	}
	assert_non_null(s);
	assert_int_equal(s->source, SOURCE_API);
	assert_int_equal(strcmp_null(s->value, want), 0);
}

static void test_20_10(void **state)
{
	static const char *const rows[][2] = {
		{"live-restore", "true"},
		{"debug", "false"},
		{"log-driver", "\"json-file\""},
		{"labels", "[\"a=b\"]"},
		{"authorization-plugins", NULL},
		{"seccomp-profile", NULL},
		{"default-cgroupns-mode", "\"private\""},
		{"insecure-registries", "[\"10.0.0.0/8\",\"reg:5000\"]"},
		{"registry-mirrors", "[\"https://m/\"]"},
		{"data-root", "\"/var/lib/docker\""},
		{"userns-remap", "?"},
		{"no-new-privileges", "?"},
		{"userland-proxy", "?"},
	};
	struct facts f = read_info(info_20);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_setting(&f, rows[i][0], rows[i][1]);
	assert_string_equal(f.docker.data_root, "/var/lib/docker/231072.231072");
	assert_string_equal(f.docker.swarm, "inactive");
	assert_true(f.docker.images.known);
	assert_int_equal(f.docker.images.n, 3);
	assert_int_equal(f.docker.insecure_registries.count, 2);
	assert_true(daemon_info_has_option(&f.docker, "userns"));
	assert_false(daemon_info_has_option(&f.docker, "user"));
	facts_clear(&f);
}

static void test_26(void **state)
{
	struct facts f = read_info(info_26);

	assert_setting(&f, "no-new-privileges", "true");
	assert_setting(&f, "seccomp-profile", "\"unconfined\"");
	assert_setting(&f, "userns-remap", NULL);
	assert_setting(&f, "labels", NULL);
	assert_setting(&f, "default-cgroupns-mode", "\"host\"");
	facts_clear(&f);
}

static void test_bridge(void **state)
{
	CLEANUP(buf_clear) struct buf body = {0};
	struct facts f = {0};

	buf_puts(&body, "{\"EnableIPv6\":true,\"Options\":{"
			"\"com.docker.network.bridge.enable_icc\":\"false\","
			"\"com.docker.network.bridge.host_binding_ipv4\":\"127.0.0.1\","
			"\"com.docker.network.bridge.enable_ip_masquerade\":\"true\"}}");
	assert_int_equal(daemon_info_read_bridge(&body, &f.docker, NULL), 0);
	assert_string_equal(f.docker.bridge_icc, "false");
	assert_setting(&f, "icc", "false");
	assert_setting(&f, "ip", "\"127.0.0.1\"");
	/* a start beside containers read another value from the file, and left the network alone */
	settings_put(&f.docker.now, "icc", "true", SOURCE_FILE, NULL);
	settings_put(&f.docker.now, "ip", "\"0.0.0.0\"", SOURCE_FILE, NULL);
	assert_string_equal(docker_bridge_value(&f.docker, "icc"), "false");
	assert_string_equal(docker_bridge_value(&f.docker, "ip"), "\"127.0.0.1\"");
	assert_null(docker_bridge_value(&f.docker, "mtu"));
	assert_setting(&f, "ip-masq", "true");
	assert_setting(&f, "ipv6", "true");
	facts_clear(&f);
}

static void test_nonsense(void **state)
{
	static const char *const rows[] = {"", "[]", "null", "{", "\"x\"", "\xff"};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf body = {0};
		struct facts f = {0};

		buf_puts(&body, rows[i]);
		assert_int_equal(daemon_info_read(&body, &f.docker, &err), -EINVAL);
		assert_non_null(strstr(error_text(&err), "/info"));
		assert_int_equal(daemon_info_read_bridge(&body, &f.docker, &err), -EINVAL);
		assert_int_equal(f.docker.now.count, 0);
		facts_clear(&f);
	}
}

static void test_wrong_types_do_no_harm(void **state)
{
	struct facts f = read_info("{\"Driver\":7,\"SecurityOptions\":\"x\",\"RegistryConfig\":[],"
				   "\"Swarm\":null,\"Images\":\"many\",\"Labels\":{}}");

	assert_string_equal(f.docker.driver, "");
	assert_int_equal(f.docker.security_options.count, 0);
	facts_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_20_10),
		cmocka_unit_test(test_26),
		cmocka_unit_test(test_bridge),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_wrong_types_do_no_harm),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
