#include "tests/unit/stub-server.h"

#include "engine/facts/parts.h"
#include "engine/format/mount-table.h"
#include "engine/host/read/proc.h"
#include "engine/plan/objections.h"

/* What is gathered of containers: from a dockerd that is played, and from /proc of a real process. */

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

struct scene {
	struct stub_server server;
	struct facts facts;
	struct root root;
	struct gather g;
	pid_t child;
	char *inspect;
};

/* It is as it is looked for when this returns: it says so by the end of a pipe. */
static pid_t start_child(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		close(ready[0]);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return pid;
}

/* A runs, B is stopped, C went away since it was listed, and of D dockerd cannot tell. */
static void open_scene(struct scene *s, const struct temp_directory *t, unsigned parts)
{
	static struct stub_reply rows[9];

	s->child = start_child();
	s->inspect = xasprintf(
		"{\"Id\":\"" A "\",\"Name\":\"/a\",\"State\":{\"Running\":true,\"Pid\":%d},"
		"\"ExecIDs\":[\"e1\",\"e2\"],\"HostConfig\":{\"ReadonlyRootfs\":true,\"Memory\":1},"
		"\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/etc/\",\"Destination\":\"/"
		"not-there\"}]}",
		(int)s->child);
	rows[0] = (struct stub_reply){
		"/containers/json", 200,
		"[{\"Id\":\"" A "\"},{\"Id\":\"" C "\"},{\"Id\":\"" D "\"},{\"Id\":\"" B "\"}]", 0};
	rows[1] = (struct stub_reply){"/containers/" A "/json", 200, s->inspect, 0};
	rows[2] = (struct stub_reply){
		"/containers/" B "/json", 200,
		"{\"Id\":\"" B "\",\"Name\":\"/b\",\"State\":{\"Running\":false},\"HostConfig\":"
		"{\"Memory\":4096},\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"cfg\",\"Source\":"
		"\"/v/_data\",\"Destination\":\"/c\",\"RW\":true}]}",
		0};
	rows[3] = (struct stub_reply){"/containers/" D "/json", 500, "{}", 0};
	rows[4] = (struct stub_reply){
		"/exec/e1/json", 200,
		"{\"Running\":true,\"ProcessConfig\":{\"privileged\":true,\"user\":\"\"}}", 0};
	rows[5] = (struct stub_reply){"/exec/e2/json", 200, "{\"Running\":false}", 0};
	rows[6] = (struct stub_reply){"/volumes", 200,
				      "{\"Volumes\":[{\"Name\":\"cfg\",\"Options\":{\"o\":\"bind\","
				      "\"device\":\"/etc\"}}]}",
				      0};
	rows[7] = (struct stub_reply){"/plugins", 200, "[{\"Name\":\"v:latest\"}]", 0};
	rows[8] = (struct stub_reply){0};
	s->server = stub_start(t, rows);
	s->facts.parts = parts;
	s->root.fd = -1;
	assert_int_equal(root_open(&s->root, "/", NULL), 0);
	s->g = (struct gather){.facts = &s->facts, .root = &s->root};
	assert_int_equal(engine_api_open(&s->g.api, s->server.socket, NULL), 0);
	gather_containers(&s->g);
}

static void close_scene(struct scene *s)
{
	engine_api_free(s->g.api);
	stub_stop(&s->server);
	kill(s->child, SIGKILL);
	waitpid(s->child, NULL, 0);
	root_close(&s->root);
	facts_clear(&s->facts);
	plugin_things_clear(&s->g.plugin_volumes);
	free(s->inspect);
}

static void test_list(void **state)
{
	struct scene s = {0};
	const struct container *c;

	open_scene(&s, *state, FACTS_CONTAINERS);
	c = s.facts.docker.containers.seen;
	assert_null(s.facts.docker.not_measured);
	assert_int_equal(s.facts.docker.containers.nseen, 3); /* in the order of the list */
	assert_string_equal(c[0].name, "a");
	assert_string_equal(c[1].id, D);
	assert_null(c[1].name);
	assert_non_null(strstr(c[1].unread, "500"));
	assert_string_equal(c[2].name, "b");
	assert_int_equal(s.facts.docker.volumes.n, 1);
	assert_int_equal(s.facts.docker.plugins.n, 1);
	assert_int_equal(c[0].nexecs, 1); /* the other has ended */
	assert_true(c[0].execs[0].privileged);
	close_scene(&s);
}

