#include "tests/test.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "tests/unit/temp-directory.h"

#define SYSLOG(address) "syslog", "{\"syslog-address\":\"" address "\"}"

/* The host has 127.0.0.1 and 10.0.0.2; logserver publishes 5514, something else listens on 6514. */
static const struct {
	const char *driver, *options;
	const char *doubt; /* NULL: none */
} rows[] = {
	{"json-file", NULL, NULL},
	{"", NULL, NULL},
	{NULL, NULL, NULL},
	{SYSLOG("tcp://127.0.0.1:5514"), "which container logserver publishes"},
	{SYSLOG("tcp://10.0.0.2:5514"), "which container logserver publishes"},
	{SYSLOG("tcp://127.0.0.1:6514"), NULL},
	{SYSLOG("tcp+tls://localhost:6514"), NULL},
	{SYSLOG("tcp://127.0.0.1:7514"), "where nobody listens now"},
	{SYSLOG("tcp://192.0.2.1:6514"), "of which nobody knows whether it answers then"},
	{SYSLOG("tcp://logs.example:5514"), "of which nobody knows whether it answers then"},
	{SYSLOG("udp://192.0.2.1:514"), NULL},
	{SYSLOG("udp://logs.example:514"), "a name that may not be found then"},
	{SYSLOG("unix:///nowhere/at/all"), "which is not there"},
	{"awslogs", NULL, "of which nobody knows whether it answers then"},
};

/* What is played: this very process has the one socket that there is. */
static struct played {
	const char *unit; /* the process's */
	const char *groups; /* its /proc/PID/cgroup */
	const char *unix_path; /* by which it bound the socket, that is behind `file` */
	const char *file; /* as dockerd finds it */
	bool chrooted; /* it finds it so no more */
	bool accepted; /* it does not listen */
	bool datagrams;
	bool nobody; /* has it */
} played;

static ino_t inode;

int __real_proc_read(const char *path, struct buf *ret, struct error *err);
int __wrap_proc_read(const char *path, struct buf *ret, struct error *err);
char *__wrap_proc_unit(pid_t pid);
int __wrap_proc_stat_inside(pid_t pid, const char *path, struct stat *ret, struct error *err);
int __real_proc_link(const char *path, char **ret, struct error *err);
int __wrap_proc_link(const char *path, char **ret, struct error *err);

static void put_unix(struct buf *ret, const char *path)
{
	buf_puts(ret, "Num       RefCount Protocol Flags    Type St Inode Path\n");
	if (path)
		buf_printf(ret, "0000000000000000: 00000002 00000000 %s %s 01 %ju %s\n",
			   played.accepted || played.datagrams ? "00000000" : "00010000",
			   played.datagrams ? "0002" : "0001",
			   played.nobody ? (uintmax_t)1 : (uintmax_t)inode, path);
}

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err)
{
	const char *name = strrchr(path, '/');

	if (strcmp(name, "/cgroup") == 0)
		buf_puts(ret, played.groups ? played.groups : "");
	else if (strcmp(name, "/tcp") == 0)
		buf_printf(ret,
			   "   0: 0100007F:1972 00000000:0000 0A 00000000:00000000 00:00000000 "
			   "00000000     0        0 %ju 1 0000000000000000\n",
			   played.nobody ? (uintmax_t)1 : (uintmax_t)inode);
	else if (strcmp(name, "/unix") == 0)
		put_unix(ret, played.unix_path);
	else
		return __real_proc_read(path, ret, err);
	return 0;
}

char *__wrap_proc_unit(pid_t pid)
{
	return xstrdup(pid == getpid() && played.unit ? played.unit : "init.scope");
}

int __wrap_proc_stat_inside(pid_t pid, const char *path, struct stat *ret, struct error *err)
{
	bool by_dockerd = pid == 66 && played.file && strcmp(path, played.file) == 0;

	*ret = (struct stat){.st_dev = 1, .st_ino = 5};
	if (by_dockerd || (pid == getpid() && !played.chrooted && played.unix_path &&
			   strcmp(path, played.unix_path) == 0))
		return 0;
	return error_set(err, -ENOENT, "not there");
}

int __wrap_proc_link(const char *path, char **ret, struct error *err)
{
	if (strcmp(strrchr(path, '/'), "/mnt") != 0)
		return __real_proc_link(path, ret, err);
	*ret = xstrdup("mnt:[1]");
	return 0;
}

