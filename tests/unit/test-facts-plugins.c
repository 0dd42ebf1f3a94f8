#include "tests/unit/temp-directory.h"

#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/network-info.h"

/* Plugins that dockerd's start would ask: by a dockerd, a /proc and socket files that are played. */

#define VOLUME(name, driver) "{\"Name\":\"" name "\",\"Driver\":\"" driver "\"}"
#define NFSX VOLUME("d2", "nfsx")
#define TITLES "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define LISTENER(path) TITLES "ffff: 00000002 00000000 00010000 0001 01 77 " path "\n"
#define ACCEPTED(path) TITLES "ffff: 00000003 00000000 00000000 0001 03 77 " path "\n"
#define SOCKET "/run/docker/plugins/nfsx.sock"

static const struct row {
	const char *name;
	const char *volumes, *network, *log,
		*managed; /* NULL: none; the last: dockerd does not tell */
	const char *file, *content; /* that is there */
	const char *table, *inside; /* unix sockets of dockerd's network, of the container's */
	const char *behind; /* the name of the plugin's file by which its own process finds it */
	const char *lost; /* why who listens goes, too */
	const char *hold; /* NULL: none */
} rows[] = {
	{"Docker's own", VOLUME("v", "local"), "bridge", "json-file"},
	{"its own others", NULL, "overlay", "none"},
	{"a plugin that listens", NFSX, .file = SOCKET, .table = LISTENER(SOCKET)},
	{"... by the other name of /run", NFSX, .file = SOCKET, .table = LISTENER("/var" SOCKET)},
	{"... in a container", NFSX, .file = SOCKET, .table = TITLES, .inside = LISTENER(SOCKET),
	 .behind = SOCKET},
	{"... by the container's own name", NFSX, .file = SOCKET, .table = TITLES,
	 .inside = LISTENER("/p/n.sock"), .behind = "/p/n.sock"},
	{"... by another, which is another file", NFSX, .file = SOCKET, .table = TITLES,
	 .inside = LISTENER("/p/n.sock"), .hold = "may not answer then"},
	{"... by the same, which is another file there", NFSX, .file = SOCKET, .table = TITLES,
	 .inside = LISTENER(SOCKET), .behind = "/p/n.sock", .hold = "may not answer then"},
	{"... and one that has it no more", NFSX, .file = SOCKET, .table = TITLES,
	 .inside = ACCEPTED("/p/n.sock"), .behind = "/p/n.sock", .hold = "may not answer then"},
	{"... which a name of the kernel's own is not", NFSX, .file = SOCKET, .table = TITLES,
	 .inside = LISTENER("@/p/n.sock"), .behind = "@/p/n.sock", .hold = "may not answer then"},
	{"where a link leads to", NFSX, .file = SOCKET, .table = LISTENER("/srv/n.sock"),
	 .behind = "/srv/n.sock"},
	{"where a link leads to, dead", NFSX, .file = SOCKET, .table = TITLES,
	 .behind = "/srv/n.sock", .hold = "may not answer then"},
	{"one that died and left its socket", NFSX, .file = SOCKET, .table = TITLES,
	 .hold = "volume d2 is of plugin nfsx, which may not answer then (no process was found "
		 "that listens on "
		 "'" SOCKET "'): dockerd's start waits 15 s and more for it"},
	{"an end that was accepted is no listener", NFSX, .file = SOCKET, .table = ACCEPTED(SOCKET),
	 .hold = "may not answer then"},
	{"the table cannot be read", NFSX, .file = SOCKET, .hold = "may not answer then"},
	{"several volumes", VOLUME("d3", "nfsx") "," NFSX "," VOLUME("v", "local"), .file = SOCKET,
	 .table = TITLES, .hold = "volumes d2, d3 are of plugin nfsx"},
	{"of a network", NULL, "weave", .table = TITLES,
	 .hold = "network n is of plugin weave, which is not there (no socket"},
	{"of logs", NULL, NULL, "loki", .table = TITLES,
	 .hold = "the logs of container web are of plugin loki, which is not there"},
	{"it goes down with dockerd", NFSX, .file = SOCKET, .table = LISTENER(SOCKET),
	 .lost = "volp.service has, and that goes down with dockerd",
	 .hold = "may not answer then ('" SOCKET "' is a socket that volp.service has"},
	{"in a directory of its own", NFSX, .file = "/run/docker/plugins/nfsx/nfsx.sock",
	 .table = LISTENER("/run/docker/plugins/nfsx/nfsx.sock")},
	{"by a spec", NFSX, .file = "/etc/docker/plugins/nfsx.spec",
	 .content = "unix:///srv/n.sock\n", .table = LISTENER("/srv/n.sock")},
	{"by a spec, dead", NFSX, .file = "/usr/lib/docker/plugins/nfsx.spec",
	 .content = "unix:///srv/n.sock\n", .table = TITLES,
	 .hold = "no process was found that listens on '/srv/n.sock'"},
	{"by a json, dead", NFSX, .file = "/etc/docker/plugins/nfsx.json",
	 .content = "{\"Name\":\"nfsx\",\"Addr\":\"unix:///srv/n.sock\"}", .table = TITLES,
	 .hold = "no process was found that listens on '/srv/n.sock'"},
	{"elsewhere", NFSX, .file = "/etc/docker/plugins/nfsx.spec", .content = "tcp://10.0.0.9:70",
	 .hold = "is at tcp://10.0.0.9:70: whether it answers is not known"},
	{"managed", VOLUME("d2", "a/sshfs:latest"),
	 .managed = "[{\"Name\":\"a/sshfs:latest\",\"Enabled\":true}]"},
	{"managed, without the tag", NULL, NULL, "loki",
	 .managed = "[{\"Name\":\"loki:latest\",\"Enabled\":true}]"},
	{"managed, and disabled", VOLUME("d2", "a/sshfs:latest"),
	 .managed = "[{\"Name\":\"a/sshfs:latest\",\"Enabled\":false}]",
	 .hold = "volume d2 is of plugin a/sshfs:latest, which is disabled"},
	{"managed, and gone", VOLUME("d2", "a/sshfs:latest"), .managed = "[]",
	 .hold = "which is not there (docker plugin ls)"},
};

