/* What runs in a container: who its processes are, what they may do, and whether they are well. */

#include "tests/test.h"

#include "tests/unit/container-rows.h"

static void test_user(void **state)
{
	static const struct row rows[] = {
		{"aspect=user", UP "uid: 0, inside_uid: 0", VERDICT_FAIL, "runs as root: web"},
		{"aspect=user", UP "uid: 1000, inside_uid: 1000", VERDICT_PASS, "1 container"},
		{"aspect=user", UP "uid: 100000, inside_uid: 0", VERDICT_PASS,
		 "root in web is user 100000 outside"},
		{"aspect=user", UP "unread: no rights", VERDICT_NOT_MEASURED, "web (no rights)"},
		{"aspect=user", "user: \"\"", VERDICT_FAIL, "not running, by configuration: web"},
		{"aspect=user", "user: \"0:0\"", VERDICT_FAIL, "user '0:0'"},
		{"aspect=user", "user: \"00\"", VERDICT_FAIL, NULL},
		{"aspect=user", "user: root:root", VERDICT_FAIL, NULL},
		{"aspect=user", "user: rooty", VERDICT_PASS, NULL},
		{"aspect=user", "user: \"1000:0\"", VERDICT_PASS, NULL},
		{"aspect=user allow=w*", UP "uid: 0, inside_uid: 0", VERDICT_PASS, "1 allowed"},
		{"aspect=user allow=x*", UP "uid: 0, inside_uid: 0", VERDICT_FAIL, NULL},
	};

	RUN(rows);
}

static void test_apparmor(void **state)
{
	static const struct row rows[] = {
		{"aspect=apparmor", UP "apparmor: docker-default (enforce)", VERDICT_PASS, NULL},
		{"aspect=apparmor", UP "apparmor: mine (complain)", VERDICT_FAIL, "only logs"},
		{"aspect=apparmor", UP "apparmor: unconfined", VERDICT_FAIL, NULL},
		/* what it was asked for is not what the kernel does */
		{"aspect=apparmor", UP "apparmor: unconfined, apparmor_profile: docker-default",
		 VERDICT_FAIL, NULL},
		{"aspect=apparmor", UP "apparmor_profile: docker-default", VERDICT_NOT_MEASURED,
		 NULL},
		{"aspect=apparmor", "apparmor_profile: unconfined", VERDICT_FAIL, NULL},
		{"aspect=apparmor", "security: [apparmor=unconfined]", VERDICT_FAIL, NULL},
		{"aspect=apparmor", "privileged: true", VERDICT_FAIL, NULL},
		{"aspect=apparmor", "user: x", VERDICT_PASS, NULL},
	};

	RUN(rows);
}

static void test_selinux(void **state)
{
	static const struct row rows[] = {
		{"aspect=selinux", UP "label: \"system_u:system_r:container_t:s0:c1,c2\"",
		 VERDICT_PASS, NULL},
		{"aspect=selinux", UP "label: \"system_u:system_r:container_init_t:s0:c1,c2\"",
		 VERDICT_PASS, NULL},
		{"aspect=selinux", UP "label: \"system_u:system_r:spc_t:s0\"", VERDICT_FAIL,
		 "domain spc_t"},
		{"aspect=selinux", UP "label: \"system_u:system_r:container_t:s0\"", VERDICT_FAIL,
		 "no categories"},
		{"aspect=selinux", UP "label: unconfined", VERDICT_FAIL, NULL},
		{"aspect=selinux", UP "user: x", VERDICT_NOT_MEASURED, NULL},
		{"aspect=selinux", "process_label: \"\", security: [label=disable]", VERDICT_FAIL,
		 "no label"},
		{"aspect=selinux", "process_label: \"system_u:system_r:container_t:s0:c1,c2\"",
		 VERDICT_PASS, NULL},
	};

	RUN(rows);
}

#define CAPS "aspect=capabilities values=CHOWN,SETUID,cap_net_bind_service "

