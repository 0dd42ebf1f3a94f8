#include "tests/unit/temp-directory.h"

#include <limits.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "engine/base/digest.h"
#include "engine/host/read/acl-text.h"
#include "engine/host/read/observe.h"

#define HANG_SECONDS 20

static void make_socket(const struct temp_directory *t, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", t->fd, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static struct node look(const struct temp_directory *t, const char *path, unsigned flags)
{
	CLEANUP(error_clear) struct error err = {0};
	struct node node;

	if (observe(&t->root, path, flags, &node, NULL, &err) < 0)
		fail_msg("%s: %s", path, error_text(&err));
	return node;
}

static void make_each_kind(const struct temp_directory *t)
{
	temp_directory_write(t, "file", "content");
	assert_int_equal(fchmodat(t->fd, "file", 04751, 0), 0);
	assert_int_equal(mkdirat(t->fd, "dir", 0700), 0);
	assert_int_equal(symlinkat("file", t->fd, "link"), 0);
	assert_int_equal(mkfifoat(t->fd, "fifo", 0600), 0);
	make_socket(t, "socket");
	assert_int_equal(fchmodat(t->fd, "socket", 0660, 0), 0);
}

/* None of them hangs: the alarm ends the test program if one did. */
static void test_kinds(void **state)
{
	const struct temp_directory *t = *state;
	static const struct {
		const char *path;
		enum node_kind kind;
		mode_t mode;
	} cases[] = {
		{"/file", NODE_FILE, 04751},    {"/dir", NODE_DIR, 0700},
		{"/fifo", NODE_OTHER, 0600},    {"/socket", NODE_SOCKET, 0660},
		{"/link", NODE_FILE, 04751},    {"/none", NODE_ABSENT, 0},
		{"/none/none", NODE_ABSENT, 0},
	};

	make_each_kind(t);
	alarm(HANG_SECONDS);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(node_clear) struct node node = look(t, cases[i].path, OBSERVE_DIGEST);

		assert_int_equal(node.kind, cases[i].kind);
		assert_int_equal(node.mode, cases[i].mode);
		assert_null(node.acl);
		assert_int_equal(node.flags, 0);
		assert_true((node.data != NULL) == (cases[i].kind == NODE_FILE));
		if (node.kind != NODE_ABSENT)
			assert_int_equal(node.uid, geteuid());
	}
	alarm(0);
}

static void test_device(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(buf_clear) struct buf content = {0};

	if (mknodat(t->fd, "device", S_IFCHR | 0600, makedev(1, 5)) < 0)
		SKIP_BECAUSE("devices can only be made by root");
	node = look(t, "/device", OBSERVE_DIGEST);
	assert_int_equal(node.kind, NODE_OTHER);
	assert_int_equal(observe_content(&t->root, "/device", &content, NULL), -EINVAL);
}

static void test_file(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *want = digest_new("content", 7);
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(node_clear) struct node quick = {0};
	struct stat st;

	make_each_kind(t);
	assert_int_equal(linkat(t->fd, "file", t->fd, "second", 0), 0);
	assert_int_equal(fstatat(t->fd, "file", &st, 0), 0);
	node = look(t, "/file", OBSERVE_DIGEST);
	assert_string_equal(node.data, want);
	assert_int_equal(node.size, 7);
	assert_int_equal(node.nlink, 2);
	assert_int_equal(node.ino, st.st_ino);
	assert_int_equal(node.dev, st.st_dev);
	assert_int_equal(node.gid, st.st_gid);
	assert_memory_equal(&node.mtime, &st.st_mtim, sizeof(st.st_mtim));
	quick = look(t, "/file", 0);
	assert_null(quick.data);
	assert_true(node_equal(&node, &quick));
}

static void test_link(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *target = xcalloc(1, 2001);
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(node_clear) struct node node = {0};

	memset(target, 't', 2000);
	assert_int_equal(symlinkat(target, t->fd, "long"), 0);
	assert_int_equal(root_walk_nofollow(&t->root, "/long", &w, NULL), 0);
	assert_int_equal(observe_walk(&w, OBSERVE_DIGEST, &node, NULL), 0);
	assert_int_equal(node.kind, NODE_SYMLINK);
	assert_string_equal(node.data, target);
}

static void test_canonical_path(void **state)
{
	const struct temp_directory *t = *state;
	static const struct {
		const char *path, *want;
	} cases[] = {
		{"/link", "/file"}, {"/dir/", "/dir"},      {"/none/x", "/none/x"},
		{"/", "/"},         {"/file/x", "/file/x"},
	};

	make_each_kind(t);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(node_clear) struct node node = {0};
		CLEANUP(freep) char *path = NULL;

		assert_int_equal(observe(&t->root, cases[i].path, 0, &node, &path, NULL), 0);
		assert_string_equal(path, cases[i].want);
	}
}