static const struct row *played;

int __wrap_engine_api_get(struct engine_api *a, const char *path, struct buf *ret,
			  struct error *err);
int __wrap_proc_read(const char *path, struct buf *ret, struct error *err);
char *__wrap_holders_lost(struct gather *g, const struct containers *all,
			  const struct strv *inodes);
int __wrap_proc_stat_inside(pid_t pid, const char *path, struct stat *ret, struct error *err);
int __wrap_sockets_of(const struct gather *g, pid_t pid, struct strv *ret, struct error *err);

int __wrap_engine_api_get(struct engine_api *a, const char *path, struct buf *ret,
			  struct error *err)
{
	assert_string_equal(path, "/plugins"); /* volumes were asked for before */
	if (!played->managed)
		return error_set(err, -EIO, "no answer");
	buf_puts(ret, played->managed);
	return 0;
}

int __wrap_proc_read(const char *path, struct buf *ret, struct error *err)
{
	const char *table = strcmp(path, "/proc/7/net/unix") == 0   ? played->table
			    : strcmp(path, "/proc/8/net/unix") == 0 ? played->inside
								    : NULL;

	if (!table)
		return error_set(err, -ENOENT, "not there");
	buf_puts(ret, table);
	return 0;
}

/* dockerd (7) finds the file by its path, who listens by another; all else is another file. */
int __wrap_proc_stat_inside(pid_t pid, const char *path, struct stat *ret, struct error *err)
{
	bool is_it = (pid == 7 && played->file &&
		      (strcmp(path, SOCKET) == 0 || strcmp(path, "/var" SOCKET) == 0)) ||
		     (played->behind && strcmp(path, played->behind) == 0);

	(void)err;
	*ret = (struct stat){.st_dev = 1, .st_ino = is_it ? 5 : 6};
	return 0;
}

int __wrap_sockets_of(const struct gather *g, pid_t pid, struct strv *ret, struct error *err)
{
	(void)g;
	if (pid == 9)
		return error_set(err, -ESRCH, "ended meanwhile");
	strv_add(ret, "76");
	strv_add(ret, "77");
	return 0;
}

char *__wrap_holders_lost(struct gather *g, const struct containers *all, const struct strv *inodes)
{
	assert_string_equal(inodes->items[0], "77");
	return xstrdup_null(played->lost);
}

static void make_directories(const struct temp_directory *t)
{
	static const char *const all[] = {
		"run",     "run/docker",     "run/docker/plugins",    "run/docker/plugins/nfsx",
		"etc",     "etc/docker",     "etc/docker/plugins",    "usr",
		"usr/lib", "usr/lib/docker", "usr/lib/docker/plugins"};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(mkdirat(t->fd, all[i], 0755), 0);
}

static void fill(struct gather *g, struct facts *f)
{
	CLEANUP(buf_clear) struct buf volumes = {0};
	struct container *c = container_list_add(&f->docker.containers);
	struct unit_facts *u = facts_add_unit(f, "docker.service");

	u->main_pid = 7;
	u->exists = true;
	u->active = xstrdup("active");
	c->name = xstrdup("web");
	c->pid = 8;
	c->log_driver = xstrdup_null(played->log);
	containers_known(&f->docker.containers);
	g->api = (struct engine_api *)g; /* played: never looked into */
	g->bus = (struct bus *)g; /* likewise */
	buf_printf(&volumes, "{\"Volumes\":[%s]}", played->volumes ? played->volumes : "");
	plugins_take_volumes(g, &volumes);
}

