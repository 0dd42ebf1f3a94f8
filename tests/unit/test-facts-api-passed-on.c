/* Who passes on to the API's socket what comes from elsewhere. */

#include "tests/unit/temp-directory.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/host/read/proc.h"

#define ETC "etc/systemd/system/"
#define USR "usr/lib/systemd/system/"
#define WANTS ETC "sockets.target.wants/"
#define PROXYD "/usr/lib/systemd/systemd-socket-proxyd "

static const struct row {
	const char *socket, *command; /* of x.socket, and of x.service */
	bool wanted;
	const char *tcp, *others; /* NULL: none */
} rows[] = {
	{"ListenStream=2375\n", PROXYD "/run/docker.sock", true, "tcp://*:2375 by x.socket"},
	{"ListenStream=2375\n", PROXYD "/var/run/docker.sock", true, "tcp://*:2375 by x.socket"},
	{"ListenStream=127.0.0.1:2375\n", "-" PROXYD "--exit-idle-time=5min /run/docker.sock", true,
	 "tcp://127.0.0.1:2375 by x.socket"},
	{"ListenStream=2375\nListenStream=[fd00::1]:1\n", PROXYD "'/run/docker.sock'", true,
	 "tcp://*:2375 by x.socket|tcp://[fd00::1]:1 by x.socket"},
	{"ListenStream=/run/open.sock\n", PROXYD "/run/docker.sock", true, NULL,
	 "x.socket (systemd-socket-proxyd)"},
	{"ListenStream=2375\nService=y.service\n", PROXYD "/run/docker.sock", true}, /* not there */
	/* what is not started listens nowhere */
	{"ListenStream=2375\n", PROXYD "/run/docker.sock", false},
	{"ListenStream=2375\n", PROXYD "/run/other.sock", true},
	{"ListenStream=2375\n", PROXYD "/run/docker.sock2", true},
	{"ListenStream=2375\n", "/usr/bin/true /run/docker.sock", true},
	{"ListenStream=2375\n", PROXYD "127.0.0.1:80", true},
};

static void make_directories(const struct temp_directory *t)
{
	static const char *const names[] = {"etc",     "etc/systemd",     ETC, WANTS, "usr",
					    "usr/lib", "usr/lib/systemd", USR};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(mkdirat(t->fd, names[i], 0755), 0);
	temp_directory_write(t, USR "docker.service", "[Service]\nExecStart=/usr/bin/dockerd\n");
}

static void test_units(void **unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(facts_clear) struct facts facts = {.offline = true};
		CLEANUP(freep) char *tcp = NULL, *others = NULL;
		CLEANUP(freep) char *socket = xasprintf("[Socket]\n%s", row->socket);
		CLEANUP(freep)
		char *service = xasprintf("[Service]\nExecStart=%s\n", row->command);
		struct gather g = {.facts = &facts};
		struct temp_directory *t;
		void *state = NULL;

		assert_int_equal(temp_directory_setup(&state), 0);
		t = state;
		g.root = &t->root;
		make_directories(t);
		temp_directory_write(t, ETC "x.socket", socket);
		temp_directory_write(t, ETC "x.service", service);
		if (row->wanted)
			assert_int_equal(symlinkat("../x.socket", t->fd, WANTS "x.socket"), 0);
		facts.docker.install = DOCKER_CE;
		gather_unit(&g, "docker.service");
		gather_api_passed_on(&g);
		tcp = strv_join(&facts.docker.tcp_passed_on, "|");
		others = strv_join(&facts.docker.api_passed_on, "|");
		if (strcmp(tcp, row->tcp ? row->tcp : "") != 0 ||
		    strcmp(others, row->others ? row->others : "") != 0)
			fail_msg("row %zu: '%s', '%s'", i, tcp, others);
		temp_directory_teardown(&state);
	}
}

/* One that has this word for a while. */
static pid_t start(const char *word)
{
	char name[] = "socat", option[] = "-c", script[] = "sleep 60 & wait";
	char *const argv[] = {name, option, script, (char *)(uintptr_t)word, NULL};
	char *const environment[] = {NULL};
	posix_spawnattr_t own_group;
	pid_t pid = 0;

	assert_int_equal(posix_spawnattr_init(&own_group), 0);
	assert_int_equal(posix_spawnattr_setflags(&own_group, POSIX_SPAWN_SETPGROUP), 0);
	assert_int_equal(posix_spawn(&pid, "/bin/sh", NULL, &own_group, argv, environment), 0);
	posix_spawnattr_destroy(&own_group);
	/* the call may be over before the kernel shows the new words */
	for (int i = 0; i < 1000; i++) {
		CLEANUP(strv_clear) struct strv args = {0};

		if (proc_cmdline(pid, &args, NULL) == 0 && args.count == 4)
			break;
		usleep(1000);
	}
	return pid;
}

static void test_processes(void **state)
{
	static const struct {
		const char *name, *word;
		bool told;
	} cases[] = {
		{"socat", "UNIX-CONNECT:/run/docker.sock,fork", true},
		{"socat", "UNIX-CONNECT:/var/run/docker.sock", true},
		{"ssh", "2375:/run/docker.sock", true},
		{"systemd-socket-", "/run/docker.sock", true},
		{"socat", "UNIX-CONNECT:/run/docker.sock.old", false},
		{"socat", "UNIX-CONNECT:/srv/run/docker.sock", false},
		{"sh", "/run/docker.sock", false}, /* such are not looked for */
	};
	const struct temp_directory *t = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(facts_clear) struct facts facts = {0};
		struct process p = {.pid = start(cases[i].word),
				    .name = (char *)(uintptr_t)cases[i].name};
		struct gather g = {.facts = &facts, .root = &t->root, .processes = {&p, 1}};
		CLEANUP(freep) char *told = xasprintf("socat (pid %d)", (int)p.pid);

		facts.docker.install = DOCKER_CE;
		gather_api_passed_on(&g);
		kill(-p.pid, SIGKILL); /* its sleep, too */
		waitpid(p.pid, NULL, 0);
		if (facts.docker.api_passed_on.count != cases[i].told)
			fail_msg("%s %s: %zu", cases[i].name, cases[i].word,
				 facts.docker.api_passed_on.count);
		if (cases[i].told)
			assert_string_equal(facts.docker.api_passed_on.items[0], told);
		assert_int_equal(facts.docker.tcp_passed_on.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		TEMP_DIRECTORY_TEST(test_processes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
