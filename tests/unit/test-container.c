#include "tests/test.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/proc.h"
#include "modules/container.h"
#include "modules/registry.h"
#include "tests/cases/facts-yaml.h"
#include "tests/unit/desired.h"

/*
 * Every aspect by tables: what is wished, the container as YAML (tests/cases/facts-container.c),
 * the verdict, and what the reason must say. UP is for a container with a process.
 */

struct row {
	const char *wish, *container;
	enum verdict verdict;
	const char *says; /* NULL: anything */
};

#define UP "running: true, pid: 7, "

static const char docker[] =
	"docker:\n  install: distro\n  running: true\n  data_root: /var/lib/docker\n"
	"  security_options: [\"name=seccomp,profile=default\"]\n"
	"  container_host: {apparmor: true, selinux: enforcing, cgroup_version: 2, "
	"caps: 1ffffffffff, unprivileged_port: 1024}\n";

static void read_facts(struct facts *ret, const char *head, const char *containers)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};

	buf_printf(&text, "%s  containers:\n%s", head, containers);
	if (facts_from_yaml(ret, "test", &text, NULL, &err) < 0)
		fail_msg("%s\n%s", buf_str(&text), error_text(&err));
}

static void judge(const struct facts *f, const char *wish, struct delta *ret)
{
	const struct view v = {.facts = f};
	CLEANUP(error_clear) struct error err = {0};
	DESIRED(want, &module_container, wish);

	if (module_container.check(want, &err) < 0)
		fail_msg("%s: %s", wish, error_text(&err));
	assert_int_equal(module_container.diff(want, &v, ret, NULL), 0);
	assert_int_equal(ret->edits.count, 0); /* never */
	assert_int_equal(ret->effects.count, 0);
	assert_int_equal(ret->mend != NULL, ret->verdict == VERDICT_FAIL);
}

static void run_with(const char *head, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(freep)
		char *one = xasprintf("    - {id: \"0123456789abcdef\", name: web, %s}\n",
				      rows[i].container);
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(delta_clear) struct delta d = {0};

		read_facts(&f, head, one);
		judge(&f, rows[i].wish, &d);
		if (d.verdict != rows[i].verdict ||
		    (rows[i].says && !(d.reason && strstr(d.reason, rows[i].says))))
			fail_msg("%s {%s}: %s: %s", rows[i].wish, rows[i].container,
				 verdict_to_string(d.verdict), d.reason ? d.reason : "");
	}
}

#define RUN(rows) run_with(docker, (rows), ARRAY_SIZE(rows))

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

static void test_namespaces(void **state)
{
	static const struct row rows[] = {
		{"aspect=host-network", UP "host_network: 1", VERDICT_FAIL, NULL},
		{"aspect=host-network", UP "host_network: 0, network_mode: host", VERDICT_PASS,
		 NULL},
		{"aspect=host-network", UP "network_mode: bridge", VERDICT_NOT_MEASURED, NULL},
		{"aspect=host-network", "network_mode: host", VERDICT_FAIL, NULL},
		{"aspect=host-network", "network_mode: \"container:gone\"", VERDICT_NOT_MEASURED,
		 "not there"},
		{"aspect=host-network", "network_mode: \"container:web\"", VERDICT_NOT_MEASURED,
		 NULL}, /* a ring has no end */
		{"aspect=host-pid", UP "host_pid: 1", VERDICT_FAIL, NULL},
		{"aspect=host-pid", UP "host_pid: 0", VERDICT_PASS, NULL},
		{"aspect=host-pid", "pid_mode: host", VERDICT_FAIL, NULL},
		{"aspect=host-ipc", UP "host_ipc: 1", VERDICT_FAIL, NULL},
		{"aspect=host-ipc", "ipc_mode: host", VERDICT_FAIL, NULL},
		{"aspect=host-ipc", "ipc_mode: shareable", VERDICT_PASS, NULL},
		{"aspect=host-uts", UP "host_uts: 1", VERDICT_FAIL, NULL},
		{"aspect=host-uts", "uts_mode: host", VERDICT_FAIL, NULL},
		{"aspect=host-uts", "uts_mode: \"\"", VERDICT_PASS, NULL},
		/* without remapping, nobody has users of its own */
		{"aspect=host-userns", UP "host_user: 1", VERDICT_FAIL, NULL},
		{"aspect=host-userns", UP "host_user: 0", VERDICT_PASS, NULL},
		{"aspect=host-userns", "userns_mode: \"\"", VERDICT_FAIL, NULL},
	};
	static const struct row remapped[] = {
		{"aspect=host-userns", "userns_mode: \"\"", VERDICT_PASS, NULL},
		{"aspect=host-userns", "userns_mode: host", VERDICT_FAIL, NULL},
		{"aspect=user", "user: \"0\"", VERDICT_PASS, NULL},
		{"aspect=user", "user: \"0\", userns_mode: host", VERDICT_FAIL, NULL},
	};

	RUN(rows);
	run_with("docker:\n  install: distro\n  security_options: [\"name=userns\"]\n", remapped,
		 ARRAY_SIZE(remapped));
}

