#include "tests/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/container-info.h"

/* An answer of which only the rest matters says that it does not run. */
static struct container read_text(const char *text, struct strv *execs)
{
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct container c;

	container_init(&c);
	if (strstr(text, "\"State\""))
		buf_puts(&body, text);
	else
		buf_printf(&body, "{\"State\":{\"Running\":false},%s", text + 1);
	if (container_info_read(&body, &c, execs, &err) < 0)
		fail_msg("%s: %s", text, error_text(&err));
	return c;
}

static void assert_list(const struct strv *list, const char *want)
{
	CLEANUP(freep) char *have = strv_join(list, "|");

	assert_string_equal(have, want);
}

/* How often a check is due, from nanoseconds; dockerd's own choice is 30 s. */
static void test_pace(void **state)
{
	static const struct {
		const char *check;
		uint64_t every, most; /* seconds */
	} rows[] = {
		{"{}", 30, 30},
		{"{\"Interval\":0,\"Timeout\":0}", 30, 30},
		{"{\"Interval\":1000000000,\"Timeout\":5000000000}", 1, 5},
		{"{\"Interval\":1000000000,\"StartInterval\":7000000000}", 7, 30},
		{"{\"Interval\":9000000000,\"StartInterval\":7000000000}", 9, 30},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *text =
			xasprintf("{\"Id\":\"a\",\"Config\":{\"Healthcheck\":%s}}", rows[i].check);
		struct container c = read_text(text, NULL);

		assert_int_equal(c.check_every_usec, rows[i].every * 1000000);
		assert_int_equal(c.check_most_usec, rows[i].most * 1000000);
		container_clear(&c);
	}
}

