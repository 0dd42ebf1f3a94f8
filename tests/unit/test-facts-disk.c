#include "tests/unit/temp-directory.h"

#include "engine/facts/gather.h"

/*
 * What the data root tells where no daemon can be asked: of an image (--root), which is looked at
 * like a host whose dockerd is stopped. "PATH" is a directory, "PATH=TEXT" a file,
 * "PATH>TARGET" a link; -1: not known.
 */

#define STORE "var/lib/containerd/io.containerd.content.v1.content/blobs/sha256"
#define WEB "var/lib/docker/containers/1111"
#define PLUGIN "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_PLUGIN "1111111111111111111111111111111111111111111111111111111111111111"
#define IMAGES "var/lib/docker/image/overlay2/imagedb/content/sha256"
#define CONFIG(name) "{\"ID\":\"1111\",\"Name\":\"/" name "\",\"Config\":{}}"

static const struct row {
	const char *name;
	const char *entries[5];
	int containers, images, volumes;
	const char *why; /* of containers; NULL: they are known */
	const char *swarm; /* NULL: inactive; "?": not known */
	int plugins; /* not asked where volumes are not known */
	const char *enabled; /* plugins that the next start would start; NULL: none */
} rows[] = {
	{"nothing was ever there", {NULL}, 0, 0, 0, NULL},
	{"an empty data root",
	 {"var/lib/docker/containers", IMAGES,
	  "var/lib/docker/volumes/metadata.db=", "var/lib/docker/volumes/backingFsBlockDev="},
	 0,
	 0,
	 0,
	 NULL},
	{"images and a volume",
	 {IMAGES "/a=", IMAGES "/b=", "var/lib/docker/volumes/v1"},
	 0,
	 2,
	 1,
	 NULL},
	{"plugins, and what dockerd keeps beside them",
	 {"var/lib/docker/plugins/" PLUGIN, "var/lib/docker/plugins/storage",
	  "var/lib/docker/plugins/tmp", "var/lib/docker/plugins/" PLUGIN "-removing",
	  "var/lib/docker/100000.100000/plugins/" PLUGIN},
	 0,
	 0,
	 0,
	 NULL,
	 .plugins = 2,
	 .enabled = PLUGIN},
	{"a plugin that is enabled, and one that is not",
	 {"var/lib/docker/plugins/" PLUGIN
	  "/config.json={\"plugin\":{\"Name\":\"nfs:latest\",\"Enabled\":true}}",
	  "var/lib/docker/plugins/" OTHER_PLUGIN
	  "/config.json={\"plugin\":{\"Name\":\"log:1\",\"Enabled\":false}}"},
	 0,
	 0,
	 0,
	 NULL,
	 .plugins = 2,
	 .enabled = "nfs:latest"},
	{"plugins that do not say whether they are",
	 {"var/lib/docker/plugins/" PLUGIN "/config.json={",
	  "var/lib/docker/plugins/" OTHER_PLUGIN "/config.json={\"plugin\":{\"Name\":\"log:1\"}}"},
	 0,
	 0,
	 0,
	 NULL,
	 .plugins = 2,
	 .enabled = PLUGIN " log:1"},
	{"a container",
	 {WEB "/config.v2.json=" CONFIG("web"), WEB "/hostconfig.json={}"},
	 -1,
	 0,
	 0,
	 "containers cannot be seen in an image, where no dockerd runs, 1 is in "
	 "/var/lib/docker/containers: web"},
	{"a container that cannot be read",
	 {WEB "/config.v2.json={"},
	 -1,
	 0,
	 0,
	 "1 is in /var/lib/docker/containers: 1111"},
	{"below the root of remapped users",
	 {"var/lib/docker/100000.100000/containers/2", "var/lib/docker/1000.x/containers/3",
	  "var/lib/docker/100000.100000/volumes/v"},
	 -1,
	 0,
	 1,
	 "1 is in /var/lib/docker/100000.100000/containers: 2"},
	{"another data root",
	 {"etc/docker/daemon.json={\"data-root\":\"/srv/d\"}", "srv/d/containers/4",
	  "srv/d/volumes/v"},
	 -1,
	 0,
	 1,
	 "1 is in /srv/d/containers: 4"},
	{"a config file that may name another data root",
	 {"etc/docker/daemon.json={\"data-ro", "var/lib/docker/containers"},
	 -1,
	 -1,
	 -1,
	 "containers cannot be seen",
	 "?"},
	{"a swarm that remapped users are in",
	 {"var/lib/docker/100000.100000/swarm/docker-state.json={}"},
	 0,
	 0,
	 0,
	 NULL,
	 "active"},
	{"what may be images in containerd's store", {STORE "/a="}, 0, -1, 0, NULL},
	{"an empty data root, as a place for another file system",
	 {"var/lib/docker"},
	 -1,
	 -1,
	 -1,
	 "is empty",
	 "?"},
	{"a new file system", {"var/lib/docker/lost+found"}, 0, 0, 0, NULL},
	{"none, where dockerd ran",
	 {"etc/docker/key.json={}"},
	 -1,
	 -1,
	 -1,
	 "dockerd ran here",
	 "?"},
	{"none where containerd keeps things for dockerd",
	 {"var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db=v1 moby images"},
	 -1,
	 -1,
	 -1,
	 "containerd keeps things of dockerd",
	 "?"},
	{"none where containerd keeps things for others",
	 {"var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db=v1 k8s.io images"},
	 0,
	 0,
	 0,
	 NULL},
	{"a chosen place that is not there, below a disk that is mounted by hand",
	 {"etc/docker/daemon.json={\"data-root\":\"/srv/crypt/docker\"}", "srv/crypt"},
	 -1,
	 -1,
	 -1,
	 "which somebody chose as the data root, is not there",
	 "?"},
	{"a link to nothing",
	 {"var/lib/docker>/srv/d"},
	 -1,
	 -1,
	 -1,
	 "link to what is not there",
	 "?"},
	{"its file system is not mounted",
	 {"etc/fstab=# /x /var ext4\nLABEL=d\t/var/lib/docker ext4 defaults 0 2\n",
	  "var/lib/docker/lost+found"},
	 -1,
	 -1,
	 -1,
	 "'/var/lib/docker' has a file system of its own",
	 "?"},
	{"that of a directory above",
	 {"etc/fstab=tmpfs /tmp tmpfs\n/dev/vdb /var xfs\n", "var/lib/docker/buildkit"},
	 -1,
	 -1,
	 -1,
	 "'/var' has a file system of its own",
	 "?"},
	{"by another name, which has a blank",
	 {"etc/fstab=/dev/vdb /srv/my\\040disk xfs\n", "srv/my disk/d/buildkit",
	  "var/lib/docker>/srv/my disk/d"},
	 -1,
	 -1,
	 -1,
	 "'/srv/my disk' has a file system of its own",
	 "?"},
	{"by a mount unit",
	 {"etc/systemd/system/var-lib-docker.mount=[Mount]", "var/lib/docker/buildkit"},
	 -1,
	 -1,
	 -1,
	 "is not mounted now",
	 "?"},
	{"by a mount unit with an escape",
	 {"etc/docker/daemon.json={\"data-root\":\"/srv/my-d\"}",
	  "usr/lib/systemd/system/srv-my\\x2dd.mount=[Mount]", "srv/my-d/buildkit"},
	 -1,
	 -1,
	 -1,
	 "'/srv/my-d' has a file system of its own",
	 "?"},
	{"a mount unit that is masked",
	 {"etc/systemd/system/var-lib-docker.mount>/dev/null", "dev/null",
	  "usr/lib/systemd/system/var-lib-docker.mount=[Mount]", "var/lib/docker/buildkit"},
	 0,
	 0,
	 0,
	 NULL},
	{"fstab is about others",
	 {"etc/fstab=/dev/vda / ext4\nx none swap\n/dev/vdb /var/lib/dock xfs\n/dev/vdc "
	  "/var/lib/docker/volumes xfs\n",
	  "var/lib/docker/buildkit"},
	 0,
	 0,
	 0,
	 NULL},
	{"a data root that is not a directory", {"var/lib/docker="}, -1, -1, -1, "cannot", "?"},
};

