#include "tests/unit/temp-directory.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "engine/host/read/handles.h"
#include "engine/host/read/root.h"

#define NOBODY 65534

typedef int (*walk_fn)(const struct root *r, const char *path, struct walk *ret, struct error *err);

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void make_dir(const struct temp_directory *t, const char *name, mode_t mode)
{
	assert_int_equal(mkdirat(t->fd, name, 0700), 0);
	assert_int_equal(fchmodat(t->fd, name, mode, 0), 0);
}

static void make_link(const struct temp_directory *t, const char *name, const char *target)
{
	assert_int_equal(symlinkat(target, t->fd, name), 0);
}

static void make_tree(const struct temp_directory *t)
{
	make_dir(t, "dir", 0755);
	make_dir(t, "dir/sub", 0755);
	temp_directory_write(t, "dir/file", "x");
	make_link(t, "link", "dir/file");
	make_link(t, "abs", "/dir/file");
	make_link(t, "rootlink", "/");
	make_link(t, "dirlink", "dir");
	make_link(t, "dir/sub/up", "../../../../../dir/file");
	make_link(t, "chain", "dirlink/sub/up");
	make_link(t, "dots", "./dir/./sub/..//file");
	make_link(t, "slash", "dir/");
	make_link(t, "through-file", "dir/file/..");
	make_link(t, "loop", "loop");
	make_link(t, "loop-a", "loop-b");
	make_link(t, "loop-b", "/loop-a");
	make_link(t, "dangling", "dir/none");
	make_link(t, "dangling-deep", "/none/none");
	make_link(t, "dangling-up", "none/../dir");
	make_link(t, "dangling-dot", "none/.");
	make_dir(t, "shared", 0777);
	make_link(t, "shared/link", "/dir/file");
	make_dir(t, "sticky", 01777);
	make_link(t, "sticky/link", "/dir");
	make_dir(t, "group", 0775);
	make_link(t, "group/link", "/dir/file");
	make_dir(t, "shared/below", 0755);
	make_link(t, "shared/below/link", "../../dir/file");
	temp_directory_write(t, "new\nline", "x");
}

struct walk_case {
	const char *path;
	const char *want; /* canonical path; NULL: fails */
	int code; /* of the failure */
	bool missing, missing_directory;
	const char *blames; /* in the message */
};

static const struct walk_case followed[] = {
	{"/", "/"},
	{"/dir", "/dir"},
	{"/dir/", "/dir"},
	{"/dir///", "/dir"},
	{"/dir/file", "/dir/file"},
	{"/new\nline", "/new\nline"},
	{"/link", "/dir/file"},
	{"/abs", "/dir/file"},
	{"/rootlink", "/"},
	{"/rootlink/dir", "/dir"},
	{"/dirlink", "/dir"},
	{"/dirlink/file", "/dir/file"},
	{"/dirlink/sub/up", "/dir/file"},
	{"/chain", "/dir/file"},
	{"/dots", "/dir/file"},
	{"/slash", "/dir"},
	{"/slash/file", "/dir/file"},
	{"/shared/below/link", "/dir/file"},
	{"/none", "/none", .missing = true},
	{"/dir/none", "/dir/none", .missing = true},
	{"/none/none", "/none/none", .missing = true, .missing_directory = true},
	{"/dir/none/a/b", "/dir/none/a/b", .missing = true, .missing_directory = true},
	{"/dangling", "/dir/none", .missing = true},
	{"/dangling/x", "/dir/none/x", .missing = true, .missing_directory = true},
	{"/dangling-deep", "/none/none", .missing = true, .missing_directory = true},
	{"/dangling-dot", "/none", .missing = true},
	{"/dirlink/none", "/dir/none", .missing = true},
	{"/dangling-up", .code = -EINVAL, .blames = "'/none'"},
	{"/loop", .code = -EMLINK, .blames = "'/loop'"},
	{"/loop-a", .code = -EMLINK, .blames = "/loop-"},
	{"/loop-a/x", .code = -EMLINK, .blames = "/loop-"},
	{"/shared/link", .code = -ELOOP, .blames = "'/shared/link' is a link in a directory"},
	{"/sticky/link/file", .code = -ELOOP, .blames = "'/sticky/link'"},
	{"/group/link", .code = -ELOOP, .blames = "'/group/link'"},
	{"/dir/file/x", .code = -ENOTDIR, .blames = "'/dir/file' is not a directory"},
	{"/link/x", .code = -ENOTDIR, .blames = "'/dir/file' is not a directory"},
	{"/through-file", .code = -ENOTDIR, .blames = "'/dir/file' is not a directory"},
	{"", .code = -EINVAL, .blames = "not absolute"},
	{"dir", .code = -EINVAL, .blames = "'dir' is not absolute"},
	{"//dir", .code = -EINVAL, .blames = "empty component"},
	{"/dir//file", .code = -EINVAL, .blames = "empty component"},
	{"/..", .code = -EINVAL, .blames = "component '..'"},
	{"/dir/../dir", .code = -EINVAL, .blames = "component '..'"},
	{"/dir/.", .code = -EINVAL, .blames = "component '.'"},
	{"/./dir", .code = -EINVAL, .blames = "component '.'"},
};