static void test_capabilities(void **state)
{
	static const struct row rows[] = {
		{CAPS, UP "caps: 1", VERDICT_PASS, NULL},
		{CAPS, UP "caps: 0", VERDICT_PASS, NULL},
		{CAPS, UP "caps: 2001", VERDICT_FAIL, "web (NET_RAW)"},
		{CAPS, UP "caps: 1ffffffffff", VERDICT_FAIL, "web (all)"},
		/* --privileged shows an empty cap_add */
		{CAPS, UP "privileged: true, caps: 1ffffffffff", VERDICT_FAIL, "(all)"},
		{CAPS, UP "user: x", VERDICT_NOT_MEASURED, NULL},
		{CAPS, "cap_drop: [ALL]", VERDICT_PASS, NULL},
		{CAPS, "cap_drop: [all]", VERDICT_PASS, NULL},
		{CAPS, "cap_drop: [ALL], cap_add: [CAP_SYS_ADMIN]", VERDICT_FAIL, "SYS_ADMIN"},
		{CAPS, "cap_drop: [ALL], cap_add: [sys_admin]", VERDICT_FAIL, "SYS_ADMIN"},
		{CAPS, "cap_drop: [ALL], cap_add: [ALL]", VERDICT_FAIL, "all"},
		{CAPS, "cap_drop: [ALL], cap_add: [cap_chown]", VERDICT_PASS, NULL},
		{CAPS, "user: x", VERDICT_FAIL, "DAC_OVERRIDE"},
		{CAPS, "privileged: true", VERDICT_FAIL, "all"},
	};

	RUN(rows);
}

static void test_privileged(void **state)
{
	static const struct row rows[] = {
		{"aspect=privileged", UP "privileged: true, caps: 1", VERDICT_FAIL,
		 "privileged: web"},
		{"aspect=privileged", UP "caps: 1ffffffffff, seccomp: 0", VERDICT_FAIL,
		 "all capabilities and no seccomp filter"},
		{"aspect=privileged", UP "caps: 3fffffffff, seccomp: 0", VERDICT_FAIL,
		 "all capabilities"}, /* all that an old engine knows */
		{"aspect=privileged", UP "caps: 1fffffffff, seccomp: 0", VERDICT_PASS, NULL},
		{"aspect=privileged", UP "caps: 1ffffffffff, seccomp: 2", VERDICT_PASS, NULL},
		{"aspect=privileged", UP "caps: a80425fb, seccomp: 0", VERDICT_PASS, NULL},
		{"aspect=privileged", UP "user: x", VERDICT_NOT_MEASURED, NULL},
		{"aspect=privileged", "privileged: true", VERDICT_FAIL, NULL},
		{"aspect=privileged", "cap_add: [all], security: [seccomp=unconfined]",
		 VERDICT_FAIL, NULL},
		{"aspect=privileged", "cap_add: [all]", VERDICT_PASS, NULL},
	};

	RUN(rows);
}

static void test_seccomp(void **state)
{
	static const struct row rows[] = {
		{"aspect=seccomp", UP "seccomp: 2", VERDICT_PASS, NULL},
		{"aspect=seccomp", UP "seccomp: 0", VERDICT_FAIL, NULL},
		{"aspect=seccomp", UP "seccomp: 0, privileged: true", VERDICT_FAIL, NULL},
		{"aspect=seccomp", UP "seccomp: 2, unfiltered: [sh]", VERDICT_FAIL, "web (sh)"},
		{"aspect=seccomp", UP "seccomp: 2, security: [seccomp=allows-all]", VERDICT_FAIL,
		 "lets every call pass"},
		{"aspect=seccomp", UP "seccomp: 2, security: [seccomp=custom]", VERDICT_PASS, NULL},
		{"aspect=seccomp", UP "user: x", VERDICT_NOT_MEASURED, NULL},
		{"aspect=seccomp", "security: [seccomp=unconfined]", VERDICT_FAIL, NULL},
		{"aspect=seccomp", "privileged: true", VERDICT_FAIL, NULL},
		{"aspect=seccomp", "user: x", VERDICT_PASS, NULL},
	};
	static const struct row without[] = {
		{"aspect=seccomp", "user: x", VERDICT_FAIL, NULL},
		{"aspect=seccomp", "security: [seccomp=custom]", VERDICT_PASS, NULL},
	};

	RUN(rows);
	run_with("docker:\n  install: distro\n"
		 "  security_options: [\"name=seccomp,profile=unconfined\"]\n",
		 without, ARRAY_SIZE(without));
	run_with("docker:\n  install: distro\n", without, ARRAY_SIZE(without));
}

