#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/daemon/guards.h"
#include "tests/unit/docker-view.h"
#include "tests/unit/guard-case.h"

/* Options of log-opts that the driver at the next start would not know, or would miss. */
static void test_log_options(void **state)
{
	static const struct {
		const char *file, *key, *value, *refused; /* NULL: not refused */
	} rows[] = {
		{"{}", "log-opts", "{\"max-size\":\"10m\"}", NULL},
		{"{\"log-driver\":\"local\"}", "log-opts", "{\"max-size\":\"10m\"}", NULL},
		{"{\"log-driver\":\"local\"}", "log-opts", "{\"tag\":\"x\"}", "'tag'"},
		{"{\"log-driver\":\"syslog\"}", "log-opts", "{\"max-size\":\"1m\"}", "'max-size'"},
		{"{\"log-driver\":\"syslog\"}", "log-opts", "{\"mode\":\"non-blocking\"}", NULL},
		{"{\"log-driver\":\"gelf\"}", "log-opts", "{}", "needs the option 'gelf-address'"},
		{"{\"log-driver\":\"gelf\"}", "log-opts", "{\"gelf-address\":\"udp://h:1\"}", NULL},
		{"{\"log-driver\":\"acme/plugin\"}", "log-opts", "{\"any\":\"x\"}", NULL},
		{"{\"log-opts\":{\"max-size\":\"1m\"}}", "log-driver", "\"gelf\"", "'max-size'"},
		{"{}", "log-driver", "\"gelf\"", "needs the option 'gelf-address'"},
		{"{\"log-opts\":{\"gelf-address\":\"udp://h:1\"}}", "log-driver", "\"gelf\"", NULL},
		{"{}", "log-driver", "\"journald\"", "'/run/systemd/journal/socket'"},
		{"{\"log-opts\":{\"max-size\":\"1m\"}}", "log-driver", NULL, NULL},
	};
	struct fake_view *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		fake_file(f, CONFIG, 0644, rows[i].file);
		guard(f, rows[i].key, rows[i].value, &d);
		if (!d.refusal != !rows[i].refused ||
		    (d.refusal && !strstr(d.refusal, rows[i].refused)))
			fail_msg("%s with %s = %s: %s", rows[i].file, rows[i].key,
				 rows[i].value ? rows[i].value : "nothing",
				 d.refusal ? d.refusal : "not refused");
	}
}

/* What dockerd takes at its start, and looks at when it makes a container: 28.5.2, a Debian build. */
static const struct {
	const char *file, *key, *value, *refused, *held; /* NULL: not */
	bool told; /* dockerd runs, and told of its log drivers */
} dead[] = {
	{"{}", "log-driver", "\"syslog\"", NULL, NULL, true},
	{"{}", "log-driver", "\"none\"", NULL, NULL, true},
	{"{}", "log-driver", "\"sylog\"", "no log driver 'sylog'", NULL, true},
	{"{}", "log-driver", "\"sylog\"", NULL, "is not known while it does not run", false},
	{"{}", "log-driver", "\"gcplogs\"", "no log driver 'gcplogs'", NULL, true},
	{"{}", "log-driver", "\"gcplogs\"", NULL, "is not known while it does not run", false},
	{"{}", "log-driver", "\"acme/log\"", NULL, NULL, true},
	{"{}", "log-driver", "\"acme/log:latest\"", NULL, NULL, true},
	{"{}", "log-driver", "\"acme/other\"", "no log driver 'acme/other'", NULL, true},
	{"{}", "log-driver", "\"old\"", NULL, NULL, true},
	{"{}", "log-opts", "{\"max-size\":\"10x\"}", "max-size must be a size", NULL, true},
	{"{\"log-opts\":{\"max-file\":\"0\"}}", "log-driver", "\"json-file\"", "max-file must be",
	 NULL, true},
	{"{}", "cgroup-parent", "\"a b.slice\"", "no container would start", NULL, true},
	{"{}", "default-runtime", "\"runc\"", NULL, NULL, true},
	{"{}", "default-runtime", "\"io.containerd.runc.v2\"", NULL, NULL, true},
	{"{}", "default-runtime", "\"io.containerd.nosuch.v1\"", "containerd-shim-nosuch-v1", NULL,
	 true},
	{"{\"runtimes\":{\"x\":{\"path\":\"/opt/none\"}}}", "default-runtime", "\"x\"",
	 "no '/opt/none'", NULL, true},
	{"{\"default-runtime\":\"x\"}", "runtimes", "{\"x\":{\"path\":\"none\"}}", "no 'none'",
	 NULL, true},
	{"{}", "runtimes", "{\"x\":{\"path\":\"/opt/none\"}}", NULL, NULL, true},
	{"{}", "userland-proxy-path", "\"/opt/none\"", "no '/opt/none'", NULL, true},
	{"{}", "mtu", "1450", NULL, NULL, true},
	{"{}", "mtu", "10", "from 68 to 65535", NULL, true},
	{"{}", "default-ulimits", "{\"foo\":{\"Name\":\"foo\",\"Soft\":1,\"Hard\":1}}",
	 "not a resource limit", NULL, true},
	{"{}", "default-ulimits", "{\"nofile\":{\"Name\":\"nofile\",\"Soft\":9,\"Hard\":1}}",
	 "a Soft above its Hard", NULL, true},
	{"{}", "default-ulimits", "{\"nofile\":{\"Name\":\"nproc\",\"Soft\":9,\"Hard\":-1}}", NULL,
	 NULL, true},
};

