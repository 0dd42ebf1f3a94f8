#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/types.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/host/read/shims.h"

#define UNASKED "?"

/* What systemd is played to say; NULL: nothing, UNASKED: it cannot be asked. */
static struct played {
	const char *dependents, *socket_dependents;
	const char *start, *stop; /* commands of each dependent */
	const char *docker_stop, *docker_stop_post;
	const char *kill_mode; /* NULL: process */
	bool no_reload, reload_unknown;
	pid_t within; /* the process that is in docker.service's group */
	size_t shims;
	const char *client; /* the unit of process 300, whose name is `client_name` */
	const char *client_name, *client_args;
	const char *client_environment, *client_directory;
	bool client_in_container;
	pid_t main; /* of the client's unit; 0: none is known */
	const char *parent; /* the name of process 200, which started the client; NULL: 1 did */
	const char *grandparent; /* of process 100, which started 200 */
	const char *docker_reload, *docker_start_post;
	size_t execs; /* sessions in the container db */
} played;

int __wrap_bus_dependents(struct bus *b, const char *unit, struct strv *ret, struct error *err);
int __wrap_bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err);
int __wrap_bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
			struct error *err);
int __wrap_bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
			    struct error *err);
int __wrap_bus_can_reload(struct bus *b, const char *unit, bool *ret, struct error *err);
int __wrap_observe_children(const struct root *root, const char *path, struct strv *ret,
			    struct error *err);
int __wrap_proc_read(const char *path, struct buf *ret, struct error *err);
char *__wrap_proc_unit(pid_t pid);
int __wrap_proc_cmdline(pid_t pid, struct strv *ret, struct error *err);
int __wrap_proc_environment(pid_t pid, struct strv *ret, struct error *err);
int __wrap_proc_directory(pid_t pid, char **ret, struct error *err);
bool __wrap_proc_is_within(pid_t pid, const char *group);
size_t __wrap_shims_within(const char *group);

static int split(const char *text, struct strv *ret, struct error *err)
{
	if (text && strcmp(text, UNASKED) == 0)
		return error_set(err, -ETIMEDOUT, "no answer");
	if (text)
		strv_split(ret, text, " ");
	return 0;
}

int __wrap_bus_dependents(struct bus *b, const char *unit, struct strv *ret, struct error *err)
{
	return split(strcmp(unit, "docker.socket") == 0 ? played.socket_dependents
							: played.dependents,
		     ret, err);
}

int __wrap_bus_commands(struct bus *b, const char *unit, const char *property, struct strv *ret,
			struct error *err)
{
	const char *text = strcmp(property, "ExecStart") == 0  ? played.start
			   : strcmp(property, "ExecStop") == 0 ? played.stop
							       : NULL;

	if (strcmp(unit, "docker.service") == 0)
		text = strcmp(property, "ExecStopPost") == 0    ? played.docker_stop_post
		       : strcmp(property, "ExecStop") == 0      ? played.docker_stop
		       : strcmp(property, "ExecStartPost") == 0 ? played.docker_start_post
		       : strcmp(property, "ExecReload") == 0    ? played.docker_reload
								: NULL;
	return split(text, ret, err);
}

int __wrap_bus_service_text(struct bus *b, const char *unit, const char *property, char **ret,
			    struct error *err)
{
	if (strcmp(property, "KillMode") == 0)
		*ret = xstrdup(played.kill_mode ? played.kill_mode : "process");
	else
		*ret = xstrdup("/system.slice/docker.service");
	return 0;
}

int __wrap_bus_can_reload(struct bus *b, const char *unit, bool *ret, struct error *err)
{
	*ret = !played.no_reload;
	return played.reload_unknown ? error_set(err, -ETIMEDOUT, "no answer") : 0;
}

int __wrap_observe_children(const struct root *root, const char *path, struct strv *ret,
			    struct error *err)
{
	assert_string_equal(path, "/proc");
	strv_add(ret, "1");
	strv_add(ret, "100");
	strv_add(ret, "200");
	strv_add(ret, "300");
	strv_add(ret, "self");
	return 0;
}

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err)
{
	bool client = strcmp(path, "/proc/300/status") == 0 && played.client;
	const char *name = client                                  ? played.client_name
			   : strcmp(path, "/proc/200/status") == 0 ? played.parent
			   : strcmp(path, "/proc/100/status") == 0 ? played.grandparent
								   : "systemd";

	if (!name)
		return error_set(err, -ENOENT, "no such process");
	buf_printf(ret, "Name:\t%s\nPPid:\t%d\nNSpid:\t300%s\n", name,
		   client && played.parent                                       ? 200
		   : strcmp(path, "/proc/200/status") == 0 && played.grandparent ? 100
										 : 1,
		   client && played.client_in_container ? "\t7" : "");
	return 0;
}

int __wrap_bus_unit(struct bus *b, const char *unit, struct unit_facts *ret, struct error *err)
{
	ret->main_pid = played.main;
	return 0;
}

char *__wrap_proc_unit(pid_t pid)
{
	return xstrdup(pid == 300 ? played.client : "init.scope");
}

