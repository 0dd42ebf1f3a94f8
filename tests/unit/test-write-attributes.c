#include "tests/unit/temp-directory.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

#include "engine/host/read/observe.h"
#include "engine/host/write/write.h"

/* Version 2, effective, cap_net_bind_service permitted: linux/capability.h, struct vfs_cap_data. */
#define CAPABILITY                                                                                 \
	"\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
#define CAPABILITY_LEN 20

struct look {
	const char *name;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	const char *acl;
	const char *default_acl; /* directories only */
	bool user_xattr, capability;
};

/* Every pair of these is walked, as a file, a directory and a socket. */
static const struct look looks[] = {
	{"plain", 0644},
	{"closed", 0000},
	{"wide", 0666},
	{"setuid", 04755, .capability = true},
	{"setgid", 02755, 1000, 1000},
	{"sticky", 01777},
	{"other owner", 0640, 1000, 1001, .capability = true},
	{"setuid of other", 06711, 1000, 1000},
	{"xattr", 0640, .user_xattr = true},
	{"acl", 0664, .acl = "user::rw-,user:1000:rwx,group::r--,mask::rw-,other::r--"},
	{"acl, closed", 0600, .acl = "user::rw-,user:1000:r--,group::---,mask::---,other::---"},
	{"acl, setuid, owner", 06750, 1000, 1000,
	 "user::rwx,group::r-x,group:5:rwx,mask::r-x,other::---", .capability = true},
	{"default acl", 0755, .default_acl = "user::rwx,group::r-x,other::r-x"},
	{"both acls", 0775, 0, 1000, "user::rwx,group::r-x,mask::rwx,other::r-x",
	 "user::rwx,user:1:---,group::r-x,mask::r-x,other::---", true},
};

static bool has_user_xattrs(const struct temp_directory *t)
{
	return fsetxattr(t->fd, "user.probe", "x", 1, 0) == 0;
}

static void add_xattr(struct node *n, const char *name, const void *value, size_t len)
{
	struct xattr *x = array_append(&n->xattrs, &n->nxattrs, sizeof(*x));

	*x = (struct xattr){xstrdup(name), xmemdup(value, len), len};
}

/* An ordinary user has his own ids and no capabilities to give. */
static struct node make_node(const struct look *l, enum node_kind kind, bool user_xattrs)
{
	bool root = geteuid() == 0;
	struct node n = {
		.kind = kind,
		.mode = l->mode,
		.uid = root ? l->uid : geteuid(),
		.gid = root ? l->gid : getegid(),
		.acl = xstrdup_null(l->acl),
		.default_acl = kind == NODE_DIR ? xstrdup_null(l->default_acl) : NULL,
	};

	if (l->capability && kind == NODE_FILE && root)
		add_xattr(&n, "security.capability", CAPABILITY, CAPABILITY_LEN);
	if (l->user_xattr && user_xattrs && kind != NODE_SOCKET && root)
		add_xattr(&n, "user.test", "value", 5);
	return n;
}

static void make_thing(const struct temp_directory *t, enum node_kind kind)
{
	if (kind == NODE_DIR)
		assert_int_equal(mkdirat(t->fd, "thing", 0755), 0);
	else if (kind == NODE_SOCKET)
		assert_int_equal(mknodat(t->fd, "thing", S_IFSOCK | 0644, 0), 0);
	else
		temp_directory_write(t, "thing", "x");
}

static void assert_like(int fd, const struct node *want, const char *from, const char *to)
{
	CLEANUP(node_clear) struct node now = {0};
	CLEANUP(freep) char *difference = NULL;

	assert_int_equal(observe_fd(fd, 0, &now, NULL), 0);
	difference = node_difference(&now, want);
	if (*difference)
		fail_msg("from '%s' to '%s': %s differ", from, to, difference);
}

static void go(int fd, const struct node *node, const char *from, const char *to)
{
	CLEANUP(error_clear) struct error err = {0};

	if (write_attributes(fd, node, &err) < 0)
		fail_msg("from '%s' to '%s': %s", from, to, error_text(&err));
	assert_like(fd, node, from, to);
}