static void test_no_container_starts(void **state)
{
	struct fake_view *f = *state;

	fake_node(f, "/run/docker/plugins/old.sock", NODE_SOCKET, 0660);
	fake_node(f, "/dev/log", NODE_SOCKET, 0666);
	fake_file(f, "/usr/bin/containerd-shim-runc-v2", 0755, "");
	strv_add(&f->facts.docker.enabled_plugins, "acme/log:latest");
	count_set(&f->facts.docker.plugins, 1);
	for (size_t i = 0; i < ARRAY_SIZE(dead); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep) char *why = NULL;
		const char *held;

		strv_clear(&f->facts.docker.log_drivers);
		if (dead[i].told)
			strv_split(&f->facts.docker.log_drivers, "json-file local syslog", " ");
		fake_file(f, CONFIG, 0644, dead[i].file);
		guard(f, dead[i].key, dead[i].value, &d);
		held = d.holds.count ? d.holds.items[0] : NULL;
		why = docker_guards_dead(&f->view, dead[i].key, dead[i].value);
		if (!d.refusal != !dead[i].refused || !held != !dead[i].held ||
		    (d.refusal && !strstr(d.refusal, dead[i].refused)) ||
		    (held && !strstr(held, dead[i].held)) ||
		    (strcmp(dead[i].key, "runtimes") != 0 && !why != !d.refusal))
			fail_msg("%s = %s: %s, %s", dead[i].key, dead[i].value,
				 d.refusal ? d.refusal : "not refused", held ? held : "not held");
	}
}

/* What lies in the host that containers' logs go to, or what all of them run under. */
static void test_log_sockets(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};

	fake_file(f, CONFIG, 0644, "{\"log-opts\":{\"tag\":\"x\"}}");
	guard(f, "log-driver", "\"syslog\"", &d);
	assert_int_equal(d.holds.count, 1);
	fake_node(f, "/dev/log", NODE_SOCKET, 0666);
	fake_node(f, "/run/systemd/journal/socket", NODE_SOCKET, 0666);
	guard(f, "log-driver", "\"syslog\"", &d);
	assert_int_equal(d.holds.count, 0);
	guard(f, "log-driver", "\"journald\"", &d);
	assert_null(d.refusal);
}

static void test_seccomp_profile(void **state)
{
	static const struct {
		const char *text;
		bool refused;
	} rows[] = {{"{\"defaultAction\":\"SCMP_ACT_ERRNO\"}\n", false},
		    {"{\"defaultAction\":", true},
		    {"[]", true},
		    {"", true}};
	struct fake_view *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(delta_clear) struct delta d = {0};

		fake_file(f, "/etc/docker/s.json", 0644, rows[i].text);
		guard(f, "seccomp-profile", "\"/etc/docker/s.json\"", &d);
		assert_int_equal(d.refusal != NULL, rows[i].refused);
	}
}

#define FLUENT "{\"log-driver\":\"fluentd\"}"

/*
 * What has to be so on this host for dockerd to start, or for any container: who listens where, and
 * what is there. 127.0.0.1:24224 has a listener, 127.0.0.1:9444 as well, port 5140 is published.
 */