/* Whatever is answered with 200 about a listed container: only "not found" takes it out of the count. */
static void test_half_answers(void **state)
{
	static const struct {
		int code;
		const char *body;
		size_t seen, unread;
	} answers[] = {
		{200, "{\"Id\":\"" A "\",\"State\":{\"Running\":true,\"Pid\":1}}", 1, 0},
		{200, "{\"Name\":\"/a\",\"State\":{\"Running\":true,\"Pid\":1}}", 1, 1},
		{200, "{\"Id\":\"" B "\",\"State\":{\"Running\":true,\"Pid\":1}}", 1, 1},
		{200, "{\"Id\":\"" A "\",\"State\":{}}", 1, 1},
		{200, "{\"Id\":\"" A "\"}", 1, 1},
		{200, "{}", 1, 1},
		{200, "[]", 1, 1},
		{200, "null", 1, 1},
		{200, "", 1, 1},
		{500, "{}", 1, 1},
		{404, "{}", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const struct stub_reply rows[] = {
			{"/containers/json", 200, "[{\"Id\":\"" A "\"}]", 0},
			{"/containers/" A "/json", answers[i].code, answers[i].body, 0},
			{0}};
		CLEANUP(facts_clear) struct facts facts = {0};
		struct stub_server server = stub_start(*state, rows);
		CLEANUP(root_close) struct root root = {.fd = -1};
		struct gather g = {.facts = &facts, .root = &root};
		const struct container_list *list = &facts.docker.containers;
		size_t unread = 0;

		assert_int_equal(root_open(&root, "/", NULL), 0);
		assert_int_equal(engine_api_open(&g.api, server.socket, NULL), 0);
		gather_containers(&g);
		engine_api_free(g.api);
		stub_stop(&server);
		assert_int_equal(list->nseen, answers[i].seen);
		for (size_t k = 0; k < list->nseen; k++) {
			unread += list->seen[k].unread != NULL;
			assert_string_equal(list->seen[k].id, A);
		}
		assert_int_equal(unread, answers[i].unread);
	}
}

/* Each network has an address of its own for ports; what several do not agree on is not known. */
static void test_addresses_of_networks(void **state)
{
	static const struct {
		const char *state, *networks, *want;
	} rows[] = {
		{"\"Running\":false", "\"front\":{}", "8080/tcp on 127.0.0.1|81/tcp on ::1"},
		{"\"Running\":true,\"Pid\":0", "\"front\":{}",
		 "8080/tcp on 127.0.0.1|81/tcp on ::1"},
		{"\"Running\":false", "\"back\":{}", "8080/tcp on 0.0.0.0|81/tcp on ::1"},
		{"\"Running\":false", "\"back\":{},\"over\":{}",
		 "8080/tcp on 0.0.0.0|81/tcp on ::1"},
		{"\"Running\":false", "\"back\":{},\"front\":{}",
		 "8080/tcp on default|81/tcp on ::1"},
		{"\"Running\":false", "\"bridge\":{}", "8080/tcp on default|81/tcp on ::1"},
		{"\"Running\":false", "\"bridge\":{},\"back\":{}",
		 "8080/tcp on default|81/tcp on ::1"},
		{"\"Running\":false", "\"fro\":{}", "8080/tcp on default|81/tcp on ::1"},
		{"\"Running\":false", "\"twice\":{}", "8080/tcp on default|81/tcp on ::1"},
		{"\"Running\":false", "", "8080/tcp on default|81/tcp on ::1"},
	};
	static const char option[] = "com.docker.network.bridge.host_binding_ipv4";
	CLEANUP(freep)
	char *networks = xasprintf(
		"[{\"Name\":\"front\",\"Driver\":\"bridge\",\"Options\":{\"%s\":\"127.0.0.1\"}},"
		"{\"Name\":\"back\",\"Driver\":\"bridge\"},{\"Name\":\"over\",\"Driver\":"
		"\"overlay\"},"
		"{\"Name\":\"bridge\",\"Driver\":\"bridge\"},{\"Name\":\"twice\",\"Driver\":"
		"\"bridge\"},"
		"{\"Name\":\"twice\",\"Driver\":\"bridge\",\"Options\":{\"%s\":\"::1\"}}]",
		option, option);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *inspect =
			xasprintf("{\"Id\":\"" A
				  "\",\"State\":{%s},\"HostConfig\":{\"PortBindings\":{\"80/tcp\":"
				  "[{\"HostPort\":\"8080\"}],\"81/"
				  "tcp\":[{\"HostIp\":\"::1\",\"HostPort\":\"81\"}]}"
				  "},\"NetworkSettings\":{\"Networks\":{%s}}}",
				  rows[i].state, rows[i].networks);
		const struct stub_reply replies[] = {
			{"/containers/json", 200, "[{\"Id\":\"" A "\"}]", 0},
			{"/containers/" A "/json", 200, inspect, 0},
			{"/networks", 200, networks, 0},
			{0}};
		CLEANUP(facts_clear) struct facts facts = {0};
		CLEANUP(freep) char *have = NULL;
		struct stub_server server = stub_start(*state, replies);
		CLEANUP(root_close) struct root root = {.fd = -1};
		struct gather g = {.facts = &facts, .root = &root};

		assert_int_equal(root_open(&root, "/", NULL), 0);
		assert_int_equal(engine_api_open(&g.api, server.socket, NULL), 0);
		gather_containers(&g);
		engine_api_free(g.api);
		stub_stop(&server);
		have = strv_join(&facts.docker.containers.seen[0].ports, "|");
		assert_string_equal(have, rows[i].want);
	}
}