static void make(const struct temp_directory *t, const char *entry)
{
	size_t n = strcspn(entry, "=>");
	CLEANUP(freep) char *path = xstrndup(entry, n);
	const char *text = entry[n] == '=' ? entry + n : NULL;

	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdirat(t->fd, path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	if (text)
		temp_directory_write(t, path, text + 1);
	else if (entry[n] == '>')
		assert_int_equal(symlinkat(entry + n + 1, t->fd, path), 0);
	else
		assert_int_equal(mkdirat(t->fd, path, 0755), 0);
}

static int number(const struct count *c)
{
	size_t n;

	return count_get(c, &n) ? (int)n : -1;
}

static void check(const struct row *row, const struct facts *f)
{
	struct containers all;
	int containers = containers_get(&f->docker.containers, &all) ? (int)all.count : -1;
	const char *why = containers_why(&f->docker.containers);
	CLEANUP(freep) char *enabled = strv_join(&f->docker.unstarted_plugins, " ");

	if (containers != row->containers || number(&f->docker.images) != row->images ||
	    number(&f->docker.volumes) != row->volumes)
		fail_msg("%s: %d containers, %d images, %d volumes", row->name, containers,
			 number(&f->docker.images), number(&f->docker.volumes));
	if (number(&f->docker.plugins) != (row->volumes < 0 ? -1 : row->plugins))
		fail_msg("%s: %d plugins", row->name, number(&f->docker.plugins));
	if (strcmp(enabled, row->enabled ? row->enabled : "") != 0 ||
	    f->docker.enabled_plugins.count > 0)
		fail_msg("%s: enabled are '%s'", row->name, enabled);
	if (!why != !row->why || (why && !strstr(why, row->why)))
		fail_msg("%s: %s", row->name, why ? why : "known");
}

static void check_swarm(const struct row *row, const struct facts *f)
{
	const char *want = row->swarm ? row->swarm : "inactive";
	const char *have = f->docker.swarm ? f->docker.swarm : "?";

	if (strcmp(want, have) != 0)
		fail_msg("%s: swarm %s", row->name, have);
}

static void test_row(const struct row *row)
{
	struct temp_directory *t = NULL;
	void *state = NULL;
	struct facts f = {0};

	assert_int_equal(temp_directory_setup(&state), 0);
	t = state;
	for (size_t i = 0; i < ARRAY_SIZE(row->entries) && row->entries[i]; i++)
		make(t, row->entries[i]);
	assert_int_equal(facts_gather(&f, &t->root, NULL, 0, NULL), 0);
	check(row, &f);
	check_swarm(row, &f);
	facts_clear(&f);
	temp_directory_teardown(&state);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		test_row(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