static void open_socket(int *ret)
{
	struct stat st;

	*ret = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_return_code(*ret, 0);
	assert_return_code(fstat(*ret, &st), 0);
	inode = st.st_ino;
}

#define COLL "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Whose the socket is that a log goes to, against what goes down with dockerd. */
static const struct {
	const char *name;
	struct played played;
	const char *down; /* units that go down with dockerd, parted by blanks */
	const char *coll_goes; /* with that unit the container coll does */
	bool coll_removes; /* coll has --rm */
	const char *version, *may_end;
	const char *doubt; /* NULL: none */
} owners[] = {
	{"a unit that runs on", {.unit = "logs.service"}, "other.service"},
	{"a unit that goes down",
	 {.unit = "logs.service"},
	 "other.service logs.service",
	 .doubt = "which logs.service has, and that goes down with dockerd"},
	{"a process of dockerd's", {.unit = "docker.service"}, .doubt = "dockerd's own unit has"},
	{"nobody", {.nobody = true}, .doubt = "no process could be found"},
	{"somebody's session", {.unit = "session-1.scope"}, "logs.service"},
	{"a container that live-restore keeps",
	 {.groups = "0::/system.slice/docker-" COLL ".scope\n"}},
	{"a container that goes with its unit",
	 {.groups = "0::/docker/" COLL "\n"},
	 .coll_goes = "coll.service",
	 .doubt = "which container coll has, and it goes down with coll.service"},
	{"a container that an old engine removes",
	 {.groups = "0::/docker/" COLL "\n"},
	 .coll_removes = true,
	 .version = "20.10.24",
	 .doubt = "ends what has --rm"},
	{"a container that a newer engine keeps",
	 {.groups = "0::/docker/" COLL "\n"},
	 .coll_removes = true,
	 .version = "26.1.5"},
	{"a container that nobody knows to run on",
	 {.groups = "0::/docker/" COLL "\n"},
	 .may_end = "what ExecStop= of a.service does",
	 .doubt = "which may be ended before: what ExecStop= of a.service does"},
};

static void play(struct facts *facts, size_t i)
{
	struct unit_facts *u = facts_add_unit(facts, "docker.service");
	struct container *c = container_list_add(&facts->docker.containers);

	u->main_pid = 66;
	strv_add(&facts->docker.listening.ports, "127.0.0.1 6514");
	c->id = xstrdup(COLL);
	c->name = xstrdup("coll");
	c->running = true;
	c->pid = 77;
	c->auto_remove = owners[i].coll_removes;
	c->goes_with = xstrdup_null(owners[i].coll_goes);
	containers_known(&facts->docker.containers);
	facts->docker.version = xstrdup_null(owners[i].version ? owners[i].version : "28.5.2");
	if (owners[i].down)
		strv_split(&facts->docker.goes_down, owners[i].down, " ");
	if (owners[i].may_end)
		strv_add(&facts->docker.may_end, owners[i].may_end);
	played = owners[i].played;
}

static void clear_holders(struct gather *g)
{
	holders_clear(&g->holders);
	socket_files_clear(&g->socket_files);
}

static void check_owner(size_t i, const char *driver, const char *options)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(root_close) struct root root = {.fd = -1};
	struct process self = {.pid = getpid()};
	CLEANUP(clear_holders)
	struct gather g = {
		.facts = &facts, .root = &root, .processes = {.items = &self, .count = 1}};
	CLEANUP(container_clear) struct container shop = {0};
	CLEANUP(freep) char *doubt = NULL;
	struct containers all;
	struct played how = played;
	const char *want = owners[i].doubt;

	assert_return_code(root_open(&root, "/", NULL), 0);
	play(&facts, i);
	played.unix_path = how.unix_path;
	played.file = how.file;
	played.chrooted = how.chrooted;
	if (how.file && played.nobody)
		want = "nobody knows whether anybody listens there";
	assert_true(containers_get(&facts.docker.containers, &all));
	shop.log_driver = xstrdup(driver);
	shop.log_options = xstrdup(options);
	doubt = log_doubt_of(&g, &all, &shop);
	if (!doubt != !want || (doubt && !strstr(doubt, want)))
		fail_msg("%s, %s: %s", owners[i].name, options, doubt ? doubt : "no doubt");
}