static void test_limits(void **state)
{
	static const struct row rows[] = {
		{"aspect=memory", UP "memory: 1048576", VERDICT_PASS, NULL},
		{"aspect=memory", UP "memory: 0", VERDICT_FAIL, NULL},
		{"aspect=memory", UP "memory: -1", VERDICT_NOT_MEASURED, "memory controller"},
		{"aspect=memory", "memory: 0", VERDICT_FAIL, NULL},
		{"aspect=cpu", UP "cpu: quota 0.50", VERDICT_PASS, NULL},
		{"aspect=cpu", UP "cpu: cpus 0", VERDICT_PASS, NULL},
		{"aspect=cpu", UP "cpu: none", VERDICT_FAIL, NULL},
		{"aspect=cpu", UP "memory: 1", VERDICT_NOT_MEASURED, "cpu controller"},
		{"aspect=pids", UP "pids: 512", VERDICT_PASS, NULL},
		{"aspect=pids", UP "pids: 513", VERDICT_FAIL, "513"},
		{"aspect=pids max=1000", UP "pids: 513", VERDICT_PASS, NULL},
		{"aspect=pids", UP "pids: 0", VERDICT_FAIL, NULL},
		{"aspect=pids", UP "pids: -1", VERDICT_NOT_MEASURED, NULL},
		{"aspect=ulimits", UP "ulimits: [\"nofile=10:20\"]", VERDICT_FAIL, "nofile=10:20"},
		{"aspect=ulimits", UP "ulimits: []", VERDICT_PASS, NULL},
		{"aspect=ulimits values=nofile=*", UP "ulimits: [\"nofile=10:20\"]", VERDICT_PASS,
		 NULL},
		{"aspect=cgroup-parent", UP "cgroup_parent: \"\", host_cgroup: 0", VERDICT_PASS,
		 NULL},
		{"aspect=cgroup-parent", UP "cgroup_parent: /mine, host_cgroup: 0", VERDICT_FAIL,
		 "parent /mine"},
		{"aspect=cgroup-parent values=/mine", UP "cgroup_parent: /mine", VERDICT_PASS,
		 NULL},
		{"aspect=cgroup-parent", UP "host_cgroup: 1", VERDICT_FAIL, "namespace"},
		{"aspect=cgroup-parent", UP "cgroup: /docker/0123456789abcdef/init.scope",
		 VERDICT_PASS, NULL},
		{"aspect=cgroup-parent", UP "cgroup: /user.slice", VERDICT_FAIL,
		 "moved to /user.slice"},
		{"aspect=cgroup-parent", "cgroupns_mode: host", VERDICT_FAIL, NULL},
		{"aspect=cgroup-parent", UP "unread: no", VERDICT_NOT_MEASURED, NULL},
	};
	static const struct row defaults[] = {
		{"aspect=ulimits", UP "ulimits: [\"nofile=10:20\"]", VERDICT_PASS, NULL},
		{"aspect=ulimits", UP "ulimits: [\"nofile=10:21\"]", VERDICT_FAIL, NULL},
		{"aspect=ulimits", UP "ulimits: [\"nproc=10:20\"]", VERDICT_FAIL, NULL},
		{"aspect=cgroup-parent", UP "cgroup_parent: /policy", VERDICT_PASS, NULL},
		{"aspect=cgroup-parent", UP "host_cgroup: 1", VERDICT_PASS, NULL}, /* version 1 */
	};

	RUN(rows);
	run_with("docker:\n  install: distro\n  container_host: {cgroup_version: 1}\n"
		 "  now: {cgroup-parent: /policy, default-ulimits: {nofile: {Name: nofile, Soft: "
		 "10, Hard: 20}}}\n",
		 defaults, ARRAY_SIZE(defaults));
}

