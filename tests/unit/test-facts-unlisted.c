#include "tests/unit/stub-server.h"

#include <sys/stat.h>

#include "engine/facts/parts.h"
#include "engine/host/read/proc.h"

/*
 * dockerd's list beside its data root and the processes: from a dockerd that is played, a
 * directory, and a process that is called like a shim.
 */

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define CONFIG                                                                                     \
	"config.v2.json={\"ID\":\"" B "\",\"Name\":\"/"                                            \
	"web\",\"Config\":{},\"Driver\":\"overlay2\"}"

enum shim { NO_SHIM, SHIM, SHIM_OF_USER, SHIM_OF_OTHERS, SHIM_THAT_ENDS };

/* dockerd lists A, which has files; the rows are about B. */
static const struct row {
	const char *name;
	const char *entries[4]; /* below the data root: a directory, or FILE=TEXT */
	enum shim shim;
	bool known; /* the second list has B: made meanwhile */
	bool lost; /* A has no files */
	const char *label; /* of the one that is not listed; NULL: all is as dockerd says */
	const char *why;
	int images, volumes; /* -1: not known */
} rows[] = {
	{"all as listed", {"volumes/v", "volumes/metadata.db="}, .images = 1, .volumes = 1},
	{"files and a process",
	 {"containers/" B "/" CONFIG, "containers/" B "/hostconfig.json={}"},
	 SHIM,
	 .label = "web",
	 .why = "its process runs",
	 .images = 1,
	 .volumes = 1},
	{"files alone",
	 {"containers/" B "/" CONFIG, "containers/" B "/hostconfig.json={}"},
	 .label = "web",
	 .why = "its files are in",
	 .images = 1,
	 .volumes = 1},
	{"a file that a power cut emptied",
	 {"containers/" B "/config.v2.json="},
	 .images = 1,
	 .volumes = 1},
	{"a file that is no JSON",
	 {"containers/" B "/config.v2.json={\"Driver\": \"overl"},
	 .images = 1,
	 .volumes = 1},
	{"an emptied file, and its process runs",
	 {"containers/" B "/config.v2.json="},
	 SHIM,
	 .label = B,
	 .why = "its process runs",
	 .images = 1,
	 .volumes = 1},
	{"a directory in the file's place",
	 {"containers/" B "/config.v2.json/x"},
	 .label = B,
	 .why = "its files are in",
	 .images = 1,
	 .volumes = 1},
	{"a process alone",
	 {NULL},
	 SHIM,
	 .label = B,
	 .why = "its process runs",
	 .images = 1,
	 .volumes = 1},
	{"a process that is about to end", {NULL}, SHIM_THAT_ENDS, .images = 1, .volumes = 1},
	{"another user's, of a rootless dockerd", {NULL}, SHIM_OF_USER, .images = 1, .volumes = 1},
	{"one in another namespace, of a second dockerd",
	 {NULL},
	 SHIM_OF_OTHERS,
	 .images = 1,
	 .volumes = 1},
	{"what is left of one", {"containers/" B "/checkpoints"}, .images = 1, .volumes = 1},
	{"of another storage driver",
	 {"containers/" B "/config.v2.json={\"Name\":\"/old\",\"Driver\":\"aufs\"}"},
	 .images = 1,
	 .volumes = 1},
	{"made since the list",
	 {"containers/" B "/" CONFIG, "containers/" B "/hostconfig.json={}"},
	 SHIM,
	 .known = true,
	 .images = 1,
	 .volumes = 1},
	{"one that is listed has no files",
	 {NULL},
	 .lost = true,
	 .why = "would not know container a",
	 .images = 1,
	 .volumes = 1},
	{"more images than dockerd tells of",
	 {"image/overlay2/imagedb/content/sha256/1=", "image/overlay2/imagedb/content/sha256/2=",
	  "image/aufs/imagedb/content/sha256/1="},
	 .images = -1,
	 .volumes = 1},
	{"an image that was pulled since dockerd was asked",
	 {"image/overlay2/imagedb/content/sha256/1=", "image/overlay2/imagedb/content/sha256/2="},
	 .known = true,
	 .images = 2,
	 .volumes = 1},
	{"a volume that was made since",
	 {"volumes/v", "volumes/w"},
	 .known = true,
	 .images = 1,
	 .volumes = 2},
	{"more images than dockerd tells of when asked anew",
	 {"image/overlay2/imagedb/content/sha256/1=", "image/overlay2/imagedb/content/sha256/2=",
	  "image/overlay2/imagedb/content/sha256/3="},
	 .known = true,
	 .images = -1,
	 .volumes = 1},
	{"more volumes than dockerd tells of",
	 {"volumes/v", "volumes/w", "volumes/metadata.db="},
	 .images = 1,
	 .volumes = -1},
};

struct scene {
	struct stub_server server;
	struct facts facts;
	struct root root;
	struct gather g;
	pid_t shim;
	char *data_root;
};

