#include "tests/unit/temp-directory.h"

#include <dirent.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/host/read/acl-text.h"
#include "engine/host/read/observe.h"
#include "engine/host/write/write.h"

static size_t names_in(const struct temp_directory *t)
{
	CLEANUP(strv_clear) struct strv names = {0};

	assert_int_equal(observe_children(&t->root, "/", &names, NULL), 0);
	return names.count;
}

static void assert_content(const struct temp_directory *t, const char *path, const char *want)
{
	CLEANUP(buf_clear) struct buf content = {0};

	assert_int_equal(observe_content(&t->root, path, &content, NULL), 0);
	assert_string_equal(buf_str(&content), want);
}

static struct image make_image(const char *bytes, size_t n, mode_t mode)
{
	struct image image = {
		.node = {.kind = NODE_FILE, .mode = mode, .uid = geteuid(), .gid = getegid()},
		.has_content = true,
	};

	buf_append(&image.content, bytes, n);
	return image;
}

static void test_staged_names(void **state)
{
	CLEANUP(freep) char *name = xcalloc(1, NAME_MAX + 1);
	CLEANUP(freep) char *plain = staged_name("daemon.json", "4f2a9c-12");

	assert_string_equal(plain, ".daemon.json.harden-4f2a9c-12");
	memset(name, 'n', NAME_MAX);
	for (size_t n = NAME_MAX; n > 0; n--) {
		CLEANUP(freep) char *staged = NULL;
		CLEANUP(freep) char *tag = NULL;

		name[n] = '\0';
		staged = staged_name(name, "abc123");
		assert_true(strlen(staged) == (n + 15 < NAME_MAX ? n + 15 : NAME_MAX));
		assert_true(is_staged_name(staged, &tag));
		assert_string_equal(tag, "abc123");
		assert_memory_equal(staged + 1, name, strlen(staged) - 15);
	}
}