static void test_no_new_privileges(void **state)
{
	static const struct row rows[] = {
		{"aspect=no-new-privileges", UP "no_new_privileges: 1", VERDICT_PASS, NULL},
		{"aspect=no-new-privileges", UP "no_new_privileges: 0", VERDICT_FAIL, NULL},
		{"aspect=no-new-privileges", UP "user: x", VERDICT_NOT_MEASURED, NULL},
		{"aspect=no-new-privileges", "security: [no-new-privileges]", VERDICT_PASS, NULL},
		{"aspect=no-new-privileges", "security: [no-new-privileges=true]", VERDICT_PASS,
		 NULL},
		{"aspect=no-new-privileges", "security: [no-new-privileges=false]", VERDICT_FAIL,
		 NULL},
		{"aspect=no-new-privileges", "user: x", VERDICT_FAIL, NULL},
	};
	/* a container that is older than the daemon's setting does not have it */
	static const struct row daemon[] = {
		{"aspect=no-new-privileges", UP "no_new_privileges: 0", VERDICT_FAIL, NULL},
		{"aspect=no-new-privileges", "user: x", VERDICT_NOT_MEASURED, "older"},
		{"aspect=no-new-privileges", "security: [no-new-privileges=false]", VERDICT_FAIL,
		 NULL},
	};

	RUN(rows);
	run_with("docker:\n  install: distro\n  now: {no-new-privileges: true}\n", daemon,
		 ARRAY_SIZE(daemon));
}

static void test_exec(void **state)
{
	static const struct row rows[] = {
		{"aspect=exec-privileged", UP "caps: 1", VERDICT_PASS, NULL},
		{"aspect=exec-privileged", UP "caps: 1, execs: [{user: \"\", privileged: true}]",
		 VERDICT_FAIL, "1 session"},
		{"aspect=exec-privileged", UP "caps: 1, more_capable: [sh]", VERDICT_FAIL,
		 "process sh"},
		{"aspect=exec-privileged", UP "execs: []", VERDICT_NOT_MEASURED, NULL},
		{"aspect=exec-privileged", "user: x", VERDICT_NOT_APPLICABLE, NULL},
		{"aspect=exec-root", UP "uid: 1000, inside_uid: 1000, execs: [{user: root}]",
		 VERDICT_FAIL, "1 session"},
		{"aspect=exec-root",
		 UP "uid: 1000, inside_uid: 1000, execs: [{user: \"0\"}, {user: \"0:1\"}]",
		 VERDICT_FAIL, "2 sessions"},
		{"aspect=exec-root", UP "uid: 1000, inside_uid: 1000, execs: [{user: \"\"}]",
		 VERDICT_PASS, NULL},
		{"aspect=exec-root", UP "uid: 1000, inside_uid: 1000, as_root: [sh]", VERDICT_FAIL,
		 "process sh"},
		{"aspect=exec-root", UP "uid: 0, inside_uid: 0, execs: [{user: root}]",
		 VERDICT_PASS, NULL},
		{"aspect=exec-root", UP "user: x", VERDICT_NOT_MEASURED, NULL},
	};

	RUN(rows);
}