static void test_owners(void **state)
{
	struct temp_directory *directory = *state;
	CLEANUP(freep) char *path = xasprintf("%s/f.sock", directory->path), *options = NULL;
	FILE *file = fopen(path, "we");
	int fd;

	open_socket(&fd);
	assert_non_null(file);
	fclose(file);
	options = xasprintf("{\"fluentd-address\":\"unix://%s\"}", path);
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		/* by the same name, by a link or as a container has it, and before a chroot */
		const struct played names[] = {{.unix_path = path, .file = path},
					       {.unix_path = "/var/f.sock", .file = path},
					       {.unix_path = path, .file = path, .chrooted = true}};

		played = (struct played){0};
		check_owner(i, SYSLOG("tcp://127.0.0.1:6514"));
		for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
			played = names[k];
			check_owner(i, "fluentd", options);
		}
	}
	close(fd);
}

static void hold_inode(struct gather *g, pid_t pid)
{
	struct holder *h =
		array_append(&g->holders.items, &g->holders.count, sizeof(*g->holders.items));

	h->pid = pid;
	strv_add(&h->inodes, "4711");
	g->holders.read = true;
}

/* A socket of systemd's is there while the unit behind it is masked, too. */
static void test_systemd_alone(void **state)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(root_close) struct root root = {.fd = -1};
	CLEANUP(clear_holders) struct gather g = {.facts = &facts, .root = &root};
	CLEANUP(strv_clear) struct strv inodes = {0};
	CLEANUP(freep) char *alone = NULL, *beside = NULL;
	struct containers all;

	assert_return_code(root_open(&root, "/", NULL), 0);
	containers_known(&facts.docker.containers);
	assert_true(containers_get(&facts.docker.containers, &all));
	played = (struct played){.unit = "logs.service"};
	strv_add(&inodes, "4711");
	hold_inode(&g, 1);
	alone = holders_lost(&g, &all, &inodes);
	assert_non_null(alone);
	assert_non_null(strstr(alone, "systemd alone has"));
	hold_inode(&g, getpid());
	beside = holders_lost(&g, &all, &inodes);
	assert_null(beside);
}

/* Who takes what comes to a socket: one that listens, or one for datagrams. */
static void test_unix_tables(void **state)
{
	static const struct {
		struct played played;
		size_t found;
	} tables[] = {
		{{.unix_path = "/run/l"}, 1},
		{{.unix_path = "/run/l", .accepted = true}, 0},
		{{.unix_path = "/run/l", .datagrams = true}, 1},
		{{0}, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		CLEANUP(strv_clear) struct strv lines = {0};
		CLEANUP(buf_clear) struct buf table = {0};
		char found[32];

		played = tables[i].played;
		put_unix(&table, played.unix_path);
		strv_split(&lines, buf_str(&table), "\n");
		assert_int_equal(lines.count > 1 && unix_line_path(lines.items[1], found) != NULL,
				 tables[i].found);
	}
}

static void test_doubts(void **state)
{
	CLEANUP(facts_clear) struct facts facts = {0};
	CLEANUP(root_close) struct root root = {.fd = -1};
	CLEANUP(clear_holders) struct gather g = {.facts = &facts, .root = &root};
	struct containers all;
	struct container *c;
	int fd;

	open_socket(&fd);
	played = (struct played){.unit = "other.service"};
	assert_return_code(root_open(&root, "/", NULL), 0);
	strv_add(&facts.docker.listening.addresses, "127.0.0.1");
	strv_add(&facts.docker.listening.addresses, "10.0.0.2");
	strv_add(&facts.docker.listening.ports, "0.0.0.0 5514"); /* docker-proxy */
	strv_add(&facts.docker.listening.ports, "127.0.0.1 6514");
	c = container_list_add(&facts.docker.containers);
	c->name = xstrdup("logserver");
	c->running = true;
	strv_add(&c->ports, "5514/tcp on 0.0.0.0");
	containers_known(&facts.docker.containers);
	assert_true(containers_get(&facts.docker.containers, &all));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(container_clear) struct container shop = {0};
		CLEANUP(freep) char *doubt = NULL;

		shop.log_driver = xstrdup_null(rows[i].driver);
		shop.log_options = xstrdup_null(rows[i].options);
		doubt = log_doubt_of(&g, &all, &shop);
		if (!doubt != !rows[i].doubt || (doubt && !strstr(doubt, rows[i].doubt)))
			fail_msg("row %zu: %s", i, doubt ? doubt : "no doubt");
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_systemd_alone),
		cmocka_unit_test(test_doubts),
		cmocka_unit_test_setup_teardown(test_owners, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test(test_unix_tables),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