/* One request that fails is enough: what is looked for in the list is not known of that one. */
static void test_one_that_is_not_told_holds_a_restart(void **state)
{
	CLEANUP(objections_clear) struct objections found = {0};
	struct deed deed = {.handlers = HANDLER_BIT(HANDLER_DOCKER_RESTART)};
	struct scene s = {0};

	open_scene(&s, *state, 0);
	s.facts.docker.running = true;
	settings_put(&s.facts.docker.now, "live-restore", "true", SOURCE_API, NULL);
	objections_find(&s.facts, &deed, &found);
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0].kind, "unseen");
	assert_non_null(strstr(found.items[0].text, "nothing of 1 of its 3 containers"));
	assert_non_null(strstr(found.items[0].text, D));
	close_scene(&s);
}

/* Of one that runs the kernel's word counts, of the other what it was asked for. */
static void test_process(void **state)
{
	CLEANUP(freep) char *host = NULL;
	struct scene s = {0};
	const struct container *a, *b;

	open_scene(&s, *state, FACTS_CONTAINERS);
	a = &s.facts.docker.containers.seen[0];
	b = &s.facts.docker.containers.seen[2];
	assert_null(a->unread);
	assert_int_equal(a->uid, geteuid());
	assert_int_equal(a->inside_uid, geteuid());
	assert_int_equal(a->no_new_privileges, 1);
	assert_int_equal(a->seccomp, 0);
	assert_true(a->caps >= 0);
	assert_true(a->memory != 1); /* its group says otherwise, or nothing */
	assert_int_equal(b->uid, -1);
	assert_int_equal(b->memory, 4096);
	if (proc_link("/proc/1/ns/uts", &host, NULL) == 0) /* not everybody may look there */
		assert_true(a->host_network >= 0 && a->host_uts >= 0);
	close_scene(&s);
}

/* The files of one controller, by version. */
struct limit {
	const char *controller;
	const char *file[2], *value[2];
};

static const struct limit limits[] = {
	{"memory", {"memory.limit_in_bytes", "memory.max"}, {"67108864", "67108864"}},
	{"pids", {"pids.max", "pids.max"}, {"77", "77"}},
	{"cpu", {"cpu.cfs_quota_us", "cpu.max"}, {"50000", "50000 100000"}},
};

static bool put_text(const char *directory, const char *file, const char *text)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", directory, file);
	CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Where the machine has the controller: its directory, and the version. */
