#include "tests/unit/restart-host.h"

/* What dockerd itself does for containers, and does no more while it is away. */

#define SECOND UINT64_C(1000000)
#define NOW (1700000000 * SECOND)

/* What has no unit and no client: names and proxied connections of containers that run. */
static void test_connections(void **state)
{
	static const struct {
		const char *networks, *port;
		bool no_proxy, none_runs;
		const char *told; /* of container web; NULL: nothing */
	} cases[] = {
		{"bridge", NULL, false, false, NULL},
		{"host", NULL, false, false, NULL},
		{"shop", NULL, false, false,
		 "no name resolves in 1 container on user-defined networks, which ask dockerd: "
		 "web"},
		{"bridge shop", NULL, false, false, "no name resolves in 1 container"},
		{"bridge", "80/tcp on 0.0.0.0", false, false, "to ports of 1 container: web"},
		{"bridge", "80/tcp on 0.0.0.0", true, false, NULL},
		{"bridge", "80/tcp on 0.0.0.0", false, true,
		 NULL}, /* whatever its settings are by now */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		played = (struct played){.no_proxies = cases[i].none_runs};
		host_fill(&f, "active");
		if (cases[i].no_proxy)
			settings_put(&f.docker.now, "userland-proxy", "false", SOURCE_API, "x");
		for (size_t k = 0; k < f.docker.containers.nseen; k++) { /* old does not run */
			struct container *c = &f.docker.containers.seen[k];

			if (strcmp(c->name, "db") == 0)
				continue;
			strv_split(&c->networks, cases[i].networks, " ");
			if (cases[i].port)
				strv_add(&c->ports, cases[i].port);
		}
		host_gather(&f);
		assert_int_equal(f.docker.cut_off.count, cases[i].told != NULL);
		if (cases[i].told)
			assert_non_null(strstr(f.docker.cut_off.items[0], cases[i].told));
		assert_int_equal(f.docker.restart_brings.count, 0);
	}
}