/* A path that is refused is an error; one that cannot be looked into is unknown. */
static void test_errors(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(node_clear) struct node node = {.kind = NODE_OTHER};
	CLEANUP(freep) char *path = NULL;

	make_each_kind(t);
	assert_int_equal(fchmodat(t->fd, "dir", 0777, 0), 0);
	assert_int_equal(symlinkat("../file", t->fd, "dir/link"), 0);
	assert_int_equal(observe(&t->root, "/dir/link", 0, &node, &path, &err), -ELOOP);
	assert_int_equal(observe(&t->root, "/dir/../file", 0, &node, &path, &err), -EINVAL);
	assert_int_equal(node.kind, NODE_OTHER);
	assert_null(path);
	node = look(t, "/file/x", 0);
	assert_int_equal(node.kind, NODE_UNKNOWN);
	assert_int_equal(node.error, -ENOTDIR);
}

static void test_unreadable(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(node_clear) struct node inside = {0};
	CLEANUP(node_clear) struct node file = {0};
	CLEANUP(node_clear) struct node quick = {0};
	CLEANUP(buf_clear) struct buf content = {0};

	if (geteuid() == 0)
		SKIP_BECAUSE("root may read everything");
	make_each_kind(t);
	temp_directory_write(t, "dir/file", "x");
	assert_int_equal(fchmodat(t->fd, "dir", 0000, 0), 0);
	assert_int_equal(fchmodat(t->fd, "file", 0000, 0), 0);
	inside = look(t, "/dir/file", 0);
	file = look(t, "/file", OBSERVE_DIGEST);
	quick = look(t, "/file", 0);
	assert_int_equal(inside.kind, NODE_UNKNOWN);
	assert_int_equal(inside.error, -EACCES);
	assert_int_equal(file.kind, NODE_UNKNOWN);
	assert_int_equal(file.error, -EACCES);
	assert_int_equal(quick.kind, NODE_FILE);
	assert_int_equal(quick.mode, 0);
	assert_int_equal(observe_content(&t->root, "/file", &content, NULL), -EACCES);
	assert_int_equal(fchmodat(t->fd, "dir", 0700, 0), 0);
}

static void test_out_of_descriptors(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(error_clear) struct error err = {0};
	struct node node = {.kind = NODE_OTHER};
	struct rlimit before, none;
	int r;

	temp_directory_write(t, "file", "x");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	r = observe(&t->root, "/file", 0, &node, NULL, &err);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(r, -EMFILE);
	assert_int_equal(node.kind, NODE_OTHER);
	assert_non_null(err.text);
}

static void set_acl(const struct temp_directory *t, const char *name, acl_type_t type,
		    const char *text)
{
	CLEANUP(acl_freep) acl_t acl = NULL;
	CLEANUP(freep) char *path = xasprintf("%s/%s", t->path, name);

	assert_int_equal(acl_text_to_acl(text, &acl, NULL), 0);
	assert_int_equal(acl_set_file(path, type, acl), 0);
}

static void test_acls(void **state)
{
	const struct temp_directory *t = *state;
	static const char access[] = "user::rw-,user:1000:rwx,group::r--,mask::rw-,other::r--";
	static const char on_dir[] = "user::rwx,group::r-x,other::---";
	CLEANUP(node_clear) struct node file = {0};
	CLEANUP(node_clear) struct node socket = {0};
	CLEANUP(node_clear) struct node dir = {0};

	make_each_kind(t);
	set_acl(t, "file", ACL_TYPE_ACCESS, access);
	set_acl(t, "socket", ACL_TYPE_ACCESS, access);
	set_acl(t, "dir", ACL_TYPE_DEFAULT, on_dir);
	file = look(t, "/file", 0);
	socket = look(t, "/socket", 0);
	dir = look(t, "/dir", 0);
	assert_string_equal(file.acl, access);
	assert_string_equal(socket.acl, access);
	assert_null(dir.acl);
	assert_string_equal(dir.default_acl, on_dir);
	assert_int_equal(file.nxattrs + socket.nxattrs + dir.nxattrs, 0);
	assert_int_equal(file.mode & 0777, 0664);
}

static void test_xattrs(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/file", t->path);
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(freep) char *big = xcalloc(1, 3000);

	temp_directory_write(t, "file", "x");
	if (setxattr(path, "user.b", "a\0b", 3, 0) < 0)
		SKIP_BECAUSE("the file system has no user attributes");
	assert_int_equal(setxattr(path, "user.a", "", 0, 0), 0);
	assert_int_equal(setxattr(path, "user.big", big, 3000, 0), 0);
	node = look(t, "/file", 0);
	assert_int_equal(node.nxattrs, 3);
	assert_string_equal(node.xattrs[0].name, "user.a");
	assert_int_equal(node.xattrs[0].len, 0);
	assert_string_equal(node.xattrs[1].name, "user.b");
	assert_int_equal(node.xattrs[1].len, 3);
	assert_memory_equal(node.xattrs[1].value, "a\0b", 3);
	assert_int_equal(node.xattrs[2].len, 3000);
}

