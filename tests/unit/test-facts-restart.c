#include "tests/unit/restart-host.h"

#define WAITS "wait.service has a docker client that waits on dockerd, and ends with it "
#define ANEW ": systemd ends the unit or starts it anew then, and its containers may end with that"

#define BY_KILL(mode) "(goes down with docker.service, by its KillMode=" mode ")"
#define SHIMS                                                                                      \
	"KillMode=control-group of docker.service ends the containers' shims, which are in its "   \
	"group"
#define DOWN "a.service goes down with dockerd, and is started again after it"
#define UNREAD(property, what)                                                                     \
	"what " property "= of a.service does to containers is not known: " what

static const struct row {
	const char *name;
	struct played played;
	const char *brings, *along; /* joined by "; "; "" is nothing */
} rows[] = {
	{"nothing goes down", {0}, "", ""},
	{"a stack and its container",
	 {.dependents = "shop.service", .start = "docker run --name web bb"},
	 "shop.service goes down with dockerd, and is started again after it",
	 "web (goes down with shop.service)"},
	{"by what it runs to stop",
	 {.dependents = "shop.service", .stop = "docker stop db"},
	 "shop.service goes down with dockerd, and is started again after it",
	 "db (goes down with shop.service)"},
	{"of the socket, too",
	 {.socket_dependents = "shop.service", .start = "true"},
	 "shop.service goes down with dockerd, and is started again after it",
	 ""},
	{"dockerd and its socket are no dependents",
	 {.dependents = "docker.socket docker.service", .start = "web"},
	 "",
	 ""},
	{"nor are the units that they are aliases of",
	 {.dependents = "moby.socket moby.service",
	  .socket_dependents = "moby.service",
	  .names = "moby.service docker.service",
	  .socket_names = "moby.socket docker.socket",
	  .start = "web"},
	 "",
	 ""},
	{"nor by an alias of theirs",
	 {.dependents = "old.service", .names = "docker.service old.service"},
	 "",
	 ""},
	{"an instance is a unit of its own",
	 {.socket_dependents = "docker@a.service", .names = "moby.service docker.service"},
	 "docker@a.service goes down with dockerd, and is started again after it",
	 ""},
	{"by what it runs behind its end",
	 {.dependents = "a.service", .stop_post = "/usr/bin/docker rm -f db"},
	 DOWN,
	 "db (goes down with a.service)"},
	{"what removes before the start",
	 {.dependents = "a.service", .start_pre = "docker rm db ; docker pull web"},
	 DOWN,
	 "db (goes down with a.service)"},
	{"a word that is not a client's is not a name",
	 {.dependents = "a.service", .start = "/bin/echo /opt/web/exporter --dir /srv/db web"},
	 DOWN,
	 ""},
	{"nor is the path of a program that nobody can read",
	 {.dependents = "a.service", .start = "/opt/web/exporter --dir /srv/db"},
	 DOWN "; " UNREAD("ExecStart", "/opt/web/exporter"),
	 ""},
	{"a part of a word is not a name",
	 {.dependents = "a.service", .start = "docker start webb web-1 my_db .db db2"},
	 DOWN,
	 ""},
	{"what a script stops it names, and what else it does nobody knows",
	 {.dependents = "a.service",
	  .start = "/opt/up",
	  .stop = "/opt/down",
	  .script = "#!/bin/sh\nset -e\ndocker rm -f db\n"},
	 DOWN "; " UNREAD("ExecStop", "/opt/down"),
	 "db (goes down with a.service)"},
	{"a script in the directory of a project",
	 {.dependents = "a.service", .stop = "/srv/shop/down"},
	 DOWN "; " UNREAD("ExecStop", "/srv/shop/down"),
	 "web (goes down with a.service)"},
	{"a program that stands there",
	 {.dependents = "a.service", .stop = "/usr/bin/make down", .directory = "!/srv/shop"},
	 DOWN "; " UNREAD("ExecStop", "/usr/bin/make"),
	 "web (goes down with a.service)"},
	{"the project of its directory",
	 {.dependents = "a.service",
	  .start = "docker compose up -d",
	  .stop = "docker compose down",
	  .directory = "/srv/shop"},
	 DOWN,
	 "web (goes down with a.service)"},
	{"the project of a file",
	 {.dependents = "a.service", .stop = "docker compose -f /srv/shop/a.yml down"},
	 DOWN,
	 "web (goes down with a.service)"},
	{"the project that it names",
	 {.dependents = "a.service", .stop = "docker-compose -p shop down"},
	 DOWN,
	 "web (goes down with a.service)"},
	{"the project of other files, wherever it stands",
	 {.dependents = "a.service",
	  .stop = "docker compose -f /elsewhere/a.yml down",
	  .directory = "/srv/shop"},
	 DOWN "; " UNREAD("ExecStop", "docker compose"),
	 ""},
	{"a project that nobody finds",
	 {.dependents = "a.service", .stop = "docker compose down", .directory = "/srv"},
	 DOWN "; " UNREAD("ExecStop", "docker compose"),
	 ""},
	{"a service that does not tell its commands",
	 {.dependents = "a.service", .stop = UNASKED},
	 DOWN "; " UNREAD("ExecStop", "no answer"),
	 ""},
	{"one that does not run does not go along",
	 {.dependents = "a.service", .start = "docker start old"},
	 "a.service goes down with dockerd, and is started again after it",
	 ""},
	{"a target has no commands",
	 {.dependents = "a.target", .start = UNASKED},
	 "a.target goes down with dockerd, and is started again after it",
	 ""},
	{"hooks",
	 {.docker_stop = "/bin/a -x", .docker_stop_post = "/bin/b"},
	 "ExecStop= of docker.service runs: /bin/a; "
	 "ExecStopPost= of docker.service runs: /bin/b",
	 ""},
	{"a command behind the start",
	 {.docker_start_post = "/bin/a --token S3CRET"},
	 "ExecStartPost= of docker.service runs again by the restart: /bin/a",
	 ""},
	{"a client of dockerd in a unit that does not depend on it",
	 {.client = "wait.service", .client_name = "docker", .stop = "docker stop db"},
	 WAITS "('docker wait'): what its commands do then may end containers",
	 "db (goes down with wait.service)"},
	{"its container is that of its command line, which may hold secrets",
	 {.client = "wait.service",
	  .client_name = "docker",
	  .client_args = "/usr/bin/docker run -e KEY=S3CRET --name web bb"},
	 WAITS "('docker run')" ANEW,
	 "web (goes down with wait.service)"},
	{"one that composes, by its directory's name",
	 {.client = "wait.service",
	  .client_name = "docker-compose",
	  .client_args = "docker-compose up",
	  .client_directory = "/srv/Sh.op"},
	 WAITS "('docker compose up'), and web may stay down" ANEW,
	 "web (goes down with wait.service)"},
	{"by its variable",
	 {.client = "wait.service",
	  .client_name = "docker",
	  .client_args = "docker compose up",
	  .client_environment = "A=b COMPOSE_PROJECT_NAME=shop"},
	 WAITS "('docker compose up'), and web may stay down" ANEW,
	 "web (goes down with wait.service)"},
	{"one that asks for nothing that stays",
	 {.client = "wait.service", .client_name = "docker", .client_args = "docker ps"},
	 "",
	 ""},
	{"one of another host",
	 {.client = "wait.service",
	  .client_name = "docker",
	  .client_environment = "DOCKER_HOST=ssh://db"},
	 "",
	 ""},
	{"one in a container",
	 {.client = "docker-0.scope",
	  .client_name = "docker",
	  .client_in_container = true,
	  .socket = SOCKET_ANOTHER,
	  .parent = "dockerd"},
	 "",
	 ""},
	{"a build of a person",
	 {.client = "session-1.scope", .client_name = "docker", .client_args = "docker build ."},
	 "'docker build' (pid 300) is under way: the restart of dockerd cuts it off",
	 ""},
	{"sessions in a container",
	 {.execs = 2},
	 "the restart of dockerd cuts off what runs in container db by docker exec: 2 sessions",
	 ""},
	{"another program", {.client = "wait.service", .client_name = "dockerd"}, "", ""},
	{"somebody's shell", {.client = "user@0.service", .client_name = "docker"}, "", ""},
	{"a scope is no service", {.client = "session-1.scope", .client_name = "docker"}, "", ""},
	{"dockerd's own", {.client = "docker.service", .client_name = "docker"}, "", ""},
	{"dockerd's own, by its unit's name",
	 {.client = "moby.service",
	  .client_name = "docker",
	  .names = "moby.service docker.service"},
	 "",
	 ""},
	{"one that depends on it is told once",
	 {.dependents = "wait.service", .client = "wait.service", .client_name = "docker"},
	 "wait.service goes down with dockerd, and is started again after it",
	 ""},
	{"not asked is not none",
	 {.dependents = UNASKED},
	 "what goes down with docker.service could not be asked: no answer",
	 ""},
	{"nor of the socket",
	 {.dependents = "a.service", .socket_dependents = UNASKED},
	 "what goes down with docker.socket could not be asked: no answer",
	 ""},
	{"a container in the group",
	 {.kill_mode = "control-group", .within = 200},
	 "KillMode=control-group of docker.service ends container db, which is in its group",
	 "db " BY_KILL("control-group")},
	{"mixed kills as well",
	 {.kill_mode = "mixed", .within = 100},
	 "KillMode=mixed of docker.service ends container web, which is in its group",
	 "web " BY_KILL("mixed")},
	{"shims in the group",
	 {.kill_mode = "control-group", .shims = "web db"},
	 SHIMS,
	 "web " BY_KILL("control-group") "; db " BY_KILL("control-group")},
	{"one of a container that dockerd does not list",
	 {.kill_mode = "control-group", .shims = "0123456789ab"},
	 SHIMS,
	 "0123456789ab " BY_KILL("control-group")},
	{"shims that cannot be listed",
	 {.kill_mode = "control-group", .shims = UNASKED},
	 "KillMode=control-group of docker.service ends what is in its group, and whether shims of "
	 "containers are could not be told: no answer",
	 ""},
	{"dockerd alone is killed", {.within = 200, .shims = "web"}, "", ""},
	{"nobody is", {.kill_mode = "none", .within = 200}, "", ""},
	{"no process without a pid", {.kill_mode = "mixed"}, "", ""},
};

