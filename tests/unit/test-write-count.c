/* What is counted of what is done in a tree, and that memory does not grow with it. */

#include "tests/unit/temp-directory.h"

#include <sys/inotify.h>

#include "engine/base/clock.h"
#include "engine/host/ask/write-count.h"

static const struct temp_directory *t;

static void touch(const char *name)
{
	int fd = openat(t->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static void do_make(void)
{
	touch("tree/new");
}

static void do_write(void)
{
	touch("tree/old");
}

static void do_write_often(void)
{
	for (int i = 0; i < 100; i++)
		touch("tree/old");
}

static void do_write_below(void)
{
	touch("tree/a/b/old");
}

static void do_read(void)
{
	close(openat(t->fd, "tree/old", O_RDONLY | O_CLOEXEC));
}

static void do_chmod(void)
{
	assert_int_equal(fchmodat(t->fd, "tree/old", 0600, 0), 0);
}

static void do_chmod_directory(void)
{
	assert_int_equal(fchmodat(t->fd, "tree/a", 0700, 0), 0);
}

static void do_chmod_top(void)
{
	assert_int_equal(fchmodat(t->fd, "tree", 0700, 0), 0);
}

static void do_remove(void)
{
	assert_int_equal(unlinkat(t->fd, "tree/old", 0), 0);
}

static void do_rename(void)
{
	assert_int_equal(renameat(t->fd, "tree/old", t->fd, "tree/a/other"), 0);
}

static void do_rename_in(void)
{
	assert_int_equal(renameat(t->fd, "outside", t->fd, "tree/other"), 0);
}

static void do_excluded(void)
{
	touch("tree/out/x");
	touch("tree/out/below/x");
}

static void do_outside(void)
{
	touch("outside");
}

static void do_mkdir(void)
{
	assert_int_equal(mkdirat(t->fd, "tree/later", 0755), 0);
}

static void do_link(void)
{
	assert_int_equal(symlinkat("/", t->fd, "tree/link"), 0);
}

static const struct {
	const char *name;
	void (*act)(void);
	uint64_t counted;
} rows[] = {
	{"a new file is made and closed", do_make, 2},
	{"a file is written", do_write, 1},
	{"... a hundred times before anybody looks", do_write_often, 100},
	{"... two directories below", do_write_below, 1},
	{"a file is read", do_read, 0},
	{"a mode is changed", do_chmod, 1},
	{"... of a directory, which is told twice", do_chmod_directory, 1},
	{"... of the tree itself", do_chmod_top, 1},
	{"a file is removed", do_remove, 1},
	{"a file is renamed in the tree, which is told twice", do_rename, 1},
	{"... into it", do_rename_in, 1},
	{"what is left out", do_excluded, 0},
	{"what is outside", do_outside, 0},
	{"a directory is made", do_mkdir, 1},
	{"a link is made", do_link, 1},
};

static bool can_count(void)
{
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void make_tree(void)
{
	static const char *const directories[] = {"tree", "tree/a", "tree/a/b", "tree/out",
						  "tree/out/below"};

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (mkdirat(t->fd, directories[i], 0755) < 0)
			assert_int_equal(errno, EEXIST);
	touch("tree/old");
	touch("tree/a/b/old");
	touch("outside");
}

static void open_tree(struct write_count *c)
{
	CLEANUP(strv_clear) struct strv out = {0};
	CLEANUP(error_clear) struct error err = {0};

	strv_add(&out, "/tree/out");
	if (write_count_tree(c, &t->root, "/tree", &out, &err) < 0)
		fail_msg("%s", error_text(&err));
}

#define PATIENCE_MS 10000 /* of a host that is busy with other things */

/* Until nothing more comes, new directories among it. */
static void take(struct write_count *c)
{
	double begun = clock_ms();

	for (int i = 0; i < 3 || (c->stale && clock_ms() - begun < PATIENCE_MS); i++) {
		assert_int_equal(write_count_take(c, NULL), 0);
		usleep(1000);
	}
	assert_false(c->stale);
}

static void test_rows(void **state)
{
	if (!can_count())
		SKIP_BECAUSE("the kernel tells nothing here");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(write_count_close) struct write_count c = WRITE_COUNT_INIT;

		t = *state;
		make_tree();
		open_tree(&c);
		assert_int_equal(c.directories, i < 14 ? 3 : 4);
		rows[i].act();
		take(&c);
		if (c.counted != rows[i].counted)
			fail_msg("%s: %lu, not %lu", rows[i].name, (unsigned long)c.counted,
				 (unsigned long)rows[i].counted);
	}
}

/* In a directory that came later what is there already counts, and what comes. */
static void test_directories_that_came_later(void **state)
{
	CLEANUP(write_count_close) struct write_count c = WRITE_COUNT_INIT;

	if (!can_count())
		SKIP_BECAUSE("the kernel tells nothing here");
	t = *state;
	make_tree();
	open_tree(&c);
	assert_int_equal(mkdirat(t->fd, "tree/n", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "tree/n/m", 0755), 0);
	touch("tree/n/m/x");
	take(&c);
	assert_int_equal(c.counted, 3);
	assert_int_equal(c.directories, 5);
	touch("tree/n/m/x");
	take(&c);
	assert_int_equal(c.counted, 4);
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(mkdirat(t->fd, "tree/t", 0755), 0);
		assert_int_equal(write_count_take(&c, NULL), 0);
		assert_int_equal(unlinkat(t->fd, "tree/t", AT_REMOVEDIR), 0);
	}
	take(&c);
	assert_true(c.counted >= 4 + 2000); /* two of a kind that meet in the queue are one */
	assert_int_equal(c.directories, 5); /* nothing is kept of those that came and went */
}

static void test_a_file_by_its_name(void **state)
{
	CLEANUP(write_count_close) struct write_count c = WRITE_COUNT_INIT;

	if (!can_count())
		SKIP_BECAUSE("the kernel tells nothing here");
	t = *state;
	make_tree();
	assert_int_equal(write_count_file(&c, &t->root, "/tree/old", NULL), 0);
	touch("tree/other");
	touch("tree/a/b/old");
	take(&c);
	assert_int_equal(c.counted, 0);
	touch("tree/old");
	assert_int_equal(renameat(t->fd, "tree/other", t->fd, "tree/old"), 0); /* replaced */
	touch("tree/old");
	take(&c);
	assert_int_equal(c.counted, 3);
}

static void test_what_cannot_be_counted(void **state)
{
	CLEANUP(write_count_close) struct write_count tree = WRITE_COUNT_INIT;
	CLEANUP(write_count_close) struct write_count file = WRITE_COUNT_INIT;

	if (!can_count())
		SKIP_BECAUSE("the kernel tells nothing here");
	t = *state;
	assert_int_equal(write_count_tree(&tree, &t->root, "/none", NULL, NULL), -ENOENT);
	assert_int_equal(write_count_file(&file, &t->root, "/none/file", NULL), -ENOENT);
}

/* A tree that wants more of the kernel than a figure is worth. */
static void test_too_many_directories(void **state)
{
	CLEANUP(write_count_close) struct write_count c = WRITE_COUNT_INIT;
	CLEANUP(error_clear) struct error err = {0};
	char name[sizeof("tree/out/") + 16];
	int r = 0;

	if (!can_count())
		SKIP_BECAUSE("the kernel tells nothing here");
	t = *state;
	make_tree();
	c.most = 40;
	open_tree(&c);
	assert_int_equal(renameat(t->fd, "tree/out", t->fd, "tree/many"), 0);
	take(&c); /* it is left out no more */
	for (int i = 0; i < c.most; i++) {
		snprintf(name, sizeof(name), "tree/many/%d", i);
		assert_int_equal(mkdirat(t->fd, name, 0755), 0);
	}
	for (int i = 0; i < 1000 && r == 0; i++) {
		r = write_count_take(&c, &err);
		usleep(1000);
	}
	assert_int_equal(r, -E2BIG);
	assert_string_equal(error_text(&err),
			    "'/tree' has more than 40 directories, and others need "
			    "fs.inotify.max_user_watches, too");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_rows),
		TEMP_DIRECTORY_TEST(test_directories_that_came_later),
		TEMP_DIRECTORY_TEST(test_a_file_by_its_name),
		TEMP_DIRECTORY_TEST(test_what_cannot_be_counted),
		TEMP_DIRECTORY_TEST(test_too_many_directories),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