/* What compose writes down of who needs whom: the conditions behind the names are not names. */
static void test_compose(void **state)
{
	static const struct {
		const char *labels, *service, *needs;
	} rows[] = {
		{"{}", NULL, ""},
		{"{\"com.docker.compose.service\":\"web\"}", "web", ""},
		{"{\"com.docker.compose.service\":\"web\",\"com.docker.compose.depends_on\":\"\"}",
		 "web", ""},
		{"{\"com.docker.compose.depends_on\":\"db:service_healthy:true,cache\"}", NULL,
		 "db|cache"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *text = xasprintf("{\"Id\":\"a\",\"Config\":{\"Labels\":%s}}", rows[i].labels);
		struct container c = read_text(text, NULL);

		assert_int_equal(strcmp_null(c.compose_service, rows[i].service), 0);
		assert_list(&c.compose_needs, rows[i].needs);
		container_clear(&c);
	}
}

static void test_running(void **state)
{
	CLEANUP(strv_clear) struct strv execs = {0};
	struct container c = read_text(
		"{\"Id\":\"abc\",\"Name\":\"/web\",\"AppArmorProfile\":\"docker-default\","
		"\"State\":{\"Status\":\"running\",\"Running\":true,\"Pid\":42,"
		"\"Health\":{\"Status\":\"unhealthy\",\"FailingStreak\":2,\"Log\":[{\"ExitCode\":0}"
		",{"
		"\"ExitCode\":1}]}},\"ExecIDs\":[\"e2\",\"e1\"],"
		"\"Config\":{\"Image\":\"nginx\",\"User\":\"1000\",\"Env\":[\"PATH=/bin\","
		"\"DOCKER_HOST=tcp://"
		"h:2375\"],\"Labels\":{\"com.docker.compose.project\":\"shop\"}},"
		"\"NetworkSettings\":{\"Networks\":{\"front\":{\"Links\":[\"db:data\"],"
		"\"Aliases\":[\"shop\"],\"DNSNames\":null},\"bridge\":{"
		"\"Links\":[\"db:data\"]}},"
		"\"Ports\":{\"80/tcp\":"
		"[{\"HostIp\":\"0.0.0.0\",\"HostPort\":\"8080\"},{\"HostIp\":\"::\",\"HostPort\":"
		"\"8080\"}],"
		"\"90/tcp\":null}},\"HostConfig\":{\"PortBindings\":{\"1/tcp\":[{}]},"
		"\"LogConfig\":{\"Type\":\"syslog\",\"Config\":{\"tag\":\"x\"}},"
		"\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":3},"
		"\"NetworkMode\":\"front\",\"PidMode\":\"host\",\"CapAdd\":[\"CAP_SYS_ADMIN\"],"
		"\"CapDrop\":null,\"Devices\":[{\"PathOnHost\":\"/dev/sda\"}],"
		"\"DeviceCgroupRules\":[\"c 1:3 "
		"rwm\"],\"DeviceRequests\":[{\"Driver\":\"\",\"Count\":-1}],"
		"\"Ulimits\":[{\"Name\":\"nofile\",\"Soft\":10,\"Hard\":20}],\"ReadonlyRootfs\":"
		"true},"
		"\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/etc\",\"Destination\":\"/"
		"z\",\"RW\":true,"
		"\"Propagation\":\"rprivate\"},{\"Type\":\"volume\",\"Source\":\"/"
		"v\",\"Destination\":\"/y\","
		"\"Name\":"
		"\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}]}",
		&execs);

	assert_string_equal(c.name, "web");
	assert_string_equal(c.tenant, "shop");
	assert_string_equal(c.health, "unhealthy");
	assert_true(c.failing == 2 && c.failed);
	assert_string_equal(c.docker_host, "tcp://h:2375");
	assert_string_equal(c.apparmor_profile, "docker-default");
	assert_true(c.running && c.pid == 42 && container_lives(&c));
	assert_int_equal(c.restart_count, 3);
	assert_int_equal(c.read_only, 1);
	assert_int_equal(c.host_pid, -1); /* a wish is not the truth */
	assert_list(&execs, "e1|e2");
	assert_list(&c.ports, "8080/tcp on 0.0.0.0|8080/tcp on ::");
	assert_string_equal(c.log_driver, "syslog");
	assert_string_equal(c.log_options, "{\"tag\":\"x\"}");
	assert_list(&c.networks, "front|bridge");
	assert_list(&c.network_links, "front db:data");
	assert_list(&c.network_names, "front shop");
	assert_list(&c.cap_add, "CAP_SYS_ADMIN");
	assert_list(&c.devices, "/dev/sda|c 1:3 rwm|request gpu");
	assert_list(&c.ulimits, "nofile=10:20");
	assert_int_equal(c.nmounts, 2);
	assert_true(c.mounts[0].anonymous); /* by their places */
	assert_false(c.mounts[1].anonymous);
	container_clear(&c);
}

/* What a container that does not run is judged by. */
static void test_stopped(void **state)
{
	struct container c = read_text(
		"{\"Id\":\"abc\",\"Name\":\"/"
		"job\",\"State\":{\"Status\":\"exited\",\"Running\":false},"
		"\"Config\":{\"Image\":\"i\",\"StopSignal\":\"SIGINT\",\"StopTimeout\":300,"
		"\"Healthcheck\":{\"Test\":[\"CMD\",\"true\"]}},"
		"\"HostConfig\":{\"PortBindings\":{\"80/"
		"tcp\":[{\"HostIp\":\"\",\"HostPort\":\"80-90\"}]},"
		"\"Memory\":1048576,\"PidsLimit\":-1,\"RestartPolicy\":{\"Name\":\"\"}}}",
		NULL);

	assert_false(container_lives(&c));
	assert_string_equal(c.restart_policy, "no");
	assert_string_equal(c.stop_signal, "SIGINT");
	assert_int_equal(c.stop_timeout, 300);
	assert_string_equal(c.health, "unknown");
	assert_list(&c.ports, "80-90/tcp on default");
	assert_int_equal(c.memory, 1048576);
	assert_int_equal(c.pids, 0);
	container_clear(&c);
}