static void check(const struct strv *holds, unsigned waits_s)
{
	if (holds->count != (played->hold != NULL) ||
	    (played->hold && !strstr(holds->items[0], played->hold)) ||
	    waits_s != (played->hold ? 15 : 0))
		fail_msg("%s: %s", played->name, holds->count ? holds->items[0] : "no hold");
}

static void test_plugins(void **state)
{
	const struct temp_directory *t = *state;

	make_directories(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct process host[] = {{.pid = 9}, {.pid = 7}}, inside = {.pid = 8};
		struct gather g = {.facts = &f,
				   .root = &t->root,
				   .processes = {.items = host, .count = 2},
				   .contained = {.items = &inside, .count = 1}};
		struct network n = {.name = (char *)(uintptr_t) "n",
				    .driver = (char *)(uintptr_t)rows[i].network};
		struct networks networks = {&n, rows[i].network ? 1 : 0};

		played = &rows[i];
		if (played->file)
			temp_directory_write(t, played->file + 1,
					     played->content ? played->content : "");
		fill(&g, &f);
		plugins_take_networks(&g, &networks);
		assert_int_equal(f.docker.restart_brings.count,
				 0); /* who goes down is not known yet */
		gather_plugins(&g);
		check(&f.docker.restart_brings, f.docker.start_waits_s);
		plugin_things_clear(&g.plugin_volumes);
		plugin_things_clear(&g.plugin_networks);
		socket_files_clear(&g.socket_files);
		if (played->file)
			assert_int_equal(unlinkat(t->fd, played->file + 1, 0), 0);
	}
}

/* What waits in the config file and is known to be nowhere is no matter of consent; what may not answer is said. */
static void test_waiting(void **state)
{
	static const struct {
		struct row host;
		const char *key, *value; /* JSON */
		enum waiting_harm harm;
		const char *words; /* behind what it brings; NULL: nothing */
	} waits[] = {
		{{"nowhere", .managed = "[]"},
		 "authorization-plugins",
		 "[\"opa\"]",
		 WAITING_NO_DOCKERD,
		 "plugin 'opa' is not there (no socket of it in /run/docker/plugins, and no .spec "
		 "or .json in /etc/docker/plugins): without it dockerd gives up"},
		{{"one of two", .managed = "[{\"Name\":\"a/b:latest\",\"Enabled\":true}]"},
		 "authorization-plugins",
		 "[\"a/b\",\"opa\"]",
		 WAITING_NO_DOCKERD,
		 "plugin 'opa'"},
		{{"disabled", .managed = "[{\"Name\":\"opa:latest\",\"Enabled\":false}]"},
		 "authorization-plugins",
		 "[\"opa\"]",
		 WAITING_NO_DOCKERD,
		 "is disabled"},
		{{"managed", .managed = "[{\"Name\":\"opa:latest\",\"Enabled\":true}]"},
		 "authorization-plugins",
		 "[\"opa\"]",
		 WAITING_HARMLESS,
		 NULL},
		{{"dockerd does not tell of those it keeps"},
		 "authorization-plugins",
		 "[\"opa\"]",
		 WAITING_HARMLESS,
		 "plugin 'opa' is not there"},
		{{"a socket that somebody left", .managed = "[]", .file = SOCKET, .table = TITLES},
		 "authorization-plugins",
		 "[\"nfsx\"]",
		 WAITING_HARMLESS,
		 "may not answer then"},
		{{"one that listens", .managed = "[]", .file = SOCKET, .table = LISTENER(SOCKET)},
		 "authorization-plugins",
		 "[\"nfsx\"]",
		 WAITING_HARMLESS,
		 NULL},
		{{"no such log driver", .managed = "[]"},
		 "log-driver",
		 "\"loki\"",
		 WAITING_NO_CONTAINERS,
		 "plugin 'loki' is not there"},
		{{"Docker's own", .managed = "[]"},
		 "log-driver",
		 "\"syslog\"",
		 WAITING_HARMLESS,
		 NULL},
		{{"built in elsewhere", .managed = "[]"},
		 "log-driver",
		 "\"built-in\"",
		 WAITING_HARMLESS,
		 NULL},
		{{"another key", .managed = "[]"}, "labels", "[\"opa\"]", WAITING_HARMLESS, NULL},
		{{"none any more", .managed = "[]"},
		 "authorization-plugins",
		 NULL,
		 WAITING_HARMLESS,
		 NULL},
	};
	const struct temp_directory *t = *state;

	make_directories(t);
	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct process host = {.pid = 7};
		struct gather g = {
			.facts = &f, .root = &t->root, .processes = {.items = &host, .count = 1}};
		struct waiting_key *w = facts_add_waiting(&f);
		const char *behind;

		played = &waits[i].host;
		if (played->file)
			temp_directory_write(t, played->file + 1, "");
		w->key = xstrdup(waits[i].key);
		w->brings = xstrdup("it would");
		strv_add(&f.docker.log_drivers, "built-in");
		if (waits[i].value)
			settings_put(&f.docker.next, w->key, waits[i].value, SOURCE_FILE, NULL);
		fill(&g, &f);
		gather_plugins(&g);
		behind = w->brings + strlen("it would");
		if (w->harm != waits[i].harm || !*behind != !waits[i].words ||
		    (waits[i].words && !strstr(behind, waits[i].words)))
			fail_msg("%s: %d, %s", played->name, (int)w->harm, w->brings);
		socket_files_clear(&g.socket_files);
		plugin_things_clear(&g.plugin_volumes);
		if (played->file)
			assert_int_equal(unlinkat(t->fd, played->file + 1, 0), 0);
	}
}