static const struct {
	const char *file, *key, *value, *refused, *held; /* NULL: not */
} conditions[] = {
	{"{}", "metrics-addr", "\"127.0.0.1:9323\"", NULL, NULL},
	{"{}", "metrics-addr", "\"127.0.0.1:9444\"", "another process listens on 127.0.0.1", NULL},
	{"{}", "metrics-addr", "\"0.0.0.0:9444\"", "another process", NULL},
	{"{}", "metrics-addr", "\":9323\"", "no host before the port", NULL},
	{"{}", "metrics-addr", "\"10.7.7.7:9323\"", "no interface of this host", NULL},
	{"{}", "metrics-addr", "\"a.example.org:9323\"", NULL, "is not looked up"},
	{"{}", "metrics-addr", NULL, NULL, NULL},
	{"{}", "hosts", "[\"fd://\",\"tcp://127.0.0.1:9444\"]", "another process", NULL},
	{"{}", "hosts", "[\"fd://\",\"tcp://127.0.0.1:2376\"]", NULL, NULL},
	{"{}", "hosts", "[\"fd://\",\"tcp://127.0.0.1:9444/\"]", "another process", NULL},
	{"{}", "hosts", "[\"fd://\",\"127.0.0.1:9444\"]", "another process", NULL},
	{"{}", "hosts", "[\"fd://\",\"tcp://u@127.0.0.1:9444\"]", "another process", NULL},
	{"{}", "log-driver", "\"fluentd\"", NULL, NULL},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"127.0.0.1:24225\"}", "nobody listens at",
	 NULL},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"localhost:5140\"}", NULL, NULL},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"logs:24224\"}", NULL, "which is not tried"},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"127.0.0.1:24225\",\"fluentd-async\":\"true\"}",
	 NULL, NULL},
	{FLUENT, "log-opts", "{\"fluentd-address\":\"unix:///run/fl.sock\"}", "no container would",
	 NULL},
	/* as it is already: not what the change does */
	{"{\"log-driver\":\"fluentd\",\"log-opts\":{\"fluentd-address\":\"127.0.0.1:1\"}}",
	 "log-opts", "{\"fluentd-address\":\"127.0.0.1:1\",\"tag\":\"x\"}", NULL, NULL},
	{"{\"log-driver\":\"syslog\"}", "log-opts", "{\"syslog-address\":\"unix:///dev/nolog\"}",
	 "dockerd would not start", NULL},
	{"{\"log-driver\":\"gelf\"}", "log-opts", "{\"gelf-address\":\"tcp://127.0.0.1:12201\"}",
	 "nobody listens", NULL},
	{"{}", "init", "true", "no 'docker-init'", NULL},
	{"{}", "init", "false", NULL, NULL},
	{"{\"init\":true}", "init-path", "\"/opt/no-init\"", "no container would start", NULL},
	{"{}", "init-path", "\"/opt/no-init\"", "no container with --init", NULL},
	{"{}", "seccomp-profile", "\"/etc/docker\"", "is a directory", NULL},
};

static bool is_so(const char *text, const char *wanted)
{
	return !text == !wanted && (!text || strstr(text, wanted));
}

static void test_conditions_of_the_host(void **state)
{
	struct fake_view *f = *state;

	strv_add(&f->facts.docker.listening.ports, "127.0.0.1 24224");
	strv_add(&f->facts.docker.listening.ports, "127.0.0.1 9444");
	f->facts.docker.no_init = xstrdup("there is no 'docker-init'");
	strv_add(&add_container(f, "logs", "front")->ports, "5140/tcp on 127.0.0.1");
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		const char *held;

		fake_file(f, CONFIG, 0644, conditions[i].file);
		guard(f, conditions[i].key, conditions[i].value, &d);
		held = d.holds.count ? d.holds.items[0] : NULL;
		if (!is_so(d.refusal, conditions[i].refused) || !is_so(held, conditions[i].held))
			fail_msg("%s = %s: %s, %s", conditions[i].key,
				 conditions[i].value ? conditions[i].value : "nothing",
				 d.refusal ? d.refusal : "not refused", held ? held : "not held");
	}
}

/* A slice limits by systemd's driver alone: which that is is the file's to say, else the version of the groups. */
static void test_slices(void **state)
{
	static const struct {
		const char *file;
		bool unified, groups;
		const char *value, *refused;
	} rows[] = {
		{"{}", true, true, "\"harden-docker.slice\"", NULL},
		{"{}", false, true, "\"harden-docker.slice\"",
		 "cgroupfs at its next start: 'harden"},
		{"{}", false, false, "\"harden-docker.slice\"", NULL},
		{"{\"exec-opts\":[\"native.cgroupdriver=cgroupfs\"]}", true, true,
		 "\"harden-docker.slice\"", "is a plain directory to it"},
		{"{\"exec-opts\":[\"native.cgroupdriver=cgroupfs\"]}", true, true, "\"mine\"",
		 NULL},
		{"{\"exec-opts\":[\"native.cgroupdriver=systemd\"]}", false, true,
		 "\"harden-docker.slice\"", NULL},
		{"{}", true, true, "\"mine\"", "must end in .slice"},
		{"{}", true, true, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};

		fake_view_init(&f);
		str_replace(&f.facts.docker.config_file, CONFIG);
		fake_file(&f, CONFIG, 0644, rows[i].file);
		if (rows[i].groups)
			fake_dir(&f, "/sys/fs/cgroup", 0755);
		if (rows[i].unified)
			fake_file(&f, "/sys/fs/cgroup/cgroup.controllers", 0444, "memory pids\n");
		guard(&f, "cgroup-parent", rows[i].value, &d);
		if (!is_so(d.refusal, rows[i].refused))
			fail_msg("row %zu: %s", i, d.refusal ? d.refusal : "not refused");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		DOCKER_VIEW_TEST(test_log_options),
		DOCKER_VIEW_TEST(test_no_container_starts),
		DOCKER_VIEW_TEST(test_log_sockets),
		DOCKER_VIEW_TEST(test_seccomp_profile),
		DOCKER_VIEW_TEST(test_conditions_of_the_host),
		cmocka_unit_test(test_slices),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