int __wrap_proc_cmdline(pid_t pid, struct strv *ret, struct error *err)
{
	return split(played.client_args ? played.client_args : "docker wait x", ret, err);
}

int __wrap_proc_environment(pid_t pid, struct strv *ret, struct error *err)
{
	return split(played.client_environment, ret, err);
}

int __wrap_proc_directory(pid_t pid, char **ret, struct error *err)
{
	*ret = xstrdup(played.client_directory ? played.client_directory : "/");
	return 0;
}

bool __wrap_proc_is_within(pid_t pid, const char *group)
{
	return pid == played.within;
}

size_t __wrap_shims_within(const char *group)
{
	return played.shims;
}

/* A host with two containers that run and one that does not. */
static void fill(struct facts *f, const char *active)
{
	static const struct {
		const char *name;
		bool running;
		pid_t pid;
	} rows[] = {{"web", true, 100}, {"db", true, 200}, {"old", false, 0}};
	struct unit_facts *u = facts_add_unit(f, "docker.service");

	u->exists = true;
	u->active = xstrdup(active);
	f->docker.config_file = xstrdup("/etc/docker/daemon.json");
	f->docker.version = xstrdup("26.1.5");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct container *c = container_list_add(&f->docker.containers);

		c->id = xstrdup(rows[i].name);
		c->name = xstrdup(rows[i].name);
		c->running = rows[i].running;
		c->pid = rows[i].pid;
		c->tenant = xstrdup(i == 0 ? "shop" : "other");
		for (size_t k = 0; i == 1 && k < played.execs; k++)
			container_add_exec(c)->user = xstrdup("");
	}
	containers_known(&f->docker.containers);
}

static void gather(struct facts *f)
{
	static char bus; /* nothing looks into it */
	struct gather g = {.facts = f, .bus = (struct bus *)&bus};

	gather_processes(&g);
	gather_restart(&g);
	gather_clients(&g);
	processes_clear(&g.processes);
}

#define WAITS "wait.service has a docker client that waits on dockerd, and ends with it "
#define ANEW ": systemd ends or starts the unit anew then, and its containers with it"

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
	{"a part of a word is no name",
	 {.dependents = "a.service", .start = "webb web-1 my_db .db db2"},
	 "a.service goes down with dockerd, and is started again after it",
	 ""},
	{"a name behind a part of a word",
	 {.dependents = "a.service", .start = "webb=web"},
	 "a.service goes down with dockerd, and is started again after it",
	 "web (goes down with a.service)"},
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
	 WAITS "('docker wait')" ANEW,
	 "db (goes down with wait.service)"},
	{"its container is that of its command line, which may hold secrets",
	 {.client = "wait.service",
	  .client_name = "docker",
	  .client_args = "/usr/bin/docker run -e KEY=S3CRET --name web bb"},
	 WAITS "('docker run')" ANEW,
	 "web (goes down with wait.service)"},
	{"one that composes, by its folder's name",
	 {.client = "wait.service",
	  .client_name = "docker-compose",
	  .client_args = "docker-compose up",
	  .client_directory = "/srv/Sh.op"},
	 WAITS "('docker compose up')" ANEW,
	 "web (goes down with wait.service)"},
	{"by its variable",
	 {.client = "wait.service",
	  .client_name = "docker",
	  .client_args = "docker compose up",
	  .client_environment = "A=b COMPOSE_PROJECT_NAME=shop"},
	 WAITS "('docker compose up')" ANEW,
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
	 {.client = "docker-0.scope", .client_name = "docker", .client_in_container = true},
	 "",
	 ""},
	{"a build of a person",
	 {.client = "session-1.scope", .client_name = "docker", .client_args = "docker build ."},
	 "'docker build' (pid 300) is under way: the restart of dockerd cuts it off",
	 ""},
	{"sessions in a container",
	 {.execs = 2},
	 "the restart of dockerd cuts off what runs in container db by docker exec (2 sessions)",
	 ""},
	{"another program", {.client = "wait.service", .client_name = "dockerd"}, "", ""},
	{"somebody's shell", {.client = "user@0.service", .client_name = "docker"}, "", ""},
	{"a scope is no service", {.client = "session-1.scope", .client_name = "docker"}, "", ""},
	{"dockerd's own", {.client = "docker.service", .client_name = "docker"}, "", ""},
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
	 ""},
	{"mixed kills as well",
	 {.kill_mode = "mixed", .within = 100},
	 "KillMode=mixed of docker.service ends container web, which is in its group",
	 ""},
	{"shims in the group",
	 {.kill_mode = "control-group", .shims = 2},
	 "KillMode=control-group of docker.service ends the containers' shims, which are in its "
	 "group",
	 ""},
	{"dockerd alone is killed", {.within = 200, .shims = 1}, "", ""},
	{"nobody is", {.kill_mode = "none", .within = 200}, "", ""},
	{"no process without a pid", {.kill_mode = "mixed"}, "", ""},
};