static void walk_pairs(const struct temp_directory *t, enum node_kind kind)
{
	bool user_xattrs = has_user_xattrs(t);
	CLEANUP(close_fd) int fd = -1;

	make_thing(t, kind);
	fd = temp_directory_path_fd(t, "thing");
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++)
		for (size_t j = 0; j < ARRAY_SIZE(looks); j++) {
			CLEANUP(node_clear) struct node a = make_node(&looks[i], kind, user_xattrs);
			CLEANUP(node_clear) struct node b = make_node(&looks[j], kind, user_xattrs);

			go(fd, &a, looks[j].name, looks[i].name);
			go(fd, &b, looks[i].name, looks[j].name);
		}
}

static void test_all_pairs_of_a_file(void **state)
{
	walk_pairs(*state, NODE_FILE);
}

static void test_all_pairs_of_a_directory(void **state)
{
	walk_pairs(*state, NODE_DIR);
}

static void test_all_pairs_of_a_socket(void **state)
{
	walk_pairs(*state, NODE_SOCKET);
}

/* What is right already is not touched: every call would give a new change time. */
static void test_nothing_to_do(void **state)
{
	const struct temp_directory *t = *state;
	const struct timespec tick = {.tv_nsec = 20000000};
	bool user_xattrs = has_user_xattrs(t);
	CLEANUP(close_fd) int fd = -1;

	make_thing(t, NODE_FILE);
	fd = temp_directory_path_fd(t, "thing");
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		CLEANUP(node_clear) struct node node = make_node(&looks[i], NODE_FILE, user_xattrs);
		struct stat before, after;

		go(fd, &node, "", looks[i].name);
		assert_int_equal(fstat(fd, &before), 0);
		nanosleep(&tick, NULL);
		go(fd, &node, looks[i].name, looks[i].name);
		assert_int_equal(fstat(fd, &after), 0);
		assert_memory_equal(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim));
	}
}