static char *find_controller(const struct mount_table *t, const char *name, int *ret_version)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct mount_entry *e = &t->items[i];
		bool old =
			strcmp(e->type, "cgroup") == 0 && mount_has_option(e->super_options, name);
		CLEANUP(freep) char *list = xasprintf("%s/cgroup.subtree_control", e->point);
		CLEANUP(buf_clear) struct buf text = {0};
		bool new = strcmp(e->type, "cgroup2") == 0 && proc_read(list, &text, NULL) == 0 &&
			   strstr(buf_str(&text), name);

		*ret_version = old ? 1 : 2;
		if (old || new)
			return xasprintf("%s/harden-test-%d", e->point, (int)getpid());
	}
	return NULL;
}

/* The limit is on the group above; the process is in one below that has none of its own. */
static bool limit_child(const struct mount_table *t, const struct limit *l, pid_t pid,
			struct strv *made)
{
	CLEANUP(freep) char *number = xasprintf("%d", (int)pid), *below = NULL, *above = NULL;
	int version;

	above = find_controller(t, l->controller, &version);
	if (!above)
		return false;
	below = xasprintf("%s/below", above);
	if (mkdir(above, 0755) == 0)
		strv_add(made, above);
	if (version == 2)
		put_text(above, "cgroup.subtree_control", "+memory +pids +cpu");
	if (mkdir(below, 0755) == 0)
		strv_add(made, below);
	return put_text(above, l->file[version - 1], l->value[version - 1]) &&
	       put_text(below, "cgroup.procs", number);
}

/* What is in force, though the container asked for nothing. */
static void test_limits(void **state)
{
	CLEANUP(mount_table_clear) struct mount_table t = {0};
	CLEANUP(strv_clear) struct strv made = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *cpu = NULL;
	bool limited[ARRAY_SIZE(limits)];
	const struct container *c;
	int64_t memory, pids;
	struct scene s = {0};

	open_scene(&s, *state, 0); /* for its child and server */
	assert_int_equal(proc_read("/proc/self/mountinfo", &text, NULL), 0);
	mount_table_parse(&t, buf_str(&text));
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		limited[i] = geteuid() == 0 && limit_child(&t, &limits[i], s.child, &made);
	facts_clear(&s.facts);
	s.facts.parts = FACTS_CONTAINERS;
	gather_containers(&s.g);
	c = &s.facts.docker.containers.seen[0];
	memory = c->memory;
	pids = c->pids;
	cpu = xstrdup_null(c->cpu);
	close_scene(&s);
	for (size_t i = made.count; i > 0; i--) /* before anything can fail */
		rmdir(made.items[i - 1]);
	print_message("# limits tried: %d%d%d\n", limited[0], limited[1], limited[2]);
	assert_true(!limited[0] || memory == 67108864);
	assert_true(!limited[1] || pids == 77);
	assert_true(!limited[2] || strcmp_null(cpu, "quota 0.50") == 0);
}

/* The volume of one that does not run is looked through, too. */
static void test_mounts(void **state)
{
	struct scene s = {0};
	const struct container_mount *m;

	if (geteuid() != 0)
		SKIP_BECAUSE("not root");
	open_scene(&s, *state, FACTS_CONTAINERS);
	m = &s.facts.docker.containers.seen[0].mounts[0];
	assert_true(strv_contains(&m->places, "/etc"));
	m = &s.facts.docker.containers.seen[2].mounts[0];
	assert_string_equal(m->source, "/etc");
	assert_true(strv_contains(&m->places, "/etc"));
	assert_int_equal(m->sockets.count, 0);
	close_scene(&s);
}

/* Nobody asked: processes are not looked at; sessions are, which a restart of dockerd cuts off. */
static void test_only_what_is_asked_for(void **state)
{
	struct scene s = {0};

	open_scene(&s, *state, 0);
	assert_int_equal(s.facts.docker.containers.nseen, 3);
	assert_int_equal(s.facts.docker.containers.seen[0].caps, -1);
	assert_int_equal(s.facts.docker.containers.seen[0].nexecs, 1);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_list),
		TEMP_DIRECTORY_TEST(test_half_answers),
		TEMP_DIRECTORY_TEST(test_addresses_of_networks),
		TEMP_DIRECTORY_TEST(test_one_that_is_not_told_holds_a_restart),
		TEMP_DIRECTORY_TEST(test_process),
		TEMP_DIRECTORY_TEST(test_limits),
		TEMP_DIRECTORY_TEST(test_mounts),
		TEMP_DIRECTORY_TEST(test_only_what_is_asked_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
