#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/mount-table.h"

/* A host: /run and /home are file systems of their own, /srv/alias shows /etc, /data is bound from /home. */
static const char host[] =
	"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro\n"
	"23 22 0:5 / /proc rw,nosuid - proc proc rw\n"
	"24 22 0:24 / /run rw,nosuid shared:5 master:2 - tmpfs tmpfs rw,size=1g\n"
	"25 22 8:2 / /home ro - ext4 /dev/sda2 rw\n"
	"26 22 8:1 /etc /srv/alias rw shared:1 - ext4 /dev/sda1 rw\n"
	"27 22 8:1 /my\\040directory\\134x /mnt/a\\040b rw - ext4 /dev/sda1 ro\n"
	"28 22 8:2 /x /data rw - ext4 /dev/sda2 rw\n"
	"29 24 0:30 / /run rw - tmpfs above rw\n"
	"not a line\n"
	"30 22 8:1\n";

static int set_up(void **state)
{
	struct mount_table *t = xcalloc(1, sizeof(*t));

	mount_table_parse(t, host);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	mount_table_clear(*state);
	free(*state);
	return 0;
}

static void test_parse(void **state)
{
	const struct mount_table *t = *state;

	assert_int_equal(t->count, 8);
	assert_string_equal(t->items[5].root, "/my directory\\x");
	assert_string_equal(t->items[5].point, "/mnt/a b");
	assert_true(t->items[0].shared && t->items[2].shared && !t->items[1].shared);
	assert_true(mount_is_read_only(&t->items[3])); /* the mount */
	assert_true(mount_is_read_only(&t->items[5])); /* the file system */
	assert_false(mount_is_read_only(&t->items[0])); /* errors=remount-ro is no ro */
	assert_null(mount_at(t, "/nowhere"));
	assert_int_equal(mount_at(t, "/run")->minor, 30); /* the topmost */
}

static void test_spots(void **state)
{
	static const struct {
		const char *path;
		unsigned major, minor;
		const char *inside, *back;
	} rows[] = {
		{"/", 8, 1, "/", "/"},
		{"/etc/ssh", 8, 1, "/etc/ssh", "/etc/ssh"},
		{"/srv/alias", 8, 1, "/etc", "/etc"},
		{"/srv/alias/ssh", 8, 1, "/etc/ssh", "/etc/ssh"},
		{"/srv/aliases", 8, 1, "/srv/aliases", "/srv/aliases"},
		{"/run/docker.sock", 0, 30, "/docker.sock", "/run/docker.sock"},
		{"/runner", 8, 1, "/runner", "/runner"},
		{"/home", 8, 2, "/", "/home"},
		{"/data/y", 8, 2, "/x/y", "/home/x/y"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(mount_spot_clear) struct mount_spot s = {0};
		CLEANUP(freep) char *back = NULL;

		assert_true(mount_find(*state, rows[i].path, &s));
		assert_int_equal(s.major, rows[i].major);
		assert_int_equal(s.minor, rows[i].minor);
		assert_string_equal(s.path, rows[i].inside);
		back = mount_path_to(*state, &s);
		assert_string_equal(back, rows[i].back);
	}
}

static void test_same_and_below(void **state)
{
	char path_etc[] = "/etc", path_ssh[] = "/etc/ssh", path_near[] = "/etcetera";
	char path_root[] = "/";
	struct mount_spot etc = {8, 1, path_etc}, same = {8, 1, path_etc}, other = {8, 2, path_etc};
	struct mount_spot ssh = {8, 1, path_ssh}, near = {8, 1, path_near};
	struct mount_spot root = {8, 1, path_root}, nowhere = {8, 1, NULL};

	assert_true(mount_same(&etc, &same));
	assert_false(mount_same(&etc, &other));
	assert_false(mount_same(&nowhere, &nowhere));
	assert_true(mount_below(&ssh, &etc));
	assert_false(mount_below(&etc, &same));
	assert_false(mount_below(&near, &etc));
	assert_true(mount_below(&etc, &root));
	assert_false(mount_below(&root, &root));
	assert_false(mount_below(&ssh, &other));
	assert_null(mount_path_to(*state, &nowhere));
	assert_true(path_is_below("/a/b", "/a"));
	assert_true(path_is_below("/a", "/"));
	assert_false(path_is_below("/a", "/a"));
	assert_false(path_is_below("/ab", "/a"));
}

/* Beside the host's own: a part of it elsewhere, and the whole once more in a chroot, mounted later. */
static void test_controllers(void **state)
{
	static const char text[] =
		"30 20 0:30 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		"31 20 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		"40 20 0:30 /part /srv/part rw - cgroup cgroup rw,memory\n"
		"41 20 0:30 / /srv/root/sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
		"42 20 0:31 / /srv/root/sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
		"43 20 0:33 /only /srv/pids rw - cgroup cgroup rw,pids\n";
	static const struct {
		const char *controller;
		int version;
		const char *path, *point; /* NULL: nowhere */
	} rows[] = {
		{"memory", 1, "/docker/a", "/sys/fs/cgroup/memory"},
		{"memory", 1, "/part/a", "/sys/fs/cgroup/memory"},
		{"memory", 1, NULL, "/sys/fs/cgroup/memory"},
		{"", 2, "/docker/a", "/sys/fs/cgroup/unified"},
		{"pids", 1, "/only/a", "/srv/pids"},
		{"pids", 1, "/only", "/srv/pids"},
		{"pids", 1, "/only-not", NULL},
		{"pids", 1, NULL, "/srv/pids"},
		{"cpu", 1, "/a", NULL},
	};
	CLEANUP(mount_table_clear) struct mount_table t = {0};

	mount_table_parse(&t, text);
	assert_int_equal(t.count, 6);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct mount_entry *e =
			mount_of_controller(&t, rows[i].controller, rows[i].version, rows[i].path);

		if (rows[i].point)
			assert_string_equal(e ? e->point : "(nowhere)", rows[i].point);
		else
			assert_null(e);
	}
	assert_string_equal(mount_behind_root(&t.items[2], "/part/a/b"), "/a/b");
	assert_string_equal(mount_behind_root(&t.items[2], "/part"), "");
	assert_string_equal(mount_behind_root(&t.items[0], "/"), "");
	assert_null(mount_behind_root(&t.items[2], "/partial"));
}