#define ETC "mounts: [{type: bind, source: /etc, target: /x, places: [/etc], "

static void test_mounts(void **state)
{
	static const struct row rows[] = {
		{"aspect=host-paths", UP ETC "writable: true}]", VERDICT_FAIL, "/etc at /x"},
		{"aspect=host-paths", UP ETC "writable: false}]", VERDICT_FAIL, "read-only"},
		{"aspect=host-paths values=/etc", UP ETC "writable: false}]", VERDICT_PASS, NULL},
		{"aspect=host-paths values=/etc", UP ETC "writable: true}]", VERDICT_FAIL, NULL},
		{"aspect=host-paths",
		 "mounts: [{type: volume, volume: cfg, source: /etc, target: /c, places: [/etc]}]",
		 VERDICT_FAIL, "/etc (volume cfg) at /c"},
		{"aspect=host-paths", UP "mounts: [{type: bind, source: /srv, target: /x}]",
		 VERDICT_PASS, NULL},
		{"aspect=engine-socket",
		 UP "mounts: [{type: bind, source: /run, target: /r, sockets: [/run/docker.sock]}]",
		 VERDICT_FAIL, "/run/docker.sock through /run at /r"},
		{"aspect=engine-socket",
		 UP "mounts: [{type: bind, source: /run/docker.sock, target: /var/run/docker.sock, "
		    "sockets: [/run/docker.sock]}]",
		 VERDICT_FAIL, "/run/docker.sock at /var/run/docker.sock"},
		/* a name is no socket */
		{"aspect=engine-socket",
		 UP "mounts: [{type: bind, source: /srv/docker.sock.d, target: /d}]", VERDICT_PASS,
		 NULL},
		{"aspect=engine-socket", UP "docker_host: \"tcp://h:2375\"", VERDICT_FAIL,
		 "DOCKER_HOST is tcp://h:2375"},
		{"aspect=log-sockets",
		 UP "mounts: [{type: bind, source: /run/systemd/journal/dev-log, target: /dev/log, "
		    "logs: [/run/systemd/journal]}]",
		 VERDICT_FAIL, "at /dev/log"},
		{"aspect=log-sockets", UP "mounts: []", VERDICT_PASS, NULL},
		{"aspect=devices", UP "devices: [/dev/sda, \"c 1:3 rwm\"]", VERDICT_FAIL,
		 "/dev/sda and c 1:3 rwm"},
		{"aspect=devices values=/dev/fuse,request*", UP "devices: [/dev/fuse, request gpu]",
		 VERDICT_PASS, NULL},
		{"aspect=devices", UP "privileged: true", VERDICT_FAIL, "all"},
		{"aspect=devices",
		 UP "mounts: [{type: bind, source: /dev, target: /d, places: [/dev]}]",
		 VERDICT_FAIL, "/dev at /d"},
		{"aspect=devices", UP "devices: []", VERDICT_PASS, NULL},
		{"aspect=read-only", UP "read_only: 0", VERDICT_FAIL, NULL},
		{"aspect=read-only", UP "read_only: 1", VERDICT_PASS, NULL},
		{"aspect=read-only", UP "user: x", VERDICT_NOT_MEASURED, NULL},
		{"aspect=propagation",
		 UP "mounts: [{type: bind, target: /x, propagation: rshared}]", VERDICT_FAIL,
		 "rshared at /x"},
		{"aspect=propagation", UP "mounts: [{type: bind, target: /x, propagation: shared}]",
		 VERDICT_FAIL, NULL},
		{"aspect=propagation", UP "mounts: [{type: bind, target: /x, propagation: rslave}]",
		 VERDICT_PASS, NULL},
		{"aspect=volumes",
		 UP "mounts: [{type: volume, target: /d, anonymous: true, has_data: true}]",
		 VERDICT_FAIL, "/d"},
		{"aspect=volumes", UP "mounts: [{type: volume, target: /d, anonymous: true}]",
		 VERDICT_PASS, NULL},
		{"aspect=tenant-paths",
		 UP
		 "mounts: [{type: bind, source: /srv/a, target: /x, writable: true, others_write: "
		 "true}]",
		 VERDICT_FAIL, "everybody may write /srv/a"},
		{"aspect=tenant-paths",
		 UP "mounts: [{type: bind, source: /srv/a, target: /x, others_write: true}]",
		 VERDICT_PASS, NULL},
	};

	RUN(rows);
}

