#include "tests/unit/restart-host.h"

/* Clients of dockerd that reach it by TCP: who answers at the address that they ask. */

#define ANYWHERE "2375/tcp on 0.0.0.0"
#define IN_WEB "0::/system.slice/docker-web.scope/docker/other\n"

/*
 * At an address that is none of dockerd's somebody else may answer for it: a proxy that has its socket.
 * Another dockerd does not, and neither does another host.
 */
static void test_proxies(void **state)
{
	static const struct {
		const char *host;
		int listens;
		const char *who; /* is called so */
		const char *published; /* by db */
		const char *networks; /* of db; NULL: those of the client's */
		const char *proxy; /* "userland-proxy" */
		bool on_host; /* the client is no container's */
		bool taken, proxied;
	} rows[] = {
		/* by its name, its alias, its address */
		{"proxy:2375", LISTENS_IN_DB, "haproxy", .taken = true},
		{"db:2375", LISTENS_IN_DB, "haproxy", .taken = true},
		{"db", LISTENS_IN_DB, "haproxy", .taken = true},
		{"172.18.0.2:2375", LISTENS_IN_DB, "haproxy", .taken = true},
		{"proxy:2375", LISTENS_IN_DB, "dockerd"},
		{"db", LISTENS_IN_DB, "dockerd", .taken = true}, /* nobody is found at 2376 */
		{"172.18.0.2:2375", LISTENS_IN_DB, "dockerd"},
		/* it is here, and who answers is not found */
		{"172.18.0.2:2377", LISTENS_IN_DB, "dockerd", .taken = true},
		{"proxy:2377", LISTENS_IN_DB, "haproxy", .taken = true},
		/* who knows what host that is */
		{"elsewhere:2375", LISTENS_IN_DB, "haproxy", .taken = true},
		{"elsewhere:2377", LISTENS_IN_DB, "haproxy"},
		{"elsewhere:2375", LISTENS_IN_DB, "dockerd"},
		{"elsewhere:2375", LISTENS_ON_HOST, "socat", .taken = true},
		{"192.0.2.1:2375", LISTENS_IN_DB, "haproxy"},
		{"192.0.2.1:2375", LISTENS_ON_HOST, "socat"},
		/* one that shares the network */
		{"localhost:2375", LISTENS_AT_CLIENT, "haproxy", .taken = true},
		{"127.0.0.1:2375", LISTENS_AT_CLIENT, "dockerd"},
		/* by this host's address */
		{"10.0.0.2:2375", LISTENS_ON_HOST, "socat", .taken = true},
		{"10.0.0.2:2375", LISTENS_ON_HOST, "dockerd"}, /* a second one */
		{"10.0.0.2:2375", LISTENS_IN_DB, "haproxy", ANYWHERE, .taken = true},
		{"10.0.0.2:2375", LISTENS_IN_DB, "dockerd", ANYWHERE, .networks = "own",
		 .proxied = true},
		{"10.0.0.2:2375", LISTENS_IN_DB, "dockerd", ANYWHERE, .proxy = "false"},
		{"10.0.0.2:2376", LISTENS_IN_DB, "dockerd", "2377/tcp on 0.0.0.0", .taken = true},
		{"10.0.0.2:2375", LISTENS_IN_DB, "dockerd", "2370-2380/tcp on ::", .proxied = true},
		{"10.0.0.2:2377", LISTENS_IN_DB, "dockerd", "2375-2376/tcp on ::", .taken = true},
		{"10.0.0.2:02375", LISTENS_IN_DB, "dockerd", "2375/tcp on default",
		 .proxied = true},
		/* docker-proxy has it, which ends with this dockerd */
		{"10.0.0.2:2375", LISTENS_IN_DB, "dockerd", ANYWHERE, .proxied = true},
		{"127.0.0.1:2375", LISTENS_IN_DB, "dockerd", ANYWHERE, .on_host = true,
		 .proxied = true},
		{"10.0.0.2:2375", LISTENS_IN_DB, "dockerd", ANYWHERE, .on_host = true},
		/* published at one address, and somebody else listens at the other */
		{"10.0.0.2:2375", LISTENS_ON_HOST, "socat", "2375/tcp on 127.0.0.1", .taken = true},
		{"10.0.0.2:2375", LISTENS_ON_HOST, "socat", "2375/tcp on 0.0.0.0", .taken = true},
		{"10.0.0.2:2375", LISTENS_ON_HOST, "dockerd", "2375/tcp on 127.0.0.1"},
		/* what is no address in the kernel's way of writing may be any */
		{"10.2:2375", LISTENS_ON_HOST, "socat", .taken = true},
		{"0.0.0.0:2375", LISTENS_AT_CLIENT, "haproxy", .taken = true},
		{"0.0.0.0:2375", LISTENS_AT_CLIENT, "dockerd"},
		{"10.0.0.2:2376", LISTENS_NOWHERE, NULL, .taken = true},
		/* of the host itself */
		{"10.0.0.2:2375", LISTENS_ON_HOST, "socat", .on_host = true, .taken = true},
		{"172.18.0.2:2375", LISTENS_IN_DB, "haproxy", .on_host = true, .taken = true},
		{"172.18.0.2:2375", LISTENS_IN_DB, "dockerd", .on_host = true},
		{"192.0.2.1:2375", LISTENS_ON_HOST, "socat", .on_host = true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep)
		char *args = xasprintf("docker -H tcp://%s restart db", rows[i].host);
		CLEANUP(freep) char *all = NULL;
		struct container *web, *db;

		played = (struct played){.client = "wait.service",
					 .client_name = "docker",
					 .client_args = args,
					 .parent = rows[i].who,
					 .listens = rows[i].listens,
					 .main = 300,
					 .other_network = !rows[i].on_host,
					 .client_in_container = !rows[i].on_host,
					 .group = rows[i].on_host ? NULL : IN_WEB};
		host_fill(&f, "active");
		strv_add(&f.docker.listening.addresses, "10.0.0.2");
		web = &f.docker.containers.seen[0];
		db = &f.docker.containers.seen[1];
		strv_add(&web->networks, "app");
		strv_add(&db->networks, "app");
		strv_add(&db->network_names, "app proxy");
		if (rows[i].networks)
			str_replace(&db->networks.items[0], rows[i].networks);
		if (rows[i].published)
			strv_add(&db->ports, rows[i].published);
		if (rows[i].proxy)
			settings_put(&f.docker.now, "userland-proxy", rows[i].proxy, SOURCE_FILE,
				     "file");
		host_gather(&f);
		all = strv_join(&f.docker.restart_brings, "; ");
		if (rows[i].proxied != (strstr(all, "; it asks another dockerd through "
						    "docker-proxy") != NULL) ||
		    rows[i].taken != (strstr(all, "; whether it is this dockerd that it asks is "
						  "not known") != NULL) ||
		    (rows[i].taken || rows[i].proxied) != (f.docker.restart_brings.count > 0))
			fail_msg("row %zu, %s: '%s'", i, rows[i].host, all);
		/* what another dockerd is told to do concerns none of this one's */
		if (rows[i].taken != (strstr(all, "db may stay down") != NULL))
			fail_msg("row %zu, %s: '%s'", i, rows[i].host, all);
		if (!rows[i].on_host &&
		    (rows[i].taken || rows[i].proxied) != (web->ends_with != NULL))
			fail_msg("row %zu, %s: %s", i, rows[i].host, web->ends_with);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proxies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