/* By its name in a directory that is open it is read as by its path. */
static void same_in_directory(const struct temp_directory *t, const char *name, int code,
			      const char *bytes)
{
	CLEANUP(walk_clear) struct walk top = WALK_INIT;
	CLEANUP(buf_clear) struct buf content = {0};

	assert_int_equal(root_look(&t->root, "/", &top, NULL), 0);
	assert_int_equal(observe_content_in(&t->root, &top, name, &content, NULL), code);
	assert_string_equal(buf_str(&content), bytes);
}

static void test_content(void **state)
{
	const struct temp_directory *t = *state;
	static const struct {
		const char *path;
		int code;
		const char *bytes;
	} cases[] = {
		{"/file", 0, "content"}, {"/link", 0, "content"}, {"/empty", 0, ""},
		{"/none", -ENOENT},      {"/none/none", -ENOENT}, {"/dir", -EISDIR},
		{"/fifo", -EINVAL},      {"/socket", -EINVAL},    {"/big", -EFBIG},
		{"/file/x", -ENOTDIR},
	};
	int fd;

	make_each_kind(t);
	temp_directory_write(t, "empty", "");
	temp_directory_write(t, "big", "");
	fd = openat(t->fd, "big", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, OBSERVE_MAX_CONTENT + 1L), 0);
	close(fd);
	alarm(HANG_SECONDS);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf content = {0};
		CLEANUP(freep)
		char *want = xasprintf("before %s", cases[i].bytes ? cases[i].bytes : "");

		buf_puts(&content, "before ");
		assert_int_equal(observe_content(&t->root, cases[i].path, &content, &err),
				 cases[i].code);
		assert_string_equal(buf_str(&content), want);
		if (cases[i].code < 0 && !strstr(error_text(&err), cases[i].path))
			fail_msg("%s does not name %s", error_text(&err), cases[i].path);
		same_in_directory(t, cases[i].path + 1, cases[i].code, buf_str(&content) + 7);
	}
	alarm(0);
}

/* Files in /proc have content and no size. */
static void test_content_without_size(void **state)
{
	CLEANUP(buf_clear) struct buf content = {0};
	struct root r;

	assert_int_equal(root_open(&r, "/", NULL), 0);
	assert_int_equal(observe_content(&r, "/proc/sys/kernel/ostype", &content, NULL), 0);
	assert_string_equal(buf_str(&content), "Linux\n");
	root_close(&r);
}

/* Nothing that is looked at gets a new access time. */
static void test_no_trace(void **state)
{
	const struct temp_directory *t = *state;
	const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_nsec = UTIME_OMIT}};
	static const char *const names[] = {"file", "dir"};
	CLEANUP(strv_clear) struct strv children = {0};
	CLEANUP(node_clear) struct node node = {0};

	make_each_kind(t);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(utimensat(t->fd, names[i], old, 0), 0);
	node = look(t, "/file", OBSERVE_DIGEST);
	assert_int_equal(observe_children(&t->root, "/dir", &children, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct stat st;

		assert_int_equal(fstatat(t->fd, names[i], &st, 0), 0);
		assert_int_equal(st.st_atim.tv_sec, 1000);
	}
}

static void test_children(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *joined = NULL;

	make_each_kind(t);
	temp_directory_write(t, "dir/b", "");
	temp_directory_write(t, "dir/.hidden", "");
	temp_directory_write(t, "dir/a\nb", "");
	strv_add(&names, "z");
	assert_int_equal(observe_children(&t->root, "/dir", &names, NULL), 0);
	joined = strv_join(&names, "|");
	assert_string_equal(joined, "z|.hidden|a\nb|b");
	assert_int_equal(observe_children(&t->root, "/none", &names, &err), -ENOENT);
	assert_int_equal(observe_children(&t->root, "/file", &names, &err), -ENOTDIR);
	assert_int_equal(observe_children(&t->root, "/fifo", &names, &err), -ENOTDIR);
	assert_int_equal(names.count, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_kinds),
		TEMP_DIRECTORY_TEST(test_device),
		TEMP_DIRECTORY_TEST(test_file),
		TEMP_DIRECTORY_TEST(test_link),
		TEMP_DIRECTORY_TEST(test_canonical_path),
		TEMP_DIRECTORY_TEST(test_errors),
		TEMP_DIRECTORY_TEST(test_unreadable),
		TEMP_DIRECTORY_TEST(test_out_of_descriptors),
		TEMP_DIRECTORY_TEST(test_acls),
		TEMP_DIRECTORY_TEST(test_xattrs),
		TEMP_DIRECTORY_TEST(test_content),
		cmocka_unit_test(test_content_without_size),
		TEMP_DIRECTORY_TEST(test_no_trace),
		TEMP_DIRECTORY_TEST(test_children),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
