#include "tests/unit/restart-host.h"

/* Clients in containers, and whose dockerd it is that they ask. */

#define IN_WEB "0::/system.slice/docker-web.scope/docker/other\n"

/*
 * Whatever process of a container asks this dockerd and waits: it is told by the container's name. One
 * that asks a dockerd of its own, in a container as well, is none.
 */
static const struct {
	struct played played;
	bool main; /* it is web's first process */
	const char *told; /* NULL: nothing */
	const char *ends; /* what is said of the container's end; NULL: nothing */
	const char *along;
	bool more; /* another client holds as well */
} contained[] = {
	{{.client_args = "/usr/bin/docker events", .socket = SOCKET_OURS},
	 true,
	 "container web is a docker client that waits on dockerd, and ends with its "
	 "request ('docker events'): its restart policy is 'always'",
	 "ends with its request to dockerd, 'docker events'",
	 ""},
	{{.client_args = "docker build .", .socket = SOCKET_OURS, .group = IN_WEB},
	 false,
	 "'docker build' in the container 'web' is under way: the restart of "
	 "dockerd cuts it off",
	 "may end with its request to dockerd, 'docker build'",
	 ""},
	/* a runner of CI, whose loop removes what it made */
	{{.client_args = "docker run --rm bb",
	  .others_args = "sh -c docker\trm\t-f\tdb;docker\trun\t--name\tdb\tbb",
	  .socket = SOCKET_OURS,
	  .group = IN_WEB},
	 false,
	 "'docker run' in the container 'web' is cut off by the restart of "
	 "dockerd: what runs it may end then, and may end or make containers",
	 "may end with its request to dockerd, 'docker run'",
	 "db (goes down with container web)"},
	{{.client_args = "docker build .",
	  .socket = SOCKET_OURS,
	  .client_environment = "DOCKER_HOST=unix:///srv/api",
	  .group = IN_WEB},
	 false,
	 "'docker build' in the container 'web' is under way",
	 "may end",
	 ""},
	{{.client_args = "docker build .", .socket = SOCKET_UNREAD, .group = IN_WEB},
	 false,
	 "cuts it off; whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	/* it tells nothing of its group, or dockerd nothing of it */
	{{.client_args = "docker build .", .socket = SOCKET_OURS},
	 false,
	 "'docker build' (pid 300) in a container that dockerd does not tell of is under "
	 "way",
	 NULL,
	 ""},
	/* a dockerd of the container's own */
	{{.client_args = "docker build .",
	  .socket = SOCKET_ANOTHER,
	  .parent = "dockerd",
	  .group = IN_WEB},
	 false,
	 NULL,
	 NULL,
	 ""},
	/* a proxy that listens on a socket of its own */
	{{.client_args = "docker build .", .socket = SOCKET_ANOTHER, .group = IN_WEB},
	 false,
	 "cuts it off; whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	/* the same where a dockerd runs that has nothing to do with it */
	{{.client_args = "docker build .",
	  .socket = SOCKET_ANOTHER,
	  .parent = "socat",
	  .grandparent = "dockerd",
	  .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	/* docker.service starts a wrapper, whose child listens */
	{{.client_args = "docker build .",
	  .socket = SOCKET_ANOTHER,
	  .parent = "dockerd",
	  .within = 200,
	  .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	/* it waits on something, and nothing is there */
	{{.client_args = "docker build .", .socket = SOCKET_NONE, .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	/* something else than its socket may say where it goes */
	{{.client_args = "docker --new x events",
	  .socket = SOCKET_ANOTHER,
	  .parent = "dockerd",
	  .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	{{.client_args = "docker -cfar events",
	  .socket = SOCKET_ANOTHER,
	  .parent = "dockerd",
	  .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	{{.client_args = "docker -c default events",
	  .socket = SOCKET_ANOTHER,
	  .parent = "dockerd",
	  .group = IN_WEB},
	 false,
	 NULL,
	 NULL,
	 ""},
	{{.client_args = "docker events",
	  .client_environment = "DOCKER_CONTEXT=far",
	  .socket = SOCKET_ANOTHER,
	  .parent = "dockerd",
	  .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	{{.client_args = "docker events",
	  .client_environment = "DOCKER_HOST=unix:///srv/api DOCKER_CONTEXT=far",
	  .socket = SOCKET_ANOTHER,
	  .parent = "dockerd",
	  .contexts = true,
	  .group = IN_WEB},
	 false,
	 NULL,
	 NULL,
	 ""},
	{{.client_args = "docker events",
	  .socket = SOCKET_ANOTHER,
	  .parent = "dockerd",
	  .contexts = true,
	  .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	{{.client_args = "docker -H=npipe://x events", .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	{{.client_args = "docker -H=tcp://docker:http events",
	  .other_network = true,
	  .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	/* by ssh it may come back here */
	{{.client_args = "docker -H ssh://other events",
	  .parent = "docker",
	  .others_args = "docker system dial-stdio",
	  .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 "",
	 .more = true},
	{{.client_args = "docker -H tcp://localhost:2375 events",
	  .other_network = true,
	  .listens = LISTENS_AT_CLIENT,
	  .parent = "dockerd",
	  .group = IN_WEB},
	 false,
	 NULL,
	 NULL,
	 ""},
	{{.client_args = "docker -H tcp://docker:2375 events",
	  .other_network = true,
	  .group = IN_WEB},
	 false,
	 NULL,
	 NULL,
	 ""},
	/* this one listens there, and who knows what name this host has */
	{{.client_args = "docker -H tcp://docker:2376 events",
	  .other_network = true,
	  .group = IN_WEB},
	 false,
	 "whether it is this dockerd that it asks is not known",
	 "may end",
	 ""},
	{{.client_args = "docker -H tcp://localhost:2376 events", .group = IN_WEB},
	 false,
	 "'docker events' in the container 'web'",
	 "may end",
	 ""},
	{{.client_args = "docker -H ssh://other events", .group = IN_WEB}, false, NULL, NULL, ""},
	{{.client_args = "docker ps", .socket = SOCKET_OURS, .group = IN_WEB},
	 false,
	 NULL,
	 NULL,
	 ""},
};

static void play_contained(struct facts *f, size_t row, bool in_container)
{
	played = contained[row].played;
	played.client = "docker-web.scope";
	played.client_name = "docker";
	/* one that shares the host's numbers has its group alone */
	played.client_in_container = in_container || (!played.group && !contained[row].main);
	host_fill(f, "active");
	strv_add(&f->docker.tcp_listeners, "0.0.0.0:2376");
	f->docker.containers.seen[0].restart_policy = xstrdup("always");
	if (contained[row].main)
		f->docker.containers.seen[0].pid = 300;
	host_gather(f);
}

static void test_clients_in_containers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(contained) * 2; i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		const struct strv *brings = &f.docker.restart_brings;
		CLEANUP(freep) char *along = NULL, *all = NULL;
		const char *told = contained[i / 2].told, *ends = contained[i / 2].ends, *has;

		play_contained(&f, i / 2, i % 2 == 0);
		along = strv_join(&f.docker.goes_along, "; ");
		has = f.docker.containers.seen[0].ends_with;
		all = strv_join(brings, "; ");
		if (brings->count != (size_t)(told != NULL) + contained[i / 2].more ||
		    (told && !strstr(all, told)))
			fail_msg("row %zu: '%s'", i / 2, all);
		if (!ends != !has || (ends && !strstr(has, ends)))
			fail_msg("row %zu: '%s'", i / 2, has ? has : "");
		assert_string_equal(along, contained[i / 2].along);
		assert_int_equal(f.docker.cut_off.count, 0);
	}
}

/* Of one on the host it is told apart likewise. */
static void test_sockets_of_others(void **state)
{
	static const struct {
		const char *who; /* has the socket */
		bool taken;
	} rows[] = {{"dockerd", false}, {"socat", true}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		played = (struct played){.client = "inner.service",
					 .client_name = "docker",
					 .client_args = "docker run --name job bb",
					 .client_environment = "DOCKER_HOST=unix:///srv/api",
					 .socket = SOCKET_ANOTHER,
					 .main = 300,
					 .parent = rows[i].who};
		host_fill(&f, "active");
		host_gather(&f);
		assert_int_equal(f.docker.cut_off.count, 0);
		assert_int_equal(f.docker.restart_brings.count, rows[i].taken);
		if (rows[i].taken)
			assert_non_null(
				strstr(f.docker.restart_brings.items[0],
				       "whether it is this dockerd that it asks is not known"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clients_in_containers),
		cmocka_unit_test(test_sockets_of_others),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
