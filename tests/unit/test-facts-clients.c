#include "tests/unit/restart-host.h"

/* Clients of dockerd in units and in sessions: what its restart does to them. */

/* Who is in no unit is named, and holds nothing. */
static void test_cut_off(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};

	played = (struct played){.client = "session-1.scope", .client_name = "docker"};
	host_fill(&f, "active");
	host_gather(&f);
	assert_int_equal(f.docker.restart_brings.count, 0);
	assert_int_equal(f.docker.cut_off.count, 1);
	assert_string_equal(f.docker.cut_off.items[0],
			    "'docker wait' (pid 300) is cut off by the restart of dockerd");
}

/* Whoever is at work in a session holds, and what it may leave so is named by its container. */
static void test_at_work(void **state)
{
	static const struct {
		const char *args, *environment, *told; /* NULL: nothing */
		const char *directory; /* in which it stands; NULL: "/" */
	} rows[] = {
		{"docker restart -t 60 web db", NULL,
		 "'docker restart' (pid 300) is under way: the restart of dockerd cuts it off, and "
		 "web, db may stay down"},
		{"docker container restart old", NULL, "cuts it off, and old may stay down"},
		{"docker stop db", NULL, "and what it does with db may stay half done"},
		{"docker rm -f db TOKEN=s3cret", NULL, "what it does with db may stay half done"},
		{"docker system dial-stdio", NULL, "and what another host asks for through it"},
		{"docker swap db", NULL, "'docker swap' (pid 300) is under way"},
		{"docker frobnicate db", NULL, "what it does with db may stay half done"},
		{"docker commit web snap", NULL, "and web may stay paused, until 'docker unpause'"},
		{"docker compose restart", "COMPOSE_PROJECT_NAME=shop", "and web may stay down"},
		{"docker compose -p other down", NULL, "does with db, old may stay half done"},
		{"docker compose -p none up -d", NULL, "the restart of dockerd cuts it off"},
		/* where nothing names the project, whoever was made from its files does */
		{"docker compose up -d", NULL, "and web may stay down", "/srv/shop"},
		{"docker compose up -d", NULL, "and web may stay down", "/srv/shop/sub"},
		{"docker compose up -d", NULL, "and web may stay down", "/home/u/Shop"},
		{"docker compose -f /srv/shop/c.yml up -d", NULL, "and web may stay down",
		 "/srv/other"},
		{"docker compose -f ../shop/c.yml up -d", NULL, "and web may stay down",
		 "/srv/other"},
		{"docker compose --project-directory . up -d", NULL, "and web may stay down",
		 "/srv/shop"},
		{"docker compose up -d", "COMPOSE_FILE=/srv/shop/a.yml:/srv/shop/b.yml",
		 "and web may stay down", "/srv/other"},
		{"docker compose -f /elsewhere/c.yml up -d", NULL,
		 "'docker compose up' (pid 300) is under way: the restart of dockerd cuts it off$",
		 "/srv/shop"},
		{"docker compose up -d", "COMPOSE_FILE=/elsewhere/c.yml",
		 "'docker compose up' (pid 300) is under way: the restart of dockerd cuts it off$",
		 "/srv/shop"},
		/* files of two projects */
		{"docker compose -f /srv/shop/a.yml -f /srv/other/b.yml up -d", NULL,
		 "'docker compose up' (pid 300) is under way: the restart of dockerd cuts it off$",
		 "/srv/shop"},
		{"docker exec web sh", NULL, "the restart of dockerd cuts it off"},
		{"docker run bb", NULL, "'docker run' (pid 300) is under way"},
		{"docker ps", NULL, NULL},
		{"docker inspect web", NULL, NULL},
		{"docker compose ps", "COMPOSE_PROJECT_NAME=shop", NULL},
		{"docker restart web", "DOCKER_HOST=ssh://db", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *all = NULL, *told = NULL;

		played = (struct played){.client = "session-1.scope",
					 .client_name = "docker",
					 .client_args = rows[i].args,
					 .client_environment = rows[i].environment,
					 .client_directory = rows[i].directory};
		host_fill(&f, "active");
		host_gather(&f);
		told = strv_join(&f.docker.restart_brings, "; ");
		all = xasprintf("%s$", told); /* where it ends */
		if (f.docker.restart_brings.count != (rows[i].told != NULL) ||
		    (rows[i].told && !strstr(all, rows[i].told)))
			fail_msg("row %zu: '%s'", i, all);
		assert_null(strstr(all, "s3cret"));
		assert_int_equal(f.docker.cut_off.count, 0);
	}
}

/* A job of cron's is one of a unit that goes on; what it restarts does not run on. */
static void test_at_work_in_units(void **state)
{
	static const struct {
		const char *parent;
		pid_t main;
		const char *told;
	} rows[] = {
		{"cron", 200,
		 "job.service has a docker client that waits on dockerd, and is cut off ('docker "
		 "restart'), and db may stay down: what runs the client may not expect that"},
		{NULL, 300, "ends with it ('docker restart'), and db may stay down: systemd ends"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		played = (struct played){.client = "job.service",
					 .client_name = "docker",
					 .client_args = "docker restart db",
					 .parent = rows[i].parent,
					 .main = rows[i].main};
		host_fill(&f, "active");
		host_gather(&f);
		if (!f.docker.restart_brings.count ||
		    !strstr(f.docker.restart_brings.items[0], rows[i].told))
			fail_msg("row %zu: '%s'", i,
				 f.docker.restart_brings.count ? f.docker.restart_brings.items[0]
							       : "");
	}
}

/* A unit that only looks on ends no container: it is a matter of whether it comes again. */
static void test_readers(void **state)
{
	static const struct {
		struct played played;
		const char *holds; /* NULL: it is said, and holds nothing */
	} cases[] = {
		{{.client_args = "docker logs -f web", .start = "docker logs -f web", .main = 300},
		 NULL},
		{{.client_args = "docker events",
		  .start = "docker events",
		  .main = 300,
		  .restart = "on-failure"},
		 NULL},
		{{.client_args = "docker stats",
		  .start = "docker stats",
		  .main = 300,
		  .restart = "on-failure"},
		 "may not start the unit again: Restart=on-failure"},
		{{.client_args = "docker events",
		  .start = "docker events",
		  .main = 300,
		  .restart = "on-success"},
		 "may not start the unit again: Restart=on-success"},
		{{.client_args = "docker wait web",
		  .start = "docker wait web",
		  .main = 300,
		  .restart = "no"},
		 "may not start the unit again: Restart=no"},
		{{.client_args = "docker events",
		  .start = "docker events",
		  .main = 300,
		  .no_socket_unit = true},
		 "without docker.socket nobody listens"},
		{{.client_args = "docker events",
		  .start = "docker events",
		  .main = 300,
		  .unit_file = "[Service]\nRestartPreventExitStatus=1\n"},
		 "it has a limit of its own for that"},
		{{.client_args = "docker events", .start = "docker events"},
		 "its main process is not known"},
		/* a loop behind it, which ends with 0 */
		{{.client_args = "docker events",
		  .parent = "sh",
		  .start = "sh -c docker\tevents|while\tread\tl;do\techo\tx;done",
		  .main = 200},
		 NULL},
		{{.client_args = "docker events",
		  .parent = "sh",
		  .start = "sh -c docker\tevents|while\tread\tl;do\techo\tx;done",
		  .main = 200,
		  .restart = "on-failure"},
		 "may not start the unit again: Restart=on-failure"},
		{{.client_args = "docker events",
		  .parent = "sh",
		  .start = "sh -c docker\tevents|while\tread\tl;do\tdocker\trestart\tweb;done",
		  .main = 200},
		 "what its commands do then may end containers"},
		{{.client_args = "docker events",
		  .start = "/opt/watch",
		  .parent = "sh",
		  .main = 200},
		 "what its commands do then may end containers"},
		{{.client_args = "docker logs -f web",
		  .start = "docker logs -f web",
		  .stop = "docker stop web",
		  .main = 300},
		 "what its commands do then may end containers"},
		{{.client_args = "docker logs web", .start = "cron", .parent = "cron", .main = 200},
		 "is cut off ('docker logs'): what runs the client may not expect that"},
		/* it passes signals on */
		{{.client_args = "docker attach web", .start = "docker attach web", .main = 300},
		 "its containers may end with that"},
		/* of compose it may end the project */
		{{.client_args = "docker compose -p x wait a",
		  .start = "docker compose -p x wait a",
		  .main = 300},
		 "its containers may end with that"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		const struct strv *brings = &f.docker.restart_brings, *cut = &f.docker.cut_off;
		CLEANUP(freep) char *all = NULL;

		played = cases[i].played;
		played.client = "wait.service";
		played.client_name = "docker";
		host_fill(&f, "active");
		host_gather(&f);
		all = strv_join(brings, "; ");
		if (cases[i].holds ? !strstr(all, cases[i].holds) : brings->count > 0)
			fail_msg("row %zu: '%s'", i, all);
		assert_int_equal(cut->count, !cases[i].holds);
		assert_null(strstr(all, "its containers with it"));
		if (!cases[i].holds)
			assert_non_null(strstr(cut->items[0], "systemd starts the unit anew"));
	}
}

/* A client that is not its unit's main process: whether the unit ends with it, containers and all. */
static void test_share_of_the_unit(void **state)
{
	static const struct {
		const char *parent, *grandparent, *start, *stop;
		pid_t main;
		bool goes;
	} cases[] = {
		{NULL, NULL, "docker run --name web bb", NULL, 300, true},
		{NULL, NULL, "docker run --name web bb", NULL, 0, true}, /* none is known */
		{"cron", NULL, "/usr/sbin/cron -f", NULL, 200, false},
		{"sh", "cron", "/usr/sbin/cron -f", NULL, 100, false},
		{"docker", NULL, "docker compose up", NULL, 200, true}, /* its plugin waits */
		{"sh", NULL, "/bin/sh -c 'while :; do docker run --rm --name web bb; done'", NULL,
		 200, false},
		/* systemd's commands for the end of the unit end the container */
		{"sh", NULL, "/bin/sh -c 'docker run --name web bb; true'", "docker rm -f web", 200,
		 true},
		{"sh", NULL, "/bin/sh -c 'docker rm -f web; docker run --name web bb'", NULL, 200,
		 true},
		{"sh", NULL, "/usr/local/bin/start-web web", NULL, 200, true}, /* who knows */
		{"cron", NULL, "/usr/sbin/cron -f", NULL, 77, false},
		/* what ends with it, or may */
		{"flock", NULL, "/usr/bin/flock /run/x docker run --name web bb", NULL, 200, true},
		{"timeout", "sudo", "sudo timeout 9d docker run --name web bb", NULL, 100, true},
		{"runner", NULL, "/opt/runner", NULL, 200, true},
		{"timeout", "cron", "/usr/sbin/cron -f", NULL, 100, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		played = (struct played){.client = "job.service",
					 .client_name = "docker",
					 .client_args = "docker run --rm --name web bb",
					 .parent = cases[i].parent,
					 .grandparent = cases[i].grandparent,
					 .start = cases[i].start,
					 .stop = cases[i].stop,
					 .main = cases[i].main};
		host_fill(&f, "active");
		host_gather(&f);
		if (f.docker.goes_along.count != cases[i].goes)
			fail_msg("row %zu: %zu", i, f.docker.goes_along.count);
		/* held, either way */
		assert_int_equal(f.docker.restart_brings.count, 1 + f.docker.may_end.count);
		assert_non_null(strstr(f.docker.restart_brings.items[0],
				       cases[i].goes ? "its containers may end with that"
						     : "its container runs on"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_of_the_unit), cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_at_work),           cmocka_unit_test(test_at_work_in_units),
		cmocka_unit_test(test_readers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