static void test_what_goes_down(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *brings = NULL, *along = NULL;

		played = rows[i].played;
		host_fill(&f, "active");
		host_gather(&f);
		brings = strv_join(&f.docker.restart_brings, "; ");
		along = strv_join(&f.docker.goes_along, "; ");
		if (strcmp(brings, rows[i].brings) != 0 || strcmp(along, rows[i].along) != 0)
			fail_msg("%s: '%s', '%s'", rows[i].name, brings, along);
		assert_null(f.docker.no_reload);
	}
}

/* Nothing is asked of a unit that is not up, and without systemd. */
static void test_not_up(void **state)
{
	static const char *const states[] = {"inactive", "failed"};
	struct gather g = {0};

	played = (struct played){.dependents = "a.service"};
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		host_fill(&f, states[i]);
		host_gather(&f);
		assert_int_equal(f.docker.restart_brings.count, 0);
		str_replace(&f.units[0].active, "active");
		g.facts = &f;
		gather_restart(&g);
		assert_int_equal(f.docker.restart_brings.count, 0);
		str_replace(&f.units[0].active, "reloading");
		host_gather(&f);
		assert_int_equal(f.docker.restart_brings.count, 1);
	}
}

/* Where the containers are not known, none is said to be in the group; the gate holds then. */
static void test_unknown_containers(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};

	played = (struct played){.dependents = "a.service",
				 .start = "docker start web",
				 .kill_mode = "control-group",
				 .within = 100};
	host_fill(&f, "active");
	containers_unknown(&f.docker.containers, "no answer");
	host_gather(&f);
	assert_int_equal(f.docker.restart_brings.count, 1);
	assert_int_equal(f.docker.goes_along.count, 0);
}