static void test_life(void **state)
{
	static const struct row rows[] = {
		{"aspect=ssh", UP "ssh: [sshd]", VERDICT_FAIL, "web (sshd)"},
		{"aspect=ssh", UP "ssh: []", VERDICT_PASS, NULL},
		{"aspect=ssh", UP "unread: no rights", VERDICT_NOT_MEASURED, NULL},
		{"aspect=ssh", "user: x", VERDICT_NOT_APPLICABLE, NULL},
		{"aspect=one-process", UP "programs: [nginx, php]", VERDICT_FAIL, "nginx and php"},
		{"aspect=one-process", UP "programs: [java]", VERDICT_PASS, NULL},
		{"aspect=one-process", UP "managers: [supervisord]", VERDICT_FAIL, "supervisord"},
		{"aspect=restart", UP "restart_policy: \"no\"", VERDICT_PASS, NULL},
		{"aspect=restart", UP "restart_policy: always", VERDICT_FAIL, "always"},
		{"aspect=restart", UP "restart_policy: unless-stopped", VERDICT_FAIL, NULL},
		{"aspect=restart", UP "restart_policy: on-failure, restart_count: 5", VERDICT_PASS,
		 NULL},
		{"aspect=restart", UP "restart_policy: on-failure, restart_count: 6", VERDICT_FAIL,
		 "on-failure:6"},
		{"aspect=restart", UP "restart_policy: on-failure, restart_count: 0", VERDICT_FAIL,
		 "without end"},
		{"aspect=restart max=10", UP "restart_policy: on-failure, restart_count: 6",
		 VERDICT_PASS, NULL},
		{"aspect=restart", UP "swarm_task: true, restart_policy: always", VERDICT_PASS,
		 NULL},
		{"aspect=healthcheck", UP "health: healthy", VERDICT_PASS, NULL},
		{"aspect=healthcheck", UP "health: unhealthy", VERDICT_FAIL, "unhealthy"},
		{"aspect=healthcheck", UP "health: none", VERDICT_FAIL, "no check"},
		{"aspect=healthcheck", UP "health: starting", VERDICT_NOT_MEASURED,
		 "no result yet"},
		{"aspect=healthcheck", "health: unhealthy", VERDICT_PASS, NULL},
		{"aspect=healthcheck", "health: none", VERDICT_FAIL, NULL},
		{"aspect=sprawl max=1", "user: x", VERDICT_PASS, NULL},
		{"aspect=sprawl max=0", "user: x", VERDICT_FAIL, NULL},
		{"aspect=sprawl max=0", UP "user: x", VERDICT_PASS, NULL},
	};

	RUN(rows);
}

/* A check that dockerd does not run any more says nothing of now; nobody knows it to be well. */
static void test_overdue(void **state)
{
	static const struct {
		const char *container;
		uint64_t age, every, most; /* seconds */
		enum verdict verdict;
	} rows[] = {
		{UP "health: healthy", 2, 1, 30, VERDICT_PASS},
		{UP "health: healthy", 40, 1, 30, VERDICT_PASS}, /* one that hangs */
		{UP "health: healthy", 60, 1, 30, VERDICT_NOT_MEASURED},
		{UP "health: healthy", 60, 30, 30, VERDICT_PASS},
		{UP "health: healthy", 131, 30, 30, VERDICT_NOT_MEASURED},
		{UP "health: healthy", 4000, 3600, 30, VERDICT_PASS},
		{UP "health: unhealthy", 4000, 1, 1, VERDICT_FAIL},
		{"health: healthy", 4000, 1, 1, VERDICT_PASS}, /* it does not run */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *one = xasprintf("    - {id: \"0123456789abcdef\", name: web, %s}\n",
				      rows[i].container);
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(delta_clear) struct delta d = {0};
		struct container *c;

		read_facts(&f, docker, one);
		c = &f.docker.containers.seen[0];
		c->checked_usec = ((uint64_t)f.today - rows[i].age) * 1000000;
		c->check_every_usec = rows[i].every * 1000000;
		c->check_most_usec = rows[i].most * 1000000;
		judge(&f, "aspect=healthcheck", &d);
		if (d.verdict != rows[i].verdict)
			fail_msg("row %zu: %s", i, verdict_to_string(d.verdict));
		if (d.verdict == VERDICT_NOT_MEASURED)
			assert_non_null(strstr(d.reason, "its last check was"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_apparmor),
		cmocka_unit_test(test_selinux),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_privileged),
		cmocka_unit_test(test_seccomp),
		cmocka_unit_test(test_no_new_privileges),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_overdue),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
