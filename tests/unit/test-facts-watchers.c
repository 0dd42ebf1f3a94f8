#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/plan/watches.h"
#include "tests/unit/temp-directory.h"

/* Who watches what we write, as the kernel tells it. */

static void test_lines(void **state)
{
	static const struct {
		const char *line;
		bool file, in_it, touched;
	} rows[] = {
		/* what systemd watches: PathChanged= of a file, its place while that is missing, the way to it */
		{"inotify wd:4 ino:add sdev:800042 mask:fcc ignored_mask:0 fhandle-bytes:8", true,
		 true, true},
		{"inotify wd:4 ino:add sdev:800042 mask:d80 ignored_mask:0", true, true, false},
		{"inotify wd:3 ino:add sdev:800042 mask:800 ignored_mask:0", true, false, false},
		{"inotify wd:1 ino:add sdev:800042 mask:c00", true, false, false},
		{"inotify wd:1 ino:add sdev:800042 mask:2", true, true, false},
		{"inotify wd:1 ino:add sdev:800042 mask:4", true, true, true},
		{"inotify wd:1 ino:add sdev:800042 mask:30", false, false,
		 false}, /* who reads it */
		{"inotify wd:1 ino:ade sdev:800042 mask:fcc", false, false, false},
		{"inotify wd:1 ino:add sdev:800043 mask:fcc", false, false, false},
		{"pos:\t0", false, false, false},
		{"", false, false, false},
	};
	const struct stat st = {.st_ino = 0xadd, .st_dev = makedev(8, 0x42)};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct file_watch w = {0};
		bool parsed = watch_parse(rows[i].line, &w);

		assert_int_equal(parsed, starts_with(rows[i].line, "inotify "));
		assert_int_equal(watch_sees(&w, &st, false, false), rows[i].file);
		assert_int_equal(watch_sees(&w, &st, true, false), rows[i].in_it);
		assert_int_equal(watch_sees(&w, &st, false, true), rows[i].touched);
		assert_int_equal(watch_sees(&w, &st, true, true), rows[i].touched);
	}
}

/* Where this test, which is the process that watches, is said to run. */
enum where { ON_HOST, IN_CONTAINER, IN_ANOTHER, IS_DOCKERD };

static void place_self(struct gather *g, struct processes *self, enum where where)
{
	g->processes = where == IN_CONTAINER || where == IN_ANOTHER ? (struct processes){0} : *self;
	g->contained = where == IN_CONTAINER || where == IN_ANOTHER ? *self : (struct processes){0};
	if (where == IN_CONTAINER) {
		struct container *c = container_list_add(&g->facts->docker.containers);

		c->id = xstrdup("0123456789abcdef");
		c->name = xstrdup("reloader");
		c->running = true;
		c->pid = getpid();
	}
	if (where == IS_DOCKERD)
		facts_add_unit(g->facts, "docker.service")->main_pid = getpid();
}

static char *told_of(const char *watched, uint32_t mask, const char *path, bool touched,
		     enum where where)
{
	CLEANUP(facts_clear) struct facts f = {0};
	CLEANUP(freep) char *name = xstrdup("entr");
	struct process self = {.pid = getpid(), .name = name};
	struct gather g = {.facts = &f};
	struct root root;
	CLEANUP(strv_clear) struct strv told = {0};
	int fd = inotify_init1(IN_CLOEXEC);

	assert_true(fd >= 0 && inotify_add_watch(fd, watched, mask) >= 0);
	assert_int_equal(root_open(&root, "/", NULL), 0);
	g.root = &root;
	place_self(&g, &(struct processes){&self, 1}, where);
	gather_watchers(&g);
	watchers_of(&f, path, touched, &told);
	root_close(&root);
	close(fd);
	return strv_join(&told, "|");
}

/* Whatever a plan would write, or give another mode; not a list of paths. */
static void test_processes(void **state)
{
	struct temp_directory *t = *state;
	static const struct {
		const char *watched;
		uint32_t mask;
		const char *path;
		bool touched;
		enum where where;
		const char *told; /* of its place; NULL: nothing */
	} rows[] = {
		{"/ca.crt", IN_CLOSE_WRITE, "/ca.crt", false, ON_HOST, ""},
		{"/ca.crt", IN_MOVE_SELF, "/ca.crt", false, ON_HOST, ""},
		{"/ca.crt", IN_OPEN, "/ca.crt", false, ON_HOST, NULL},
		{"", IN_MOVED_TO, "/ca.crt", false, ON_HOST, ""},
		{"", IN_MOVE_SELF, "/ca.crt", false, ON_HOST, NULL},
		{"/other", IN_CLOSE_WRITE, "/ca.crt", false, ON_HOST, NULL},
		{"", IN_CREATE, "/new/directory/file", false, ON_HOST, ""},
		{"", IN_CREATE, "/below/file", false, ON_HOST, NULL},
		/* a mode is given: no file is written */
		{"/ca.crt", IN_ATTRIB, "/ca.crt", true, ON_HOST, ""},
		{"", IN_ATTRIB, "/ca.crt", true, ON_HOST, ""},
		{"", IN_ATTRIB, "", true, ON_HOST, ""},
		{"", IN_MOVED_TO | IN_CREATE, "/ca.crt", true, ON_HOST, NULL},
		{"/ca.crt", IN_CLOSE_WRITE | IN_MOVE_SELF, "/ca.crt", true, ON_HOST, NULL},
		/* wherever it runs */
		{"/ca.crt", IN_ATTRIB, "/ca.crt", true, IN_CONTAINER, ", in container reloader"},
		{"", IN_MOVED_TO, "/ca.crt", false, IN_ANOTHER, ", in a container"},
		{"", IN_MOVED_TO, "/ca.crt", false, IS_DOCKERD, NULL},
	};
	CLEANUP(freep) char *below = xasprintf("%s/below", t->path);

	temp_directory_write(t, "ca.crt", "x");
	temp_directory_write(t, "other", "");
	assert_return_code(mkdir(below, 0700), errno);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *watched = xasprintf("%s%s", t->path, rows[i].watched);
		CLEANUP(freep) char *path = xasprintf("%s%s", t->path, rows[i].path);
		CLEANUP(freep)
		char *told = told_of(watched, rows[i].mask, path, rows[i].touched, rows[i].where);
		CLEANUP(freep)
		char *wanted = rows[i].told ? xasprintf("entr (pid %d%s) watches '%s', ",
							(int)getpid(), rows[i].told, watched)
					    : NULL;

		if (wanted ? !starts_with(told, wanted) : *told != '\0')
			fail_msg("row %zu: '%s'", i, told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		TEMP_DIRECTORY_TEST(test_processes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