static const struct walk_case not_followed[] = {
	{"/", "/"},
	{"/dir/file", "/dir/file"},
	{"/link", "/link"},
	{"/dirlink", "/dirlink"},
	{"/dirlink/sub/up", "/dir/sub/up"},
	{"/loop", "/loop"},
	{"/dangling", "/dangling"},
	{"/shared/link", "/shared/link"},
	{"/none", "/none", .missing = true},
	{"/sticky/link/file", .code = -ELOOP, .blames = "'/sticky/link'"},
};

static void assert_same_inode(const struct temp_directory *t, int fd, const char *path)
{
	struct stat have, want;

	assert_int_equal(fstat(fd, &have), 0);
	assert_int_equal(fstatat(t->fd, path[0] ? path : ".", &want, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(have.st_ino, want.st_ino);
	assert_int_equal(have.st_dev, want.st_dev);
	assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void assert_walk(const struct temp_directory *t, const struct walk_case *c,
			const struct walk *w, bool with_parent)
{
	CLEANUP(freep) char *directory = NULL;

	assert_string_equal(w->path, c->want);
	assert_ptr_equal(w->name, strrchr(w->path, '/') + 1);
	directory =
		xstrndup(w->path + 1, w->name > w->path + 1 ? (size_t)(w->name - w->path) - 2 : 0);
	if (c->missing)
		assert_int_equal(w->fd, -1);
	else
		assert_same_inode(t, w->fd, w->path + 1);
	if (c->missing_directory || !*w->name || !with_parent)
		assert_int_equal(w->parent, -1);
	else
		assert_same_inode(t, w->parent, directory);
}

static void run_case(const struct temp_directory *t, const struct walk_case *c, walk_fn fn)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(error_clear) struct error err = {0};
	size_t before = open_descriptors();
	int r = fn(&t->root, c->path, &w, &err);

	if (c->want) {
		if (r < 0)
			fail_msg("walk to '%s': %s", c->path, error_text(&err));
		assert_walk(t, c, &w, fn == root_walk || fn == root_walk_nofollow);
		walk_clear(&w);
	} else {
		if (r != c->code || !strstr(error_text(&err), c->blames))
			fail_msg("walk to '%s' gave %d: %s", c->path, r, error_text(&err));
		assert_null(w.path);
	}
	assert_int_equal(open_descriptors(), before);
}

static void run_cases(const struct temp_directory *t, const struct walk_case *cases, size_t n,
		      walk_fn fn)
{
	for (int force = 0; force < 2; force++) {
		root_force_steps(force);
		for (size_t i = 0; i < n; i++)
			run_case(t, &cases[i], fn);
	}
	root_force_steps(false);
}

static void test_walks(void **state)
{
	const struct temp_directory *t = *state;

	make_tree(t);
	run_cases(t, followed, ARRAY_SIZE(followed), root_walk);
	run_cases(t, followed, ARRAY_SIZE(followed), root_look);
	run_cases(t, not_followed, ARRAY_SIZE(not_followed), root_walk_nofollow);
}

/* The second walk is from the descriptor that the first one left. */
static int walk_by_handle(const struct root *r, const char *path, struct walk *ret,
			  struct error *err)
{
	CLEANUP(handles_freep) struct handles *handles = handles_new(r);
	CLEANUP(walk_clear) struct walk first = WALK_INIT;

	(void)handles_walk_nofollow(handles, path, &first, NULL);
	return handles_walk_nofollow(handles, path, ret, err);
}

static int look_by_handle(const struct root *r, const char *path, struct walk *ret,
			  struct error *err)
{
	CLEANUP(handles_freep) struct handles *handles = handles_new(r);
	CLEANUP(node_clear) struct node first = {0}, node = {0};
	CLEANUP(freep) char *at = NULL;
	int code = handles_look(handles, path, &at, &first, NULL);

	freep(&at);
	at = NULL;
	if (handles_look(handles, path, &at, &node, err) < 0)
		return code;
	assert_true(node_equal(&first, &node) && node.kind != NODE_SYMLINK);
	assert_int_equal(root_look(r, at, ret, err), 0);
	assert_int_equal(ret->fd < 0, node.kind == NODE_ABSENT);
	return code;
}

static void test_handles(void **state)
{
	const struct temp_directory *t = *state;

	make_tree(t);
	run_cases(t, not_followed, ARRAY_SIZE(not_followed), walk_by_handle);
	run_cases(t, followed, ARRAY_SIZE(followed), look_by_handle);
}

/* However many directories are looked into, so many stay open, and each name is found. */
static void test_many_handles(void **state)
{
	const struct temp_directory *t = *state;
	struct handles *handles = handles_new(&t->root);
	size_t before = open_descriptors();

	for (int i = 0; i < 3 * HANDLES_MAX; i++) {
		CLEANUP(freep) char *name = xasprintf("/d%d", i % (2 * HANDLES_MAX));
		CLEANUP(freep) char *file = xasprintf("%s/file", name);
		CLEANUP(walk_clear) struct walk w = WALK_INIT;

		if (i < 2 * HANDLES_MAX) {
			make_dir(t, name + 1, 0755);
			temp_directory_write(t, file + 1, "x");
		}
		assert_int_equal(handles_walk_nofollow(handles, file, &w, NULL), 0);
		assert_string_equal(w.path, file);
		assert_same_inode(t, w.fd, file + 1);
	}
	assert_int_equal(open_descriptors(), before + HANDLES_MAX);
	handles_free(handles);
	assert_int_equal(open_descriptors(), before);
}

/* 40 links are followed, as the kernel does; 41 are not. */
static void test_many_links(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(walk_clear) struct walk w = WALK_INIT;

	temp_directory_write(t, "0", "x");
	for (int i = 1; i <= 41; i++) {
		CLEANUP(freep) char *name = xasprintf("%d", i);
		CLEANUP(freep) char *target = xasprintf("%d", i - 1);

		make_link(t, name, target);
	}
	assert_int_equal(root_walk(&t->root, "/40", &w, &err), 0);
	assert_string_equal(w.path, "/0");
	walk_clear(&w);
	assert_int_equal(root_walk(&t->root, "/41", &w, &err), -EMLINK);
}

static void test_long_names(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *name = xcalloc(1, 258);
	struct walk_case fits = {.path = name, .want = name};
	struct walk_case missing = {.path = name, .want = name, .missing = true};
	struct walk_case over = {.path = name, .code = -ENAMETOOLONG, .blames = "256 bytes"};

	memset(name, 'n', 256);
	name[0] = '/';
	run_cases(t, &missing, 1, root_walk);
	temp_directory_write(t, name + 1, "x");
	run_cases(t, &fits, 1, root_walk);
	name[256] = 'n';
	run_cases(t, &over, 1, root_walk);
}

/* Paths longer than the kernel takes in one call. */
static void test_long_path(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(freep) char *path = xcalloc(1, 21 * 250 + 1);
	CLEANUP(freep) char *name = xcalloc(1, 250);
	int dir = dup(t->fd);

	memset(name, 'd', 249);
	for (int i = 0; i < 21; i++) {
		int next;

		assert_int_equal(mkdirat(dir, name, 0755), 0);
		next = openat(dir, name, O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(dir);
		dir = next;
		sprintf(path + 250 * i, "/%s", name);
	}
	close(dir);
	assert_true(strlen(path) > PATH_MAX);
	assert_int_equal(root_walk(&t->root, path, &w, NULL), 0);
	assert_string_equal(w.path, path);
	assert_true(w.fd >= 0 && w.parent >= 0);
	while (unlinkat(w.parent, w.name, AT_REMOVEDIR) == 0) { /* nftw() cannot go there */
		walk_clear(&w);
		path[strlen(path) - 250] = '\0';
		if (!*path)
			break;
		assert_int_equal(root_walk(&t->root, path, &w, NULL), 0);
	}
}

/* Links of others, and links in directories of others, whatever their modes. Needs root. */
static void test_foreign_owners(void **state)
{
	const struct temp_directory *t = *state;
	static const struct walk_case cases[] = {
		{"/dir/theirs", .code = -ELOOP,
		 .blames = "'/dir/theirs' is a link that belongs to user 65534"},
		{"/their/link", .code = -ELOOP,
		 .blames = "'/their/link' is a link in a directory of user 65534"},
		{"/their/link/x", .code = -ELOOP, .blames = "'/their/link'"},
		{"/their/file", "/their/file"},
		{"/their/sub/ours", "/dir/file"},
	};

	if (geteuid() != 0)
		SKIP_BECAUSE("needs root");
	make_tree(t);
	make_link(t, "dir/theirs", "file");
	make_dir(t, "their", 0755);
	make_dir(t, "their/sub", 0755);
	make_link(t, "their/link", "/dir/file");
	make_link(t, "their/sub/ours", "/dir/file");
	temp_directory_write(t, "their/file", "x");
	assert_int_equal(fchownat(t->fd, "dir/theirs", NOBODY, NOBODY, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(fchownat(t->fd, "their", NOBODY, NOBODY, 0), 0);
	run_cases(t, cases, ARRAY_SIZE(cases), root_walk);
}

static void test_search_permission(void **state)
{
	const struct temp_directory *t = *state;
	static const struct walk_case closed = {"/closed/x", .code = -EACCES,
						.blames = "'/closed/x'"};

	if (geteuid() == 0)
		SKIP_BECAUSE("root may search everywhere");
	make_dir(t, "closed", 0600);
	run_cases(t, &closed, 1, root_walk);
}

static void swap_for_ever(const struct temp_directory *t)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* when an assertion fails, nobody else ends it */
	for (;;)
		renameat2(t->fd, "theirs/real", t->fd, "theirs/bait", RENAME_EXCHANGE);
}

/*
 * Somebody swaps a directory of his with a link all the time: a walk finds his directory or refuses
 * the link, and never gets behind it. Needs root, whose walks alone are worth an attack.
 */
static void test_swapped_directory(void **state)
{
	const struct temp_directory *t = *state;
	const struct timespec quarter = {.tv_nsec = 250000000};
	size_t found = 0, refused = 0;
	pid_t attacker;
	time_t end;

	if (geteuid() != 0)
		SKIP_BECAUSE("needs root");
	make_dir(t, "secret", 0755);
	temp_directory_write(t, "secret/file", "x");
	make_dir(t, "theirs", 0755);
	make_dir(t, "theirs/real", 0755);
	make_link(t, "theirs/bait", "/secret");
	assert_int_equal(fchownat(t->fd, "theirs", NOBODY, NOBODY, 0), 0);
	attacker = fork();
	if (attacker == 0)
		swap_for_ever(t);
	nanosleep(&quarter, NULL);
	end = time(NULL) + 2;
	while (time(NULL) < end && (found < 500 || refused < 500)) {
		CLEANUP(walk_clear) struct walk w = WALK_INIT;
		int r = root_walk(&t->root, "/theirs/real/file", &w, NULL);

		assert_true(r == -ELOOP || (r == 0 && w.fd < 0));
		found += r == 0;
		refused += r == -ELOOP;
	}
	kill(attacker, SIGKILL);
	waitpid(attacker, NULL, 0);
	assert_true(found > 0 && refused > 0);
}

static void test_root_open(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *none = xasprintf("%s/none", t->path);
	CLEANUP(freep) char *file = xasprintf("%s/file", t->path);
	struct root r = {.fd = -1};

	assert_true(t->root.offline);
	assert_int_equal(root_open(&r, "/", &err), 0);
	assert_false(r.offline);
	assert_string_equal(r.path, "/");
	root_close(&r);
	assert_int_equal(r.fd, -1);
	root_close(&r);
	assert_int_equal(root_open(&r, none, &err), -ENOENT);
	assert_non_null(strstr(error_text(&err), none));
	temp_directory_write(t, "file", "");
	assert_int_equal(root_open(&r, file, &err), -ENOTDIR);
	root_close(&r);
	root_close(NULL);
}

/* The distribution's own links are trusted. */
static void test_running_system(void **state)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	struct stat st;
	struct root r;

	assert_int_equal(root_open(&r, "/", NULL), 0);
	if (lstat("/var/run", &st) < 0 || !S_ISLNK(st.st_mode) || st.st_uid != 0) {
		root_close(&r);
		SKIP_BECAUSE("/var/run is not a link of root here");
	}
	assert_int_equal(root_walk(&r, "/var/run/x-none", &w, NULL), 0);
	assert_string_equal(w.path, "/run/x-none");
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_walks),
		TEMP_DIRECTORY_TEST(test_handles),
		TEMP_DIRECTORY_TEST(test_many_handles),
		TEMP_DIRECTORY_TEST(test_many_links),
		TEMP_DIRECTORY_TEST(test_long_names),
		TEMP_DIRECTORY_TEST(test_long_path),
		TEMP_DIRECTORY_TEST(test_foreign_owners),
		TEMP_DIRECTORY_TEST(test_search_permission),
		TEMP_DIRECTORY_TEST(test_swapped_directory),
		TEMP_DIRECTORY_TEST(test_root_open),
		cmocka_unit_test(test_running_system),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