static void make(const struct temp_directory *t, const char *entry)
{
	CLEANUP(freep)
	char *path = xasprintf("d/%.*s", (int)strcspn(entry, "="), entry);
	const char *text = strchr(entry, '=');

	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdirat(t->fd, path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	if (text)
		temp_directory_write(t, path, text + 1);
	else
		assert_int_equal(mkdirat(t->fd, path, 0755), 0);
}

static bool is_ready(pid_t pid, enum shim kind)
{
	CLEANUP(strv_clear) struct strv args = {0};
	CLEANUP(freep) char *path = xasprintf("/proc/%d/task/%d/children", (int)pid, (int)pid);
	CLEANUP(buf_clear) struct buf children = {0};

	return proc_cmdline(pid, &args, NULL) >= 0 && args.count > 3 &&
	       strcmp(args.items[3], "-namespace") == 0 &&
	       (kind == SHIM_THAT_ENDS || proc_read(path, &children, NULL) < 0 || children.len > 0);
}

static void start_shim(struct scene *s, enum shim kind)
{
	const char *script = kind == SHIM_THAT_ENDS ? "kill -STOP $$" : "sleep 20; :";
	struct process *p;

	s->shim = kind == NO_SHIM ? 0 : fork();
	if (kind != NO_SHIM && s->shim == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/bin/sh", "containerd-shim-runc-v2", "-c", script, "-namespace",
		      kind == SHIM_OF_OTHERS ? "ci" : "moby", "-id", B, NULL);
		_exit(127);
	}
	if (kind == NO_SHIM)
		return;
	p = array_append(&s->g.processes.items, &s->g.processes.count, sizeof(*p));
	*p = (struct process){s->shim, kind == SHIM_OF_USER ? 1000 : 0, xstrdup("containerd-shim")};
	/* it is called so from its exec on */
	for (int i = 0; i < 400 && !is_ready(s->shim, kind); i++)
		usleep(5000);
}

static void open_scene(struct scene *s, const struct temp_directory *t, const struct row *row)
{
	/* asked for by its id, B is told of all the same: seen with 28.5 and a full disk */
	static const struct stub_reply known[] = {
		{"/containers/json", 200, "[{\"Id\":\"" A "\"},{\"Id\":\"" B "\"}]", 0},
		{"/info", 200, "{\"ServerVersion\":\"28.5.2\",\"Images\":2}", 0},
		{"/volumes", 200, "{\"Volumes\":[{\"Name\":\"v\"},{\"Name\":\"w\"}]}", 0},
		{0}};
	static const struct stub_reply unknown[] = {
		{"/containers/json", 200, "[{\"Id\":\"" A "\"}]", 0},
		{"/containers/" B "/json", 200, "{\"Id\":\"" B "\"}", 0},
		{0}};
	struct docker_facts *d = &s->facts.docker;
	struct container *c;

	if (!row->lost)
		make(t, "containers/" A "/config.v2.json={}");
	else
		make(t, "containers");
	for (size_t i = 0; i < ARRAY_SIZE(row->entries) && row->entries[i]; i++)
		make(t, row->entries[i]);
	s->server = stub_start(t, row->known ? known : unknown);
	s->root.fd = -1;
	assert_int_equal(root_open(&s->root, "/", NULL), 0);
	s->g = (struct gather){.facts = &s->facts, .root = &s->root};
	assert_int_equal(engine_api_open(&s->g.api, s->server.socket, NULL), 0);
	start_shim(s, row->shim);
	d->data_root = xasprintf("%s/d", t->path);
	d->driver = xstrdup("overlay2");
	c = container_list_add(&d->containers);
	c->id = xstrdup(A);
	c->name = xstrdup("a");
	containers_known(&d->containers);
	count_set(&d->images, 1);
	count_set(&d->volumes, 1);
}

static void close_scene(struct scene *s)
{
	engine_api_free(s->g.api);
	stub_stop(&s->server);
	if (s->shim) {
		kill(s->shim, SIGKILL);
		waitpid(s->shim, NULL, 0);
	}
	processes_clear(&s->g.processes);
	root_close(&s->root);
	facts_clear(&s->facts);
}

static int number(const struct count *c)
{
	size_t n;

	return count_get(c, &n) ? (int)n : -1;
}

static void check(const struct row *row, const struct docker_facts *d)
{
	const struct container *b = d->containers.nseen > 1 ? &d->containers.seen[1] : NULL;
	CLEANUP(freep) char *brings = strv_join(&d->restart_brings, "; ");
	size_t running;

	if (!b != !row->label ||
	    (b && (strcmp(container_label(b), row->label) != 0 || !b->unlisted ||
		   container_told(b) || !strstr(b->unread, row->why))))
		fail_msg("%s: %s, %s", row->name, b ? container_label(b) : "none",
			 b ? b->unread : "");
	if (b && (!strstr(brings, row->label) || containers_running(&d->containers, &running)))
		fail_msg("%s: a restart is not held: %s", row->name, brings);
	if (row->why && !row->label ? !strstr(brings, row->why)
				    : !row->label && d->restart_brings.count > 0)
		fail_msg("%s: %s", row->name, brings);
	if (number(&d->images) != row->images || number(&d->volumes) != row->volumes)
		fail_msg("%s: %d images, %d volumes", row->name, number(&d->images),
			 number(&d->volumes));
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s = {0};
		void *directory = NULL;

		assert_int_equal(temp_directory_setup(&directory), 0);
		open_scene(&s, directory, &rows[i]);
		gather_unlisted(&s.g);
		check(&rows[i], &s.facts.docker);
		close_scene(&s);
		temp_directory_teardown(&directory);
	}
}

/* A removal in the middle: its files go a moment after they were seen. */
static void test_removed_meanwhile(void **state)
{
	const struct row row = {"removed meanwhile",
				{"containers/" B "/" CONFIG, "containers/" B "/hostconfig.json={}"},
				.images = 1,
				.volumes = 1};
	struct scene s = {0};
	void *directory = NULL;
	struct temp_directory *t;
	pid_t child;

	assert_int_equal(temp_directory_setup(&directory), 0);
	t = directory;
	open_scene(&s, t, &row);
	child = fork();
	if (child == 0) {
		usleep(100 * 1000);
		_exit(unlinkat(t->fd, "d/containers/" B "/config.v2.json", 0) != 0);
	}
	gather_unlisted(&s.g);
	check(&row, &s.facts.docker);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close_scene(&s);
	temp_directory_teardown(&directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
					   cmocka_unit_test(test_removed_meanwhile)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