static void test_reload_command(void **state)
{
	static const struct {
		const char *command;
		size_t holds;
	} commands[] = {
		{"/bin/kill -s HUP $MAINPID", 0},
		{"/usr/bin/kill -HUP ${MAINPID}", 0},
		{"kill -1 $MAINPID", 0},
		{"/bin/kill -s HUP $MAINPID /bin/b", 1},
		{"/bin/kill -s TERM $MAINPID", 1},
		{"/bin/kill $MAINPID", 1},
		{"/x/kill -HUP $MAINPID", 1},
		{"/bin/systemctl restart docker", 1},
		{UNASKED, 1},
		{NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		played = (struct played){.docker_reload = commands[i].command};
		host_fill(&f, "active");
		host_gather(&f);
		assert_int_equal(f.docker.restart_brings.count, 0);
		if (f.docker.dockerd_reload_brings.count != commands[i].holds)
			fail_msg("'%s'", commands[i].command);
	}
}

static void test_reload(void **state)
{
	static const struct {
		const char *version, *proxy, *path;
		bool can, unknown;
		const char *says; /* NULL: it reloads */
	} reloads[] = {
		{"26.1.5", NULL, NULL, true, false, NULL},
		{"26.1.5", NULL, NULL, false, false, "no ExecReload="},
		{"26.1.5", NULL, NULL, false, true, NULL},
		{"26.1.5", "true", NULL, true, false, "refuses every reload"},
		{"23.0", "true", NULL, true, false, "refuses every reload"},
		{"20.10.24", "true", NULL, true, false, NULL},
		{"26.1.5", "false", NULL, true, false, NULL},
		{"26.1.5", "true", "\"/usr/bin/docker-proxy\"", true, false, NULL},
		{NULL, "true", NULL, true, false, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(reloads); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		played = (struct played){.reload_unknown = reloads[i].unknown};
		played.no_reload = !reloads[i].can;
		host_fill(&f, "active");
		str_replace(&f.docker.version, reloads[i].version);
		if (reloads[i].proxy)
			settings_put(&f.docker.next, "userland-proxy", reloads[i].proxy,
				     SOURCE_FILE, "");
		if (reloads[i].path)
			settings_put(&f.docker.next, "userland-proxy-path", reloads[i].path,
				     SOURCE_FILE, "");
		host_gather(&f);
		if (!reloads[i].says != !f.docker.no_reload ||
		    (reloads[i].says && !strstr(f.docker.no_reload, reloads[i].says)))
			fail_msg("row %zu: %s", i, f.docker.no_reload);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_goes_down),
		cmocka_unit_test(test_not_up),
		cmocka_unit_test(test_unknown_containers),
		cmocka_unit_test(test_reload_command),
		cmocka_unit_test(test_reload),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
