/* What keeps a container apart from its host and from others: namespaces, limits, mounts, ports. */

#include "tests/test.h"

#include "tests/unit/container-rows.h"

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
		/* a name is not a socket */
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
		"directories of the host that others write, too: not running, by configuration: b "
		"(/srv/d/e with a and /srv/d/e with c)");
	assert_reason(docker, shared, "aspect=tenant-paths values=/srv/d*", VERDICT_PASS,
		      "6 containers, 6 not running and judged by the configuration");
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
		{"aspect=bind-address", "networks: [front], ports: [\"8080/tcp on default\"]",
		 VERDICT_NOT_MEASURED, NULL},
		{"aspect=bind-address", UP "host_network: 1, listens: [\"22/tcp on ::\"]",
		 VERDICT_FAIL, NULL},
		{"aspect=default-bridge", UP "networks: [bridge]", VERDICT_FAIL, NULL},
		{"aspect=default-bridge", UP "networks: [front, bridge]", VERDICT_FAIL, NULL},
		{"aspect=default-bridge", UP "networks: [front]", VERDICT_PASS, NULL},
		{"aspect=default-bridge", "network_mode: default", VERDICT_FAIL, NULL},
		{"aspect=default-bridge", "network_mode: none", VERDICT_PASS, NULL},
	};
	/* the daemon's address is that of the default bridge's ports, and of no other's */
	static const struct row bound[] = {
		{"aspect=bind-address",
		 "network_mode: default, networks: [bridge], ports: [\"8080/tcp on default\"]",
		 VERDICT_PASS, NULL},
		{"aspect=bind-address",
		 "network_mode: front, networks: [front], ports: [\"8080/tcp on default\"]",
		 VERDICT_NOT_MEASURED, "the address for ports of its network is not known"},
		{"aspect=bind-address", "network_mode: front, ports: [\"8080/tcp on default\"]",
		 VERDICT_NOT_MEASURED, "8080/tcp on default"},
		{"aspect=bind-address",
		 "running: true, networks: [bridge, front], ports: [any/tcp on default]",
		 VERDICT_NOT_MEASURED, NULL},
		{"aspect=bind-address values=8080",
		 "network_mode: front, ports: [\"8080/tcp on default\"]", VERDICT_PASS, NULL},
		{"aspect=bind-address",
		 "networks: [front], ports: [\"80/tcp on default\", \"81/tcp on ::\"]",
		 VERDICT_FAIL, "81/tcp"},
		{"aspect=bind-address", "networks: [front], ports: [\"8080/tcp on 127.0.0.1\"]",
		 VERDICT_PASS, NULL},
		{"aspect=bind-address", "ports: [\"8080/tcp on default\"]", VERDICT_PASS, NULL},
		{"aspect=bind-address", UP "ports: [\"8080/tcp on 0.0.0.0\"]", VERDICT_FAIL, NULL},
	};

	RUN(rows);
	run_with("docker:\n  install: distro\n  now: {ip: 10.0.0.1}\n", bound, ARRAY_SIZE(bound));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_namespaces), cmocka_unit_test(test_chains),
		cmocka_unit_test(test_limits),     cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_tenants),    cmocka_unit_test(test_network),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