/* A long name of characters of several bytes is not cut inside of one. */
static void test_staged_name_utf8(void **state)
{
	static const char *const characters[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\xb3"};

	for (size_t i = 0; i < ARRAY_SIZE(characters); i++) {
		size_t width = strlen(characters[i]);

		for (size_t lead = 0; lead < width; lead++) {
			CLEANUP(buf_clear) struct buf name = {0};
			CLEANUP(freep) char *staged = NULL;

			for (size_t n = 0; n < lead; n++)
				buf_putc(&name, 'x');
			while (name.len + width <= NAME_MAX)
				buf_puts(&name, characters[i]);
			staged = staged_name(name.data, "abc123");
			assert_true(strlen(staged) <= NAME_MAX);
			assert_int_equal((strlen(staged) - 15 - lead) % width, 0);
		}
	}
}

static void test_is_staged_name(void **state)
{
	static const struct {
		const char *name;
		const char *tag; /* NULL: it is none */
	} cases[] = {
		{".a.harden-x", "x"},
		{".daemon.json.harden-4f2a-1", "4f2a-1"},
		{".a.harden-b.harden-c", "c"},
		{"..harden-x.harden-y", "y"},
		{".a.harden-", NULL},
		{"a.harden-x", NULL},
		{"..harden-x", NULL},
		{".harden-x", NULL},
		{".a.harden-x.swp", NULL},
		{".a.harden-x y", NULL},
		{".a.hardenx", NULL},
		{".", NULL},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *tag = NULL;

		assert_int_equal(is_staged_name(cases[i].name, &tag), cases[i].tag != NULL);
		assert_true(strcmp_null(tag, cases[i].tag) == 0);
		assert_int_equal(is_staged_name(cases[i].name, NULL), cases[i].tag != NULL);
	}
}

/* Whatever the umask and the directory's default ACL say, the file gets what its image says. */
static void test_staged_file(void **state)
{
	const struct temp_directory *t = *state;
	static const mode_t umasks[] = {0, 0022, 0777};
	static const char bytes[] = "a\0b\nc";
	struct image image = make_image(bytes, sizeof(bytes), 0664);

	image.node.acl = xstrdup("user::rw-,user:1000:rwx,group::r--,mask::rw-,other::r--");
	image.node.mtime = (struct timespec){.tv_sec = 1234567, .tv_nsec = 89};
	for (size_t i = 0; i < 2 * ARRAY_SIZE(umasks); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(node_clear) struct node node = {0};
		CLEANUP(buf_clear) struct buf content = {0};

		umask(umasks[i / 2]);
		if (i % 2)
			str_replace(&image.node.acl, NULL);
		if (write_staged(t->fd, "staged", &image, &err) < 0)
			fail_msg("%s", error_text(&err));
		assert_int_equal(observe(&t->root, "/staged", 0, &node, NULL, NULL), 0);
		assert_true(node_equal(&node, &image.node));
		assert_int_equal(node.mtime.tv_sec, 1234567);
		assert_int_equal(node.mtime.tv_nsec, 89);
		assert_int_equal(observe_content(&t->root, "/staged", &content, NULL), 0);
		assert_true(buf_equal(&content, &image.content));
		assert_int_equal(unlinkat(t->fd, "staged", 0), 0);
	}
	umask(0022);
	image_clear(&image);
}

static void test_default_acl_is_not_inherited(void **state)
{
	const struct temp_directory *t = *state;
	static const char wide[] = "user::rwx,user:1000:rwx,group::rwx,mask::rwx,other::rwx";
	CLEANUP(acl_freep) acl_t acl = NULL;
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(node_clear) struct node dir = {0};
	struct image image = make_image("x", 1, 0600);
	const struct node want = {
		.kind = NODE_DIR, .mode = 0750, .uid = geteuid(), .gid = getegid()};

	assert_int_equal(acl_text_to_acl(wide, &acl, NULL), 0);
	assert_int_equal(acl_set_file(t->path, ACL_TYPE_DEFAULT, acl), 0);
	assert_int_equal(write_staged(t->fd, "staged", &image, NULL), 0);
	assert_int_equal(observe(&t->root, "/staged", 0, &node, NULL, NULL), 0);
	assert_true(node_equal(&node, &image.node));
	assert_int_equal(write_mkdir(t->fd, "dir", &want, NULL), 0);
	assert_int_equal(observe(&t->root, "/dir", 0, &dir, NULL, NULL), 0);
	assert_true(node_equal(&dir, &want));
	image_clear(&image);
}

static void test_staged_link(void **state)
{
	const struct temp_directory *t = *state;
	struct image image = {.node = {.kind = NODE_SYMLINK, .mode = 0777, .data = xstrdup("a/b")}};
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(node_clear) struct node node = {0};
	bool root = geteuid() == 0;

	image.node.uid = root ? 1000 : geteuid();
	image.node.gid = root ? 1001 : getegid();
	image.node.mtime.tv_sec = 4711;
	assert_int_equal(write_staged(t->fd, "staged", &image, NULL), 0);
	assert_int_equal(root_walk_nofollow(&t->root, "/staged", &w, NULL), 0);
	assert_int_equal(observe_walk(&w, 0, &node, NULL), 0);
	assert_true(node_equal(&node, &image.node));
	assert_int_equal(node.mtime.tv_sec, 4711);
	assert_int_equal(write_staged(t->fd, "staged", &image, NULL), -EEXIST);
	image_clear(&image);
}

/* Setuid bits, owner, capability and attributes all at once; needs root. */
static void test_staged_with_everything(void **state)
{
	static const char capability[20] = {1, 0, 0, 2, 0, 4};
	const struct temp_directory *t = *state;
	struct image image = make_image("x", 1, 06755);
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(node_clear) struct node node = {0};
	struct xattr *x;

	if (geteuid() != 0) {
		image_clear(&image);
		SKIP_BECAUSE("needs root");
	}
	image.node.uid = 1000;
	image.node.gid = 1001;
	x = array_append(&image.node.xattrs, &image.node.nxattrs, sizeof(*x));
	*x = (struct xattr){xstrdup("security.capability"), xmemdup(capability, 20), 20};
	x = array_append(&image.node.xattrs, &image.node.nxattrs, sizeof(*x));
	*x = (struct xattr){xstrdup("trusted.test"), xmemdup("v", 1), 1};
	if (write_staged(t->fd, "staged", &image, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(observe(&t->root, "/staged", 0, &node, NULL, NULL), 0);
	assert_true(node_equal(&node, &image.node));
	image_clear(&image);
}

static void test_staged_refused(void **state)
{
	const struct temp_directory *t = *state;
	struct image image = make_image("x", 1, 0600);
	struct image none = {.node = {.kind = NODE_FILE}};
	struct image dir = {.node = {.kind = NODE_DIR}};
	struct image bad = make_image("x", 1, 0600);
	const struct {
		const char *name;
		const struct image *image;
		int code;
	} cases[] = {
		{"taken", &image, -EEXIST}, {"link", &image, -EEXIST}, {"../x", &image, -EINVAL},
		{"a/b", &image, -EINVAL},   {"..", &image, -EINVAL},   {".", &image, -EINVAL},
		{"", &image, -EINVAL},      {"none", &none, -EINVAL},  {"dir", &dir, -EINVAL},
		{"bad", &bad, -EINVAL},
	};

	bad.node.acl = xstrdup("nonsense");
	temp_directory_write(t, "taken", "theirs");
	assert_int_equal(symlinkat("target", t->fd, "link"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(write_staged(t->fd, cases[i].name, cases[i].image, &err),
				 cases[i].code);
		assert_non_null(strstr(error_text(&err), cases[i].name));
		assert_int_equal(names_in(t), 2);
	}
	assert_content(t, "/taken", "theirs");
	image_clear(&image);
	image_clear(&bad);
}

/* A write that ends early, and then fails, leaves nothing. */
static void test_staged_short_write(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *bytes = xcalloc(1, 10000);
	CLEANUP(error_clear) struct error err = {0};
	struct image image = make_image(bytes, 10000, 0600);
	struct rlimit before, small;
	int r;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 5000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	r = write_staged(t->fd, "staged", &image, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, -EFBIG);
	assert_non_null(strstr(error_text(&err), "/staged'"));
	assert_int_equal(names_in(t), 0);
	image_clear(&image);
}

/* In a child with mounts of its own. Exit codes: 0 fine, 77 no such mount here, else the line. */
static int fill_small_disk(const char *path)
{
	CLEANUP(freep) char *bytes = xcalloc(1, 1 << 20);
	CLEANUP(error_clear) struct error err = {0};
	struct image image = make_image(bytes, 1 << 20, 0600);
	int fd;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", path, "tmpfs", 0, "size=64k") < 0)
		return 77;
	fd = open(path, O_RDONLY | O_DIRECTORY);
	if (write_staged(fd, "staged", &image, &err) != -ENOSPC)
		return 1;
	if (!strstr(error_text(&err), path) || !strstr(error_text(&err), "No space left"))
		return 2;
	if (faccessat(fd, "staged", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 3;
	image_clear(&image);
	return 0;
}

static void test_full_disk(void **state)
{
	const struct temp_directory *t = *state;
	pid_t child;
	int status;

	if (geteuid() != 0)
		SKIP_BECAUSE("needs root");
	child = fork();
	if (child == 0)
		_exit(fill_small_disk(t->path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		SKIP_BECAUSE("cannot mount here");
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_moves(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(error_clear) struct error err = {0};

	temp_directory_write(t, "target", "old");
	temp_directory_write(t, "staged", "new");
	assert_int_equal(write_exchange(t->fd, "target", "staged", &err), 0);
	assert_content(t, "/target", "new");
	assert_content(t, "/staged", "old");
	assert_int_equal(write_place(t->fd, "target", "staged", &err), -EEXIST);
	assert_non_null(strstr(error_text(&err), "/target'"));
	assert_int_equal(write_displace(t->fd, "target", "staged", &err), -EEXIST);
	assert_content(t, "/target", "new");
	assert_int_equal(write_unlink(t->fd, "target", &err), 0);
	assert_int_equal(write_unlink(t->fd, "target", &err), 0);
	assert_int_equal(write_exchange(t->fd, "target", "staged", &err), -ENOENT);
	assert_int_equal(write_displace(t->fd, "target", "other", &err), -ENOENT);
	assert_non_null(strstr(error_text(&err), "/target'"));
	assert_int_equal(write_place(t->fd, "target", "staged", &err), 0);
	assert_content(t, "/target", "old");
	assert_int_equal(write_displace(t->fd, "target", "staged", &err), 0);
	assert_content(t, "/staged", "old");
	assert_int_equal(names_in(t), 1);
}

/* Names as a damaged or forged journal might give them. */
static void test_names_that_lead_elsewhere(void **state)
{
	const struct temp_directory *t = *state;
	const struct node node = {
		.kind = NODE_DIR, .mode = 0700, .uid = geteuid(), .gid = getegid()};
	static const char *const names[] = {"", ".", "..", "/x", "../x", "dir/x", "x/"};

	temp_directory_write(t, "good", "x");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		assert_int_equal(write_exchange(t->fd, names[i], "good", NULL), -EINVAL);
		assert_int_equal(write_exchange(t->fd, "good", names[i], NULL), -EINVAL);
		assert_int_equal(write_place(t->fd, names[i], "good", NULL), -EINVAL);
		assert_int_equal(write_displace(t->fd, "good", names[i], NULL), -EINVAL);
		assert_int_equal(write_unlink(t->fd, names[i], NULL), -EINVAL);
		assert_int_equal(write_mkdir(t->fd, names[i], &node, NULL), -EINVAL);
		assert_int_equal(write_rmdir(t->fd, names[i], NULL), -EINVAL);
	}
	assert_int_equal(names_in(t), 1);
}

static void test_mkdir(void **state)
{
	const struct temp_directory *t = *state;
	bool root = geteuid() == 0;
	struct node node = {.kind = NODE_DIR, .mode = 02750, .uid = geteuid(), .gid = getegid()};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(node_clear) struct node now = {0};

	if (root)
		node.uid = node.gid = 1000;
	assert_int_equal(write_mkdir(t->fd, "dir", &node, &err), 0);
	assert_int_equal(observe(&t->root, "/dir", 0, &now, NULL, NULL), 0);
	assert_true(node_equal(&now, &node));
	assert_int_equal(write_mkdir(t->fd, "dir", &node, &err), -EEXIST);
	temp_directory_write(t, "dir/file", "x");
	assert_int_equal(write_rmdir(t->fd, "dir", &err), -ENOTEMPTY);
	assert_int_equal(unlinkat(t->fd, "dir/file", 0), 0);
	assert_int_equal(write_rmdir(t->fd, "dir", &err), 0);
	assert_int_equal(write_rmdir(t->fd, "dir", &err), -ENOENT);
	node.kind = NODE_FILE;
	assert_int_equal(write_mkdir(t->fd, "dir", &node, &err), -EINVAL);
	assert_int_equal(names_in(t), 0);
}

static void test_sync(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(close_fd) int dir = open(t->path, O_PATH | O_CLOEXEC);
	CLEANUP(close_fd) int file = -1, fifo = -1;

	temp_directory_write(t, "file", "x");
	assert_int_equal(mkfifoat(t->fd, "fifo", 0600), 0);
	file = temp_directory_path_fd(t, "file");
	fifo = temp_directory_path_fd(t, "fifo");
	assert_int_equal(write_sync_fs(t->fd, NULL), 0);
	assert_int_equal(write_sync_fs(dir, NULL), 0);
	assert_int_equal(write_sync_fs(file, NULL), 0);
	assert_int_equal(write_sync_fs(fifo, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_staged_names),
		cmocka_unit_test(test_staged_name_utf8),
		cmocka_unit_test(test_is_staged_name),
		TEMP_DIRECTORY_TEST(test_staged_file),
		TEMP_DIRECTORY_TEST(test_default_acl_is_not_inherited),
		TEMP_DIRECTORY_TEST(test_staged_link),
		TEMP_DIRECTORY_TEST(test_staged_with_everything),
		TEMP_DIRECTORY_TEST(test_staged_refused),
		TEMP_DIRECTORY_TEST(test_staged_short_write),
		TEMP_DIRECTORY_TEST(test_full_disk),
		TEMP_DIRECTORY_TEST(test_moves),
		TEMP_DIRECTORY_TEST(test_names_that_lead_elsewhere),
		TEMP_DIRECTORY_TEST(test_mkdir),
		TEMP_DIRECTORY_TEST(test_sync),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