/* What is published, by whom there is to ask: a process has it from dockerd, else the request counts. */
static void test_ports(void **state)
{
	static const struct {
		const char *state, *host, *want;
	} rows[] = {
		/* dockerd tells of no port between two runs */
		{"\"Running\":true,\"Restarting\":true,\"Pid\":0",
		 "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"80\"}]}",
		 "80/tcp on default"},
		{"\"Running\":true,\"Pid\":7",
		 "\"PortBindings\":{\"80/tcp\":[{\"HostIp\":\"\",\"HostPort\":\"80\"}]}",
		 "32768/tcp on ::"},
		{"\"Running\":false", "\"PublishAllPorts\":true",
		 "any/tcp on default|any/udp on default"},
		{"\"Running\":true,\"Pid\":0", "\"PublishAllPorts\":true",
		 "any/tcp on default|any/udp on default"},
		{"\"Running\":true,\"Pid\":7", "\"PublishAllPorts\":true", "32768/tcp on ::"},
		{"\"Running\":false", "\"PublishAllPorts\":false", ""},
		{"\"Running\":false",
		 "\"PublishAllPorts\":true,\"PortBindings\":{\"53/udp\":[{\"HostIp\":\"::1\","
		 "\"HostPort\":\"53\"}],\"9/sctp\":[]}",
		 "53/udp on ::1|any/tcp on default|any/sctp on default"},
		{"\"Running\":false",
		 "\"NetworkMode\":\"host\",\"PublishAllPorts\":true,\"PortBindings\":{\"80/tcp\":"
		 "[{\"HostPort\":\"80\"}]}",
		 ""},
	};
	static const char config[] =
		"\"Config\":{\"ExposedPorts\":{\"80/tcp\":{},\"81/tcp\":{},\"53/udp\":{}}}";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *text = xasprintf(
			"{\"Id\":\"a\",\"State\":{%s},%s,\"HostConfig\":{%s},\"NetworkSettings\":"
			"{\"Ports\":%s}}",
			rows[i].state, config, rows[i].host,
			strstr(rows[i].state, "\"Pid\":7")
				? "{\"80/tcp\":[{\"HostIp\":\"::\",\"HostPort\":\"32768\"}]}"
				: "{}");
		struct container c = read_text(text, NULL);

		assert_list(&c.ports, rows[i].want);
		if (strstr(rows[i].host,
			   "\"HostIp\":\"\"")) /* a process or none: the request stays */
			assert_list(&c.asked_ports, "80/tcp on default");
		container_clear(&c);
	}
}

/* The same from the disk, where nothing tells whether it runs. */
static void test_ports_on_disk(void **state)
{
	CLEANUP(buf_clear) struct buf config = {0}, host = {0};
	CLEANUP(container_clear) struct container c;

	container_init(&c);
	buf_puts(&config, "{\"ID\":\"a\",\"Config\":{\"ExposedPorts\":{\"80/tcp\":{}}}}");
	buf_puts(&host, "{\"PublishAllPorts\":true}");
	assert_int_equal(container_info_read_disk(&config, &host, &c, NULL), 0);
	assert_list(&c.ports, "any/tcp on default");
}