/* Which mount a path is in, as the kernel has it (statx() with STATX_MNT_ID says so); minors tell them apart. */
static void test_hidden(void **state)
{
	static const char text[] =
		"30 1 8:0 / / rw - ext4 sda rw\n"
		"31 30 0:1 / /a/b rw - tmpfs t rw\n" /* hidden by the next */
		"32 30 0:2 / /a rw - tmpfs t rw\n"
		"33 30 0:3 / /top rw - tmpfs t rw\n"
		"34 33 0:4 / /top rw - tmpfs t rw\n" /* stacked */
		"41 43 0:5 / /moved/on rw - tmpfs t rw\n" /* moved there: before what it lies on */
		"43 30 0:6 / /moved rw - tmpfs t rw\n"
		"44 34 0:7 / /top/c/d rw - cgroup2 cg rw\n" /* hidden by the next */
		"45 34 0:8 / /top/c rw - tmpfs t rw\n"
		"46 45 0:9 / /top/c/d rw - tmpfs t rw\n" /* its place is taken again */
		"47 30 0:10 / /over rw - tmpfs t rw\n"
		"48 47 8:0 /x /over/x rw - ext4 sda rw\n"
		"49 30 0:10 / /elsewhere/long rw - tmpfs t rw\n"
		"50 30 0:11 / /over rw - tmpfs t rw\n" /* hides 47, and so 48 */
		"51 30 0:12 / / rw - tmpfs t rw\n"; /* over a root that we keep */
	static const struct {
		const char *path;
		unsigned minor;
		bool is_point;
	} rows[] = {
		{"/", 0, true},         {"/etc", 0, false},       {"/a", 2, true},
		{"/a/b", 2, false},     {"/a/b/c", 2, false},     {"/ab", 0, false},
		{"/top", 4, true},      {"/top/x", 4, false},     {"/moved/on", 5, true},
		{"/moved/x", 6, false}, {"/top/c", 8, true},      {"/top/c/d", 9, true},
		{"/over", 11, true},    {"/over/x/y", 11, false},
	};
	CLEANUP(mount_table_clear) struct mount_table t = {0};
	char x[] = "/x/y", root[] = "/";
	CLEANUP(freep) char *back = NULL, *other = NULL;

	mount_table_parse(&t, text);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct mount_entry *e = mount_of(&t, rows[i].path);

		if (!e || e->minor != rows[i].minor)
			fail_msg("'%s': %u", rows[i].path, e ? e->minor : 999);
		assert_ptr_equal(mount_at(&t, rows[i].path), rows[i].is_point ? e : NULL);
	}
	back = mount_path_to(&t, &(struct mount_spot){8, 0, x});
	assert_string_equal(back, "/x/y");
	other = mount_path_to(&t, &(struct mount_spot){0, 10, root});
	assert_string_equal(other, "/elsewhere/long"); /* not the hidden one before it */
	assert_null(mount_path_to(&t, &(struct mount_spot){0, 1, root}));
	assert_null(mount_of_controller(&t, "", 2, NULL));
}

/* What no kernel says is answered, too: parents that are not there, or each other's. */
static void test_odd_parents(void **state)
{
	static const char text[] = "7 8 0:1 / /a rw - tmpfs t rw\n"
				   "8 7 0:2 / /a rw - tmpfs t rw\n"
				   "9 99 0:3 / /proc rw - proc p rw\n"
				   "9 9 0:4 / /proc/x rw - proc p rw\n"
				   "x y 0:5 / /z rw - proc p rw\n";
	CLEANUP(mount_table_clear) struct mount_table t = {0};

	mount_table_parse(&t, text);
	assert_int_equal(t.count, 5);
	assert_null(mount_of(&t, "/a/b"));
	assert_null(mount_of(&t, "/"));
	assert_int_equal(mount_of(&t, "/proc/1")->minor, 3);
	assert_int_equal(mount_of(&t, "/proc/x/1")->minor, 4);
	assert_int_equal(mount_of(&t, "/z")->minor, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_parse, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_spots, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_same_and_below, set_up, tear_down),
		cmocka_unit_test(test_controllers),
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_odd_parents),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