/* All that dockerd keeps itself; what it does not tell is not none. */
static void test_count(void **state)
{
	static const struct {
		const char *answer;
		int n; /* -1: not known */
		const char *enabled;
	} answers[] = {
		{"[]", 0, ""},
		{"[{\"Name\":\"v:latest\",\"Enabled\":true},{\"Name\":\"log\",\"Enabled\":false},"
		 "{\"Name\":\"net\",\"Enabled\":true}]",
		 3, "net v:latest"},
		{"[{\"Id\":\"12\"}]", 1, "12"},
		{NULL, -1, ""},
		{"", -1, ""},
		{"{\"message\":\"no\"}", -1, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		const struct row row = {.managed = answers[i].answer};
		CLEANUP(facts_clear) struct facts f = {0};
		CLEANUP(freep) char *enabled = NULL;
		struct gather g = {.facts = &f};
		size_t n;

		played = &row;
		plugins_count(&g);
		enabled = strv_join(&f.docker.enabled_plugins, " ");
		assert_int_equal(count_get(&f.docker.plugins, &n) ? (int)n : -1, answers[i].n);
		assert_int_equal(count_why(&f.docker.plugins) != NULL, answers[i].n < 0);
		assert_string_equal(enabled, answers[i].enabled);
	}
}

static const char *running; /* the ids of plugins with a process; NULL: they cannot be asked */

int __wrap_shims_find_plugins(struct strv *ret_ids, struct error *err);

int __wrap_shims_find_plugins(struct strv *ret_ids, struct error *err)
{
	if (!running)
		return -EACCES;
	strv_split(ret_ids, running, " ");
	return 0;
}

/* Beside a dockerd that is stopped: one that runs on is not one that its next start would start. */
static void test_beside_stopped(void **state)
{
	static const struct {
		const char *content, *running;
		const char *runs, *unstarted;
	} disks[] = {
		{"{\"plugin\":{\"Name\":\"v:latest\",\"Enabled\":true}}", "", "", "v:latest"},
		{"{\"plugin\":{\"Name\":\"v:latest\",\"Enabled\":true}}", "x id", "v:latest", ""},
		{"{\"plugin\":{\"Name\":\"v:latest\",\"Enabled\":false}}", "", "", ""},
		{"{\"plugin\":{\"Name\":\"v:latest\",\"Enabled\":false}}", "id", "v:latest", ""},
		{"{\"plugin\":{\"Name\":\"v:latest\",\"Enabled\":true}}", NULL, "v:latest", ""},
		{"{}", "", "", "id"},
		{"", "", "", "id"},
		{"[", "id", "id", ""},
	};
	const struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "id", 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		struct gather g = {.facts = &f, .root = &t->root};
		CLEANUP(freep) char *runs = NULL, *unstarted = NULL;

		running = disks[i].running;
		temp_directory_write(t, "id/config.json", disks[i].content);
		plugins_read_disk(&g, "", "id");
		runs = strv_join(&f.docker.enabled_plugins, " ");
		unstarted = strv_join(&f.docker.unstarted_plugins, " ");
		if (strcmp(runs, disks[i].runs) != 0 || strcmp(unstarted, disks[i].unstarted) != 0)
			fail_msg("row %zu: runs '%s', unstarted '%s'", i, runs, unstarted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_plugins),
		TEMP_DIRECTORY_TEST(test_waiting),
		TEMP_DIRECTORY_TEST(test_beside_stopped),
		cmocka_unit_test(test_count),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