/* How it ran and ended; the year 1 is "never". */
static void test_life(void **state)
{
	static const struct {
		const char *state;
		uint64_t started, finished;
		int code;
		bool oom;
	} rows[] = {
		{"\"Running\":false,\"ExitCode\":3,\"StartedAt\":\"1970-01-01T00:01:00.5Z\","
		 "\"FinishedAt\":\"2026-11-28T17:58:21.75341638Z\"",
		 60500000, 1795888701753416, 3, false},
		{"\"Running\":true,\"ExitCode\":0,\"StartedAt\":\"1970-01-01T00:00:01Z\","
		 "\"FinishedAt\":\"0001-01-01T00:00:00Z\"",
		 1000000, 0, -1, false},
		{"\"Running\":false,\"ExitCode\":137,\"OOMKilled\":true,\"FinishedAt\":\"x\"", 0, 0,
		 137, true},
		{"\"Running\":false", 0, 0, -1, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *text = xasprintf("{\"Id\":\"a\",\"RestartCount\":2,\"State\":{%s}}",
				       rows[i].state);
		struct container c = read_text(text, NULL);

		assert_int_equal(c.started_usec, rows[i].started);
		assert_int_equal(c.finished_usec, rows[i].finished);
		assert_int_equal(c.exit_code, rows[i].code);
		assert_int_equal(c.oom_killed, rows[i].oom);
		assert_int_equal(c.restarts, 2);
		container_clear(&c);
	}
}

static void test_security_options(void **state)
{
	static const struct {
		const char *option, *want;
	} rows[] = {
		{"seccomp=unconfined", "seccomp=unconfined"},
		{"seccomp:unconfined", "seccomp=unconfined"},
		{"no-new-privileges", "no-new-privileges"},
		{"no-new-privileges:true", "no-new-privileges=true"},
		{"label:type:spc_t", "label=type:spc_t"},
		{"label=disable", "label=disable"},
		{"seccomp={\\\"defaultAction\\\":\\\"SCMP_ACT_ALLOW\\\"}", "seccomp=allows-all"},
		{"seccomp={\\\"defaultAction\\\":\\\"SCMP_ACT_ALLOW\\\",\\\"syscalls\\\":["
		 "{\\\"names\\\":[\\\"x\\\"],\\\"action\\\":\\\"SCMP_ACT_LOG\\\"}]}",
		 "seccomp=allows-all"},
		{"seccomp={\\\"defaultAction\\\":\\\"SCMP_ACT_ALLOW\\\",\\\"syscalls\\\":["
		 "{\\\"names\\\":[\\\"x\\\"],\\\"action\\\":\\\"SCMP_ACT_ERRNO\\\"}]}",
		 "seccomp=custom"},
		{"seccomp={\\\"defaultAction\\\":\\\"SCMP_ACT_ERRNO\\\"}", "seccomp=custom"},
		{"seccomp={broken", "seccomp=custom"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *text = xasprintf("{\"Id\":\"a\",\"HostConfig\":{\"SecurityOpt\":[\"%s\"]}}",
				       rows[i].option);
		struct container c = read_text(text, NULL);

		assert_list(&c.security, rows[i].want);
		container_clear(&c);
	}
}

static void test_limits(void **state)
{
	static const struct {
		const char *config, *want;
	} rows[] = {
		{"\"NanoCpus\":1500000000", "quota 1.50"},
		{"\"CpuQuota\":50000", "quota 0.50"},
		{"\"CpuQuota\":50000,\"CpuPeriod\":200000", "quota 0.25"},
		{"\"CpuShares\":512", "weight 512"},
		{"\"CpuShares\":1024", "none"},
		{"\"CpusetCpus\":\"0-1\"", "cpus 0-1"},
		{"\"CpuShares\":0", "none"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *text = xasprintf("{\"Id\":\"a\",\"HostConfig\":{%s}}", rows[i].config);
		struct container c = read_text(text, NULL);

		assert_string_equal(c.cpu, rows[i].want);
		container_clear(&c);
	}
}

static void test_health_and_labels(void **state)
{
	static const struct {
		const char *config, *health, *tenant;
	} rows[] = {
		{"", "none", NULL},
		{"\"Healthcheck\":{\"Test\":[\"NONE\"]}", "none", NULL},
		{"\"Healthcheck\":{\"Test\":[\"CMD\",\"x\"]}", "unknown", NULL},
		{"\"Healthcheck\":{\"Interval\":5}", "none", NULL},
		{"\"Labels\":{\"tenant\":\"a\"}", "none", "a"},
		{"\"Labels\":{\"owner\":\"b\",\"com.docker.stack.namespace\":\"s\"}", "none", "s"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *text = xasprintf("{\"Id\":\"a\",\"Config\":{%s}}", rows[i].config);
		struct container c = read_text(text, NULL);

		assert_string_equal(c.health, rows[i].health);
		assert_int_equal(strcmp_null(c.tenant, rows[i].tenant), 0);
		container_clear(&c);
	}
}

/* dockerd runs a health check as a session; whoever else runs something is not it. */
static void test_health_check_is_no_session(void **state)
{
	static const struct {
		const char *test, *process;
		size_t want;
	} rows[] = {
		{"[\"CMD-SHELL\",\"ps x\"]",
		 "\"entrypoint\":\"/bin/sh\",\"arguments\":[\"-c\",\"ps x\"]", 0},
		{"[\"CMD\",\"/ok\",\"-q\"]", "\"entrypoint\":\"/ok\",\"arguments\":[\"-q\"]", 0},
		{"[\"CMD\",\"/ok\",\"-q\"]", "\"entrypoint\":\"/ok\",\"arguments\":[\"-v\"]", 1},
		{"[\"CMD\",\"/ok\",\"-q\"]", "\"entrypoint\":\"-q\",\"arguments\":[]", 1},
		{"[\"NONE\"]", "\"entrypoint\":\"/bin/sh\",\"arguments\":[]", 1},
		{"null", "\"entrypoint\":\"/bin/sh\",\"arguments\":[\"-c\",\"ps x\"]", 1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *text = xasprintf("{\"Id\":\"a\",\"Config\":{\"Healthcheck\":{\"Test\":%s}}}",
				       rows[i].test);
		CLEANUP(buf_clear) struct buf body = {0};
		struct container c = read_text(text, NULL);

		buf_printf(&body, "{\"Running\":true,\"ProcessConfig\":{%s}}", rows[i].process);
		assert_int_equal(container_info_read_exec(&body, &c, NULL), 0);
		if (c.nexecs != rows[i].want)
			fail_msg("row %zu: %zu sessions", i, c.nexecs);
		container_clear(&c);
	}
}

static void test_execs(void **state)
{
	static const struct {
		const char *text;
		size_t want;
	} rows[] = {
		{"{\"Running\":true,\"ProcessConfig\":{\"privileged\":true,\"user\":\"root\"}}", 1},
		{"{\"Running\":false,\"ProcessConfig\":{\"privileged\":true}}", 1},
		{"{\"Running\":true,\"ProcessConfig\":{}}", 2},
	};
	struct container c;

	container_init(&c);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buf_clear) struct buf body = {0};

		buf_puts(&body, rows[i].text);
		assert_int_equal(container_info_read_exec(&body, &c, NULL), 0);
		assert_int_equal(c.nexecs, rows[i].want);
	}
	assert_true(c.execs[0].privileged && !c.execs[1].privileged);
	assert_string_equal(c.execs[0].user, "root");
	assert_string_equal(c.execs[1].user, "");
	container_clear(&c);
}

static void test_volumes(void **state)
{
	CLEANUP(buf_clear) struct buf body = {0};
	struct map map = {0};
	size_t count = 0;

	buf_puts(&body,
		 "{\"Volumes\":[{\"Name\":\"plain\",\"Options\":null},"
		 "{\"Name\":\"etc\",\"Options\":{\"type\":\"none\",\"o\":\"bind\",\"device\":\"/"
		 "etc\"}},"
		 "{\"Name\":\"ro\",\"Options\":{\"o\":\"ro,rbind\",\"device\":\"/run\"}},"
		 "{\"Name\":\"nfs\",\"Options\":{\"type\":\"nfs\",\"o\":\"addr=1\",\"device\":\":/"
		 "x\"}},"
		 "{\"Name\":\"disk\",\"Options\":{\"type\":\"ext4\",\"device\":\"/dev/sdb\"}}]}");
	assert_int_equal(container_info_read_volumes(&body, &map, &count, NULL), 0);
	assert_int_equal(count, 5);
	assert_int_equal(map.count, 2);
	assert_string_equal(map_get(&map, "etc"), "/etc");
	assert_string_equal(map_get(&map, "ro"), "/run");
	map_clear(&map, free);
}

static void test_nonsense(void **state)
{
	static const char *const rows[] = {
		"",
		"[]",
		"{",
		"null",
		"3",
		"{}",
		"{\"Id\":\"\",\"State\":{\"Running\":true}}",
		"{\"Id\":1,\"State\":{\"Running\":true}}",
		"{\"Name\":\"/a\",\"State\":{\"Running\":true}}",
		/* nor is one that does not say whether it runs one that does not */
		"{\"Id\":\"a\"}",
		"{\"Id\":\"a\",\"State\":{}}",
		"{\"Id\":\"a\",\"State\":{\"Running\":\"yes\"}}",
		"{\"message\":\"it is late\"}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf body = {0};
		struct container c;

		container_init(&c);
		buf_puts(&body, rows[i]);
		assert_true(container_info_read(&body, &c, NULL, &err) < 0);
		assert_non_null(err.text);
		container_clear(&c);
	}
}

/* Lists of which a part is not told are not shorter lists. */
static void test_half_lists(void **state)
{
	static const struct {
		const char *text;
		int want;
		size_t count;
	} lists[] = {
		{"[]", 0, 0},
		{"[{\"Id\":\"a\"},{\"Id\":\"b\"}]", 0, 2},
		{"[{\"Id\":\"a\"},{\"Names\":[\"/b\"]}]", -EINVAL, 1},
		{"[{\"Id\":\"a\"},null]", -EINVAL, 1},
		{"{}", -EINVAL, 0},
		{"null", -EINVAL, 0},
		{"", -EINVAL, 0},
	};
	static const struct {
		const char *text;
		int want;
	} volumes[] = {{"{\"Volumes\":null}", 0},
		       {"{\"Volumes\":[]}", 0},
		       {"{}", -EINVAL},
		       {"{\"Volumes\":{}}", -EINVAL},
		       {"[]", -EINVAL}},
	  execs[] = {{"{\"Running\":false}", 0},
		     {"{}", -EINVAL},
		     {"[]", -EINVAL},
		     {"{\"Running\":1}", -EINVAL}};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		CLEANUP(buf_clear) struct buf body = {0};
		CLEANUP(strv_clear) struct strv ids = {0};

		buf_puts(&body, lists[i].text);
		assert_int_equal(container_info_read_list(&body, &ids, NULL, NULL), lists[i].want);
		assert_int_equal(ids.count, lists[i].count);
	}
	for (size_t i = 0; i < ARRAY_SIZE(volumes); i++) {
		CLEANUP(buf_clear) struct buf body = {0};
		struct map map = {0};
		size_t n = 0;

		buf_puts(&body, volumes[i].text);
		assert_int_equal(container_info_read_volumes(&body, &map, &n, NULL),
				 volumes[i].want);
		map_clear(&map, free);
	}
	for (size_t i = 0; i < ARRAY_SIZE(execs); i++) {
		CLEANUP(buf_clear) struct buf body = {0};
		CLEANUP(container_clear) struct container c;

		container_init(&c);
		buf_puts(&body, execs[i].text);
		assert_int_equal(container_info_read_exec(&body, &c, NULL), execs[i].want);
	}
}

static void test_addresses(void **state)
{
	CLEANUP(container_clear)
	struct container c = read_text(
		"{\"Id\":\"a\",\"NetworkSettings\":{\"Networks\":{\"bridge\":{\"IPAddress\":"
		"\"172.17.0.2\",\"GlobalIPv6Address\":\"fd00::2\"},\"app\":{\"IPAddress\":\"\"}}}}",
		NULL);
	CLEANUP(freep) char *all = strv_join(&c.addresses, ", ");

	assert_string_equal(all, "bridge 172.17.0.2, bridge fd00::2");
}

/* An address of IPv6 in whatever network counts. */
static void test_ipv6(void **state)
{
	static const struct {
		const char *networks;
		bool has;
	} rows[] = {
		{"{}", false},
		{"{\"a\":{\"IPAddress\":\"172.18.0.2\"}}", false},
		{"{\"a\":{\"GlobalIPv6Address\":\"\"}}", false},
		{"{\"a\":{\"GlobalIPv6Address\":\"fd00::2\"},\"b\":{\"GlobalIPv6Address\":\"\"}}",
		 true},
		{"{\"bridge\":{\"GlobalIPv6Address\":\"fd00::2\"}}", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *text = xasprintf("{\"Id\":\"a\",\"NetworkSettings\":{\"Networks\":%s}}",
				       rows[i].networks);
		struct container c = read_text(text, NULL);

		assert_int_equal(c.has_ipv6, rows[i].has);
		container_clear(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_compose),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_ports_on_disk),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_security_options),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_health_and_labels),
		cmocka_unit_test(test_execs),
		cmocka_unit_test(test_health_check_is_no_session),
		cmocka_unit_test(test_volumes),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_half_lists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