/* 20.10 does not run them any more: who watches them is blind from then on. */
static void test_health_checks(void **state)
{
	static const struct {
		const char *version, *health; /* of web */
		bool told;
		uint64_t checked; /* 0: not yet */
	} cases[] = {
		{"20.10.24+dfsg1", "healthy", true, NOW - 5 * SECOND},
		/* it ended with an earlier restart */
		{"20.10.24+dfsg1", "healthy", false, NOW - 600 * SECOND},
		{"20.10.24+dfsg1", "healthy", true},
		{"20.10.24+dfsg1", "unhealthy", true},
		{"20.10.24+dfsg1", "none", false},
		{"20.10.24+dfsg1", NULL, false},
		{"23.0.0", "healthy", false},
		{"26.1.5+dfsg1", "healthy", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		played = (struct played){0};
		host_fill(&f, "active");
		str_replace(&f.docker.version, cases[i].version);
		str_replace(&f.docker.containers.seen[0].health, cases[i].health);
		f.docker.containers.seen[0].checked_usec = cases[i].checked;
		f.docker.containers.seen[0].check_every_usec = 30 * SECOND;
		f.today = NOW / SECOND;
		str_replace(&f.docker.containers.seen[2].health, "healthy"); /* does not run */
		host_gather(&f);
		assert_int_equal(f.docker.cut_off.count, cases[i].told);
		if (cases[i].told)
			assert_non_null(strstr(f.docker.cut_off.items[0],
					       "that of 1 container that may run on ends"));
		if (cases[i].told)
			assert_non_null(strstr(f.docker.cut_off.items[0], ": web"));
		assert_int_equal(f.docker.restart_brings.count, 0);
	}
}

/* A unit that only reads comes again; what systemd does with others meanwhile may end containers. */
static void test_units_with_a_reader(void **state)
{
	static const struct {
		const char *relation, *related;
		bool up;
		const char *file, *holds; /* NULL: it is said, and holds nothing */
		const char *further;
		bool masked;
	} rows[] = {
		{.related = "j2.service"},
		/* systemd does not start it, whoever asks */
		{"Requires", "j2.service", .masked = true},
		{"Wants", "j2.service", .masked = true},
		{"Upholds", "j2.path", .masked = true},
		{"OnFailure", "j2.service", .masked = true},
		{"OnSuccess", "j2.service", .masked = true},
		/* stopped with it */
		{"BoundBy", "j2.service", true, NULL, "stops or starts others with it: j2.service"},
		/* started when it ends */
		{"OnFailure", "j2.service", false, NULL, "others with it: j2.service"},
		{"OnSuccess", "j2.service", false, NULL, "others with it: j2.service"},
		/* started by its start, unless they run */
		{"Requires", "j2.service", false, NULL, "others with it: j2.service"},
		{"BindsTo", "j2.service", false, NULL, "others with it: j2.service"},
		{"Wants", "j2.service", false, NULL, "others with it: j2.service"},
		{"Requires", "j2.service", true},
		{"Wants", "j2.service", true},
		{"Wants", "network-online.target", false},
		{"Requires", "docker.socket", true},
		/* of any type, and what that starts */
		{"Wants", "j3.timer", false, NULL, "others with it: j3.timer"},
		{"Upholds", "j3.path", false, NULL, "others with it: j3.path"},
		{"Wants", "all.target", false, NULL, "others with it: j3.service", "j3.service"},
		{"Wants", "all.target", true, .further = "j3.service"},
		{"BoundBy", UNASKED, false, NULL, "could not be asked: no answer"},
		{"OnFailure", UNASKED, false, NULL, "could not be asked: no answer"},
		{"Wants", UNASKED, false, NULL, "could not be asked: no answer"},
		{.file = "[Unit]\nFailureAction=reboot\n", .holds = "an action of its own"},
		{.file = "[Unit]\nSuccessAction=exit\n", .holds = "an action of its own"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		const struct strv *along = &f.docker.goes_along;
		CLEANUP(freep) char *all = NULL;
		bool named = rows[i].holds && strstr(rows[i].holds, "j2.service");

		played = (struct played){.client = "agent.service",
					 .client_name = "docker",
					 .client_args = "docker events",
					 .start = "docker events",
					 .main = 300,
					 .relation = rows[i].relation,
					 .related = rows[i].related,
					 .further = rows[i].further,
					 .related_start = "docker restart web",
					 .related_up = rows[i].up,
					 .related_masked = rows[i].masked,
					 .unit_file = rows[i].file};
		host_fill(&f, "active");
		host_gather(&f);
		all = strv_join(&f.docker.restart_brings, "; ");
		if (rows[i].holds ? !strstr(all, rows[i].holds) : f.docker.restart_brings.count > 0)
			fail_msg("row %zu: '%s'", i, all);
		assert_int_equal(f.docker.cut_off.count, !rows[i].holds);
		assert_int_equal(along->count, named);
		if (named)
			assert_non_null(strstr(along->items[0], "web ("));
		assert_int_equal(strv_contains(&f.docker.goes_down, "j2.service"), named);
	}
}

/* What systemd does when the client ends with 1, or 0; what cannot be told is said. */
static void test_units_that_stay_down(void **state)
{
	static const struct {
		const char *file, *restart, *condition, *holds; /* NULL: it is started anew */
	} rows[] = {
		{"[Service]\nSuccessExitStatus=1\n", "on-failure", NULL, "SuccessExitStatus="},
		{"[Service]\nSuccessExitStatus=143 FAILURE\n", "on-failure", NULL,
		 "SuccessExitStatus="},
		{"[Service]\nSuccessExitStatus=143 SIGTERM\n", "on-failure", NULL, NULL},
		{"[Service]\nSuccessExitStatus=1\n", "always", NULL, NULL},
		{"[Service]\nRestartPreventExitStatus=1\n", "always", NULL, "a limit of its own"},
		{"[Unit]\nStartLimitBurst=1\n", "always", NULL, "a limit of its own"},
		{"[Unit]\nStartLimitInterval=0\n", "always", NULL, "a limit of its own"},
		{"[Service]\nStartLimitBurst=1\n", "always", NULL, "a limit of its own"},
		{"[Service]\nRemainAfterExit=yes\n", "always", NULL, "RemainAfterExit="},
		{"[Service]\nRemainAfterExit=no\n", "always", NULL, NULL},
		{"[Service]\nExecCondition=/usr/bin/test -e /x\n", "always", NULL,
		 "ExecCondition="},
		{"[Service]\nRestartSec=1h\n", "always", NULL, "RestartSec="},
		{"[Service]\nRestartSec=1min 1s\n", "always", NULL, "RestartSec="},
		{"[Service]\nRestartSec=61\n", "always", NULL, "RestartSec="},
		{"[Service]\nRestartSec=5s\n", "always", NULL, NULL},
		{"[Service]\nRestartSec=500ms\n", "on-failure", NULL, NULL},
		{"[Service]\nRestartMaxDelaySec=1d\n", "always", NULL, "RestartMaxDelaySec="},
		{NULL, "always", "ConditionPathExists /run/docker.pid",
		 "ConditionPathExists=/run/docker.pid may not hold"},
		{NULL, "always", "AssertPathIsDirectory /var/run/x", "may not hold"},
		{NULL, "always", "ConditionPathExists /not/there/now", "may not hold"},
		{NULL, "always", "ConditionOdd x", "may not hold"},
		{NULL, "always", "ConditionPathIsDirectory /", NULL},
		{NULL, "always", "ConditionVirtualization vm", NULL},
		{NULL, "always", UNASKED, "could not be asked"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *all = NULL;

		played = (struct played){.client = "agent.service",
					 .client_name = "docker",
					 .client_args = "docker events",
					 .start = "docker events",
					 .main = 300,
					 .restart = rows[i].restart,
					 .condition = rows[i].condition,
					 .unit_file = rows[i].file};
		host_fill(&f, "active");
		host_gather(&f);
		all = strv_join(&f.docker.restart_brings, "; ");
		if (rows[i].holds ? !strstr(all, "may not start the unit again: ") ||
					    !strstr(all, rows[i].holds)
				  : f.docker.restart_brings.count > 0)
			fail_msg("row %zu: '%s'", i, all);
		assert_int_equal(f.docker.cut_off.count, !rows[i].holds);
	}
}

/* One that does more than read is held anyway: who acknowledges that is told of the others, too. */
static void test_units_with_a_writer(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(freep) char *all = NULL;

	played = (struct played){.client = "agent.service",
				 .client_name = "docker",
				 .client_args = "docker run --name db bb",
				 .start = "docker run --name db bb",
				 .main = 300,
				 .relation = "BoundBy",
				 .related = "j2.service",
				 .related_start = "docker restart web",
				 .related_up = true};
	host_fill(&f, "active");
	host_gather(&f);
	all = strv_join(&f.docker.goes_along, "; ");
	assert_non_null(strstr(all, "web (goes down with j2.service)"));
	assert_non_null(strstr(all, "db (goes down with agent.service)"));
	assert_non_null(strstr(f.docker.restart_brings.items[1], "others with it: j2.service"));
}

/* By IPv6 docker-proxy is between for everybody, where no rule leads to an address of that kind. */
static void test_other_hosts_by_ipv6(void **state)
{
	static const struct {
		const char *port;
		bool has_ipv6;
		const char *version, *key, *value;
		bool told;
	} rows[] = {
		{"7000/tcp on ::", false, "26.1.5", NULL, NULL, true},
		{"7000/tcp on fd09::1", false, "28.5.2", NULL, NULL, true},
		{"7000/tcp on 0.0.0.0", false, "28.5.2", NULL, NULL, false},
		{"7000/tcp on ::", true, "28.5.2", NULL, NULL, false},
		{"7000/tcp on ::", true, "28.5.2", "ip6tables", "true", false},
		{"7000/tcp on ::", true, "28.5.2", "ip6tables", "false", true},
		{"7000/tcp on ::", true, "28.5.2", "iptables", "false", true},
		{"7000/tcp on ::", true, "26.1.5", NULL, NULL, true},
		{"7000/tcp on ::", true, "26.1.5", "ip6tables", "true", false},
		{"7000/tcp on ::", true, NULL, NULL, NULL, true},
		{"7000/tcp on ::", false, "26.1.5", "userland-proxy", "false", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *all = NULL;
		struct container *c;

		played = (struct played){0};
		host_fill(&f, "active");
		str_replace(&f.docker.version, rows[i].version);
		c = &f.docker.containers.seen[0];
		assert_true(c->running);
		strv_add(&c->ports, rows[i].port);
		c->has_ipv6 = rows[i].has_ipv6;
		if (rows[i].key)
			settings_put(&f.docker.now, rows[i].key, rows[i].value, SOURCE_FILE, NULL);
		host_gather(&f);
		all = strv_join(&f.docker.cut_off, "\n");
		if (rows[i].told != (strstr(all, "cuts other hosts as well that are connected by "
						 "IPv6 to ports of 1 container, which") != NULL))
			fail_msg("row %zu: %s", i, all);
	}
}

/* Who has the network of another loses what that one loses. */
static void test_neighbours(void **state)
{
	static const char *const told[] = {"no name resolves in 2 containers",
					   "to ports of 2 containers",
					   "by IPv6 to ports of 2 containers"};
	static const struct {
		const char *mode; /* of db */
		uint64_t web_started, db_started;
		bool both;
	} rows[] = {
		{"container:web", 1, 2, true},
		{"container:web", 0, 0, true},
		{"container:web", 2, 1, false}, /* what db has is of web's earlier run */
		{"container:nobody", 1, 2, false},
		{"container:db", 1, 2, false}, /* itself: no such thing is made */
		{"bridge", 1, 2, false},
		{NULL, 1, 2, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *all = NULL;

		played = (struct played){0};
		host_fill(&f, "active");
		for (size_t k = 0; k < f.docker.containers.nseen; k++) {
			struct container *c = &f.docker.containers.seen[k];

			if (strcmp(c->name, "web") == 0) {
				c->started_usec = rows[i].web_started;
				strv_add(&c->networks, "shop");
				strv_add(&c->ports, "7000/tcp on ::");
			} else if (strcmp(c->name, "db") == 0) {
				c->started_usec = rows[i].db_started;
				str_replace(&c->network_mode, rows[i].mode);
			}
		}
		host_gather(&f);
		all = strv_join(&f.docker.cut_off, "\n");
		for (size_t k = 0; k < ARRAY_SIZE(told); k++)
			if (rows[i].both != (strstr(all, told[k]) != NULL))
				fail_msg("row %zu: %s", i, all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units_that_stay_down),
		cmocka_unit_test(test_units_with_a_writer),
		cmocka_unit_test(test_units_with_a_reader),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_other_hosts_by_ipv6),
		cmocka_unit_test(test_health_checks),
		cmocka_unit_test(test_neighbours),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