static void test_network(void **state)
{
	static const struct row rows[] = {
		{"aspect=privileged-ports", UP "ports: [\"80/tcp on 0.0.0.0\"]", VERDICT_FAIL,
		 "80/tcp"},
		{"aspect=privileged-ports", UP "ports: [\"80/tcp on ::\"]", VERDICT_FAIL, NULL},
		{"aspect=privileged-ports", UP "ports: [\"1023/udp on fe80::1\"]", VERDICT_FAIL,
		 NULL},
		{"aspect=privileged-ports", UP "ports: [\"1024/tcp on ::\"]", VERDICT_PASS, NULL},
		{"aspect=privileged-ports", "ports: [\"1000-2000/tcp on default\"]", VERDICT_FAIL,
		 NULL},
		{"aspect=privileged-ports", "ports: [any/tcp on default]", VERDICT_PASS, NULL},
		{"aspect=privileged-ports values=80,443/tcp",
		 UP "ports: [\"80/tcp on ::\", \"443/tcp on ::\"]", VERDICT_PASS, NULL},
		{"aspect=privileged-ports values=443/tcp", UP "ports: [\"443/udp on ::\"]",
		 VERDICT_FAIL, NULL},
		{"aspect=privileged-ports", UP "host_network: 1, listens: [\"22/tcp on 0.0.0.0\"]",
		 VERDICT_FAIL, "22/tcp"},
		{"aspect=privileged-ports", "network_mode: host", VERDICT_NOT_MEASURED, NULL},
		{"aspect=bind-address", UP "ports: [\"8080/tcp on 0.0.0.0\"]", VERDICT_FAIL, NULL},
		{"aspect=bind-address", UP "ports: [\"8080/tcp on ::\"]", VERDICT_FAIL, NULL},
		{"aspect=bind-address", UP "ports: [\"8080/tcp on [::]\"]", VERDICT_FAIL, NULL},
		{"aspect=bind-address", UP "ports: [\"8080/tcp on 127.0.0.1\"]", VERDICT_PASS,
		 NULL},
		{"aspect=bind-address", UP "ports: [\"8080/tcp on ::1\"]", VERDICT_PASS, NULL},
		{"aspect=bind-address", "ports: [\"8080/tcp on default\"]", VERDICT_FAIL, NULL},
		{"aspect=bind-address", UP "host_network: 1, listens: [\"22/tcp on ::\"]",
		 VERDICT_FAIL, NULL},
		{"aspect=default-bridge", UP "networks: [bridge]", VERDICT_FAIL, NULL},
		{"aspect=default-bridge", UP "networks: [front, bridge]", VERDICT_FAIL, NULL},
		{"aspect=default-bridge", UP "networks: [front]", VERDICT_PASS, NULL},
		{"aspect=default-bridge", "network_mode: default", VERDICT_FAIL, NULL},
		{"aspect=default-bridge", "network_mode: none", VERDICT_PASS, NULL},
	};
	static const struct row bound[] = {
		{"aspect=bind-address", "ports: [\"8080/tcp on default\"]", VERDICT_PASS, NULL},
		{"aspect=bind-address", UP "ports: [\"8080/tcp on 0.0.0.0\"]", VERDICT_FAIL, NULL},
	};

	RUN(rows);
	run_with("docker:\n  install: distro\n  now: {ip: 10.0.0.1}\n", bound, ARRAY_SIZE(bound));
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

static void assert_reason(const char *head, const char *containers, const char *wish,
			  enum verdict verdict, const char *reason)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(delta_clear) struct delta d = {0};

	read_facts(&f, head, containers);
	judge(&f, wish, &d);
	assert_string_equal(d.reason, reason);
	assert_int_equal(d.verdict, verdict);
}