static void test_refused(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(close_fd) int fd = -1;
	CLEANUP(node_clear) struct node before = {0};
	const struct {
		struct node node;
		const char *says;
	} cases[] = {
		{{.kind = NODE_DIR, .mode = 0600}, "it is a file, not a dir"},
		{{.kind = NODE_ABSENT}, "it is a file, not nothing"},
		{{.kind = NODE_FILE, .mode = 0600, .acl = xstrdup("user::rw-")}, "lacks"},
		{{.kind = NODE_FILE,
		  .mode = 0640,
		  .acl = xstrdup("user::rw-,user:1:r--,group::r--,mask::rw-,other::---")},
		 "mode 0640 does not go with"},
	};

	make_thing(t, NODE_FILE);
	fd = temp_directory_path_fd(t, "thing");
	assert_int_equal(observe_fd(fd, 0, &before, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(write_attributes(fd, &cases[i].node, &err), -EINVAL);
		if (!strstr(error_text(&err), cases[i].says))
			fail_msg("%s", error_text(&err));
		assert_like(fd, &before, "before", "refused");
		free(cases[i].node.acl);
	}
}

static void test_link_owner(void **state)
{
	const struct temp_directory *t = *state;
	const struct node node = {.kind = NODE_SYMLINK, .uid = 1000, .gid = 1001, .mode = 0777};
	CLEANUP(close_fd) int fd = -1;
	struct stat link, target;

	if (geteuid() != 0)
		SKIP_BECAUSE("needs root");
	make_thing(t, NODE_FILE);
	assert_int_equal(symlinkat("thing", t->fd, "link"), 0);
	fd = temp_directory_path_fd(t, "link");
	assert_int_equal(write_attributes(fd, &node, NULL), 0);
	assert_int_equal(fstatat(t->fd, "link", &link, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(fstatat(t->fd, "thing", &target, 0), 0);
	assert_int_equal(link.st_uid, 1000);
	assert_int_equal(link.st_gid, 1001);
	assert_int_equal(target.st_uid, 0);
}

static void test_not_permitted(void **state)
{
	const struct temp_directory *t = *state;
	struct node node = {.kind = NODE_FILE, .mode = 0644, .uid = 1, .gid = getegid()};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(close_fd) int fd = -1;

	if (geteuid() == 0)
		SKIP_BECAUSE("root may give files away");
	make_thing(t, NODE_FILE);
	fd = temp_directory_path_fd(t, "thing");
	assert_int_equal(write_attributes(fd, &node, &err), -EPERM);
	assert_non_null(strstr(error_text(&err), "/thing'"));
}

/* From here on this process cannot change a mode but by an ACL. */
static void forbid_chmod(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef SYS_chmod
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_chmod, 1, 0),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fchmodat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {.len = ARRAY_SIZE(filter), .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(77);
}

/*
 * ACL and permissions change in one step, so that the group never has the mask's rights, and
 * a crash leaves either the old or the new. In a child; exit codes: 77 no filter, else which step.
 */
static int change_acl_without_chmod(int fd)
{
	const struct node with = {
		.kind = NODE_FILE,
		.mode = 0660,
		.uid = geteuid(),
		.gid = getegid(),
		.acl = xstrdup("user::rw-,user:7:rw-,group::---,mask::rw-,other::---")};
	struct node without = {.kind = NODE_FILE, .mode = 0604, .uid = geteuid(), .gid = getegid()};

	forbid_chmod();
	if (write_attributes(fd, &with, NULL) < 0)
		return 1;
	if (write_attributes(fd, &without, NULL) < 0)
		return 2;
	without.mode = 0600;
	if (write_attributes(fd, &without, NULL) != -ENOTTY)
		return 3; /* the filter does nothing */
	return 0;
}

static void test_acl_in_one_step(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(close_fd) int fd = -1;
	pid_t child;
	int status;

	make_thing(t, NODE_FILE);
	fd = temp_directory_path_fd(t, "thing");
	child = fork();
	if (child == 0)
		_exit(change_acl_without_chmod(fd));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		SKIP_BECAUSE("no seccomp filters here");
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* A file that was replaced meanwhile is not touched: the descriptor is what counts. */
static void test_replaced(void **state)
{
	const struct temp_directory *t = *state;
	const struct node node = {
		.kind = NODE_FILE, .mode = 0600, .uid = geteuid(), .gid = getegid()};
	CLEANUP(close_fd) int fd = -1;
	struct stat st;

	make_thing(t, NODE_FILE);
	fd = temp_directory_path_fd(t, "thing");
	assert_int_equal(unlinkat(t->fd, "thing", 0), 0);
	temp_directory_write(t, "thing", "another");
	assert_int_equal(write_attributes(fd, &node, NULL), 0);
	assert_int_equal(fstatat(t->fd, "thing", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
}

static void assert_flags(const struct temp_directory *t, int fd, unsigned flags)
{
	CLEANUP(node_clear) struct node node = {0};

	assert_int_equal(observe_fd(fd, 0, &node, NULL), 0);
	assert_int_equal(node.flags, flags);
}

static void test_flags(void **state)
{
	const struct temp_directory *t = *state;
	static const unsigned rounds[] = {NODE_IMMUTABLE, NODE_APPEND_ONLY,
					  NODE_IMMUTABLE | NODE_APPEND_ONLY, 0};
	static const char *const names[] = {"file", "dir"};

	temp_directory_write(t, "file", "x");
	assert_int_equal(mkdirat(t->fd, "dir", 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(close_fd) int fd = temp_directory_path_fd(t, names[i]);

		for (size_t j = 0; j < ARRAY_SIZE(rounds); j++) {
			int r = write_flags(fd, rounds[j], NULL);

			if (r == -EOPNOTSUPP || r == -EPERM)
				SKIP_BECAUSE("no flags for this user or file system");
			assert_int_equal(r, 0);
			assert_flags(t, fd, rounds[j]);
		}
		assert_int_equal(write_flags(fd, 0, NULL), 0);
	}
}

static void test_flags_of_others(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(close_fd) int fd = -1;

	assert_int_equal(mkfifoat(t->fd, "fifo", 0600), 0);
	fd = temp_directory_path_fd(t, "fifo");
	assert_int_equal(write_flags(fd, 0, &err), 0);
	assert_int_equal(write_flags(fd, NODE_IMMUTABLE, &err), -EOPNOTSUPP);
	assert_non_null(strstr(error_text(&err), "/fifo'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_all_pairs_of_a_file),
		TEMP_DIRECTORY_TEST(test_all_pairs_of_a_directory),
		TEMP_DIRECTORY_TEST(test_all_pairs_of_a_socket),
		TEMP_DIRECTORY_TEST(test_nothing_to_do),
		TEMP_DIRECTORY_TEST(test_refused),
		TEMP_DIRECTORY_TEST(test_link_owner),
		TEMP_DIRECTORY_TEST(test_not_permitted),
		TEMP_DIRECTORY_TEST(test_acl_in_one_step),
		TEMP_DIRECTORY_TEST(test_replaced),
		TEMP_DIRECTORY_TEST(test_flags),
		TEMP_DIRECTORY_TEST(test_flags_of_others),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