static void test_what_goes_down(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *brings = NULL, *along = NULL;

		played = rows[i].played;
		fill(&f, "active");
		gather(&f);
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

		fill(&f, states[i]);
		gather(&f);
		assert_int_equal(f.docker.restart_brings.count, 0);
		str_replace(&f.units[0].active, "active");
		g.facts = &f;
		gather_restart(&g);
		assert_int_equal(f.docker.restart_brings.count, 0);
		str_replace(&f.units[0].active, "reloading");
		gather(&f);
		assert_int_equal(f.docker.restart_brings.count, 1);
	}
}

/* Where the containers are not known, none is said to be in the group; the gate holds then. */
static void test_unknown_containers(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};

	played = (struct played){.dependents = "a.service",
				 .start = "web",
				 .kill_mode = "control-group",
				 .within = 100};
	fill(&f, "active");
	containers_unknown(&f.docker.containers, "no answer");
	gather(&f);
	assert_int_equal(f.docker.restart_brings.count, 1);
	assert_int_equal(f.docker.goes_along.count, 0);
}

/* Who is in no unit is named, and holds nothing. */
static void test_cut_off(void **state)
{
	CLEANUP(facts_clear) struct facts f = {0};

	played = (struct played){.client = "session-1.scope", .client_name = "docker"};
	fill(&f, "active");
	gather(&f);
	assert_int_equal(f.docker.restart_brings.count, 0);
	assert_int_equal(f.docker.cut_off.count, 1);
	assert_string_equal(f.docker.cut_off.items[0],
			    "'docker wait' (pid 300) is cut off by the restart of dockerd");
}

/* What has no unit and no client: names and proxied connections of containers that run. */
static void test_connections(void **state)
{
	static const struct {
		const char *networks, *port;
		bool no_proxy;
		const char *told; /* of container web; NULL: nothing */
	} cases[] = {
		{"bridge", NULL, false, NULL},
		{"host", NULL, false, NULL},
		{"shop", NULL, false,
		 "no name resolves in 1 container on user-defined networks, which ask dockerd: "
		 "web"},
		{"bridge shop", NULL, false, "no name resolves in 1 container"},
		{"bridge", "80/tcp on 0.0.0.0", false, "to ports of 1 container: web"},
		{"bridge", "80/tcp on 0.0.0.0", true, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		played = (struct played){0};
		fill(&f, "active");
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
		gather(&f);
		assert_int_equal(f.docker.cut_off.count, cases[i].told != NULL);
		if (cases[i].told)
			assert_non_null(strstr(f.docker.cut_off.items[0], cases[i].told));
		assert_int_equal(f.docker.restart_brings.count, 0);
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
		fill(&f, "active");
		gather(&f);
		if (f.docker.goes_along.count != cases[i].goes)
			fail_msg("row %zu: %zu", i, f.docker.goes_along.count);
		assert_int_equal(f.docker.restart_brings.count, 1); /* held, either way */
		assert_non_null(strstr(f.docker.restart_brings.items[0],
				       cases[i].goes ? "ends or starts the unit anew"
						     : "its container runs on"));
	}
}

/* 20.10 does not run them any more: who watches them is blind from then on. */
static void test_health_checks(void **state)
{
	static const struct {
		const char *version, *health; /* of web */
		bool told;
	} cases[] = {
		{"20.10.24+dfsg1", "healthy", true}, {"20.10.24+dfsg1", "unhealthy", true},
		{"20.10.24+dfsg1", "none", false},   {"20.10.24+dfsg1", NULL, false},
		{"23.0.0", "healthy", false},        {"26.1.5+dfsg1", "healthy", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts f = {0};

		played = (struct played){0};
		fill(&f, "active");
		str_replace(&f.docker.version, cases[i].version);
		str_replace(&f.docker.containers.seen[0].health, cases[i].health);
		str_replace(&f.docker.containers.seen[2].health, "healthy"); /* does not run */
		gather(&f);
		assert_int_equal(f.docker.cut_off.count, cases[i].told);
		if (cases[i].told)
			assert_non_null(strstr(f.docker.cut_off.items[0],
					       "that of 1 container that may run on ends"));
		if (cases[i].told)
			assert_non_null(strstr(f.docker.cut_off.items[0], ": web"));
		assert_int_equal(f.docker.restart_brings.count, 0);
	}
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
		fill(&f, "active");
		gather(&f);
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
		fill(&f, "active");
		str_replace(&f.docker.version, reloads[i].version);
		if (reloads[i].proxy)
			settings_put(&f.docker.next, "userland-proxy", reloads[i].proxy,
				     SOURCE_FILE, "");
		if (reloads[i].path)
			settings_put(&f.docker.next, "userland-proxy-path", reloads[i].path,
				     SOURCE_FILE, "");
		gather(&f);
		if (!reloads[i].says != !f.docker.no_reload ||
		    (reloads[i].says && !strstr(f.docker.no_reload, reloads[i].says)))
			fail_msg("row %zu: %s", i, f.docker.no_reload);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_share_of_the_unit),
		cmocka_unit_test(test_what_goes_down),
		cmocka_unit_test(test_not_up),
		cmocka_unit_test(test_unknown_containers),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_health_checks),
		cmocka_unit_test(test_reload_command),
		cmocka_unit_test(test_reload),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