/* The network of another container, which is the host's: by name, by id, over a third one. */
static void test_chains(void **state)
{
	static const char three[] =
		"    - {id: \"aaaaaaaaaaaaaaaa\", name: a, network_mode: host}\n"
		"    - {id: \"bbbbbbbbbbbbbbbb\", name: b, network_mode: "
		"\"container:aaaaaaaaaaaaaaaa\"}\n"
		"    - {id: \"cccccccccccccccc\", name: c, network_mode: \"container:b\"}\n"
		"    - {id: \"dddddddddddddddd\", name: d, network_mode: \"container:e\"}\n"
		"    - {id: \"eeeeeeeeeeeeeeee\", name: e, running: true, pid: 4, host_network: "
		"1}\n";

	assert_reason(
		docker, three, "aspect=host-network allow=a,b,e", VERDICT_FAIL,
		"on the host's network: not running, by configuration: c (that of a) and d (that "
		"of e)");
}

static void test_tenants(void **state)
{
	static const char shared[] =
		"    - {id: \"1\", name: a, tenant: x, mounts: [{type: bind, source: /srv/d, "
		"target: /d, writable: true}]}\n"
		"    - {id: \"2\", name: b, tenant: y, mounts: [{type: bind, source: /srv/d/e, "
		"target: /d, writable: true}]}\n"
		"    - {id: \"3\", name: c, tenant: x, mounts: [{type: bind, source: /srv/d, "
		"target: /d, writable: true}]}\n"
		"    - {id: \"4\", name: d, tenant: z, mounts: [{type: bind, source: /srv/d, "
		"target: /d, writable: false}]}\n"
		"    - {id: \"5\", name: e, tenant: z, mounts: [{type: bind, source: /srv/de, "
		"target: /d, writable: true}]}\n"
		"    - {id: \"6\", name: f, tenant: z, mounts: [{type: volume, source: "
		"/var/lib/docker/volumes/v/_data, target: /d, writable: true}]}\n";

	assert_reason(
		docker, shared, "aspect=tenant-paths allow=a,c", VERDICT_FAIL,
		"folders of the host that others write, too: not running, by configuration: b "
		"(/srv/d/e with a and /srv/d/e with c)");
	assert_reason(docker, shared, "aspect=tenant-paths values=/srv/d*", VERDICT_PASS,
		      "6 containers, 6 not running and judged by the configuration");
}

/* However many there are, a reason stays readable. */
static void test_many(void **state)
{
	CLEANUP(buf_clear) struct buf list = {0};

	for (int i = 0; i < 100; i++)
		buf_printf(&list,
			   "    - {id: \"%d\", name: c%d, running: true, pid: 4, host_pid: 1}\n", i,
			   i);
	assert_reason(docker, buf_str(&list), "aspect=host-pid", VERDICT_FAIL,
		      "sees the host's processes: c0, c1, c2, c3, c4, c5, c6, c7 and 92 more");
}

static void test_failing_and_unknown(void **state)
{
	assert_reason(docker,
		      "    - {id: \"1\", name: a, running: true, pid: 4, uid: 0}\n"
		      "    - {id: \"2\", name: b, running: true, pid: 5, unread: gone}\n"
		      "    - {id: \"3\", unread: dockerd answered 500}\n",
		      "aspect=user", VERDICT_FAIL,
		      "runs as root: a; not known of b (gone) and 3 (dockerd answered 500)");
}

static void test_unknown_for_one_reason(void **state)
{
	assert_reason(docker,
		      "    - {id: \"1\", name: a, running: true, pid: 4, memory: -1}\n"
		      "    - {id: \"2\", name: b, running: true, pid: 5, memory: -1}\n",
		      "aspect=memory", VERDICT_NOT_MEASURED,
		      "not known of a and b: the memory controller of its control group cannot be "
		      "read");
	assert_reason(
		docker,
		"    - {id: \"1\", name: a, running: true, pid: 4, memory: -1, unread: no}\n"
		"    - {id: \"2\", name: b, running: true, pid: 5, memory: -1, unread: gone}\n",
		"aspect=memory", VERDICT_NOT_MEASURED, "not known of a (no) and b (gone)");
}

static void test_hosts(void **state)
{
	static const char one[] = "    - {id: \"1\", name: a, running: true, pid: 4, uid: 0}\n";

	assert_reason("docker:\n  install: none\n", one, "aspect=user", VERDICT_NOT_APPLICABLE,
		      "Docker is not installed");
	assert_reason("docker:\n  install: distro\n  not_measured: no answer\n", one, "aspect=user",
		      VERDICT_NOT_MEASURED, "no answer");
	assert_reason("docker:\n  install: distro\n", "    []\n", "aspect=user",
		      VERDICT_NOT_APPLICABLE, "there is no container");
	assert_reason("docker:\n  install: distro\n", one, "aspect=apparmor",
		      VERDICT_NOT_APPLICABLE, "AppArmor is not switched on in this kernel");
	assert_reason("docker:\n  install: distro\n", one, "aspect=selinux", VERDICT_NOT_APPLICABLE,
		      "SELinux is off, or has no policy");
}

static bool man_has(const char *man, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = strstr(man, word); at; at = strstr(at + 1, word))
		if (at[-1] == ' ' && (at[n] == ' ' || at[n] == '\n'))
			return true;
	return false;
}

/* Every aspect stands in the manual, and has a mend and a heading. */
static void test_tables(void **state)
{
	static const struct container_aspect *const areas[] = {
		container_identity_aspects, container_namespace_aspects, container_limit_aspects,
		container_mount_aspects,    container_network_aspects,   container_life_aspects};
	CLEANUP(buf_clear) struct buf man = {0};
	const char *list;
	size_t n = 0;

	assert_int_equal(proc_read(SAMPLES "/../../../packaging/harden-baseline.5", &man, NULL), 0);
	list = strstr(buf_str(&man), "Aspects of containers");
	assert_non_null(list);
	for (size_t i = 0; i < ARRAY_SIZE(areas); i++)
		for (const struct container_aspect *a = areas[i]; a->name; a++, n++) {
			if (!man_has(list, a->name))
				fail_msg("the manual does not know '%s'", a->name);
			assert_ptr_equal(container_aspect_find(a->name), a);
			assert_true(a->finding && a->mend && a->judge);
		}
	assert_int_equal(n, 35);
}

static void test_check(void **state)
{
	static const struct {
		const char *wish, *says;
	} rows[] = {
		{"aspect=nothing", "no aspect 'nothing'"},
		{"aspect=user max=3", "takes no 'max'"},
		{"aspect=user values=a", "takes no 'values'"},
		{"aspect=capabilities values=NET_RAWW", "no capability 'NET_RAWW'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_container, rows[i].wish);

		assert_true(module_container.check(want, &err) < 0);
		if (!strstr(error_text(&err), rows[i].says))
			fail_msg("%s: %s", rows[i].wish, error_text(&err));
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
		cmocka_unit_test(test_namespaces),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_tenants),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_failing_and_unknown),
		cmocka_unit_test(test_unknown_for_one_reason),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_check),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
