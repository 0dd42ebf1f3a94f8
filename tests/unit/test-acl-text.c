#include "tests/unit/temp-folder.h"

#include <grp.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "engine/host/read/acl-text.h"
#include "engine/host/read/node-attributes.h"
#include "engine/host/write/write.h"

/*
 * The C library's functions that libacl and engine/host call, in this program's own form: with
 * `served` set, every file has the attribute `served_name` with these bytes, so that what no
 * kernel of ours would store can be read; names of users and groups may never be asked for.
 */
static const struct buf *served;
static const char *served_name = ACL_ACCESS_XATTR;
static unsigned values_read, names_asked;
static unsigned too_small; /* so many times the value has just grown */

static ssize_t serve(const void *bytes, size_t n, void *ret, size_t size)
{
	if (size && (size < n || too_small > 0)) {
		too_small -= too_small > 0;
		errno = ERANGE;
		return -1;
	}
	if (size)
		memcpy(ret, bytes, n);
	return (ssize_t)n;
}

ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	values_read++;
	if (!served)
		return syscall(SYS_getxattr, path, name, value, size);
	return serve(served->data, served->len, value, size);
}

ssize_t listxattr(const char *path, char *list, size_t size)
{
	size_t n = strlen(served_name) + 1;

	if (!served)
		return syscall(SYS_listxattr, path, list, size);
	if (size)
		memcpy(list, served_name, n);
	return (ssize_t)n;
}

struct passwd *getpwnam(const char *name)
{
	names_asked++;
	return NULL;
}

struct group *getgrnam(const char *name)
{
	names_asked++;
	return NULL;
}

static const struct {
	const char *given;
	const char *canonical; /* NULL: as given */
	mode_t mode;
} good[] = {
	{"user::rw-,user:1000:rwx,group::r--,mask::rwx,other::r--", .mode = 0674},
	{"user::rwx,group::r-x,other::---", .mode = 0750},
	{"user::---,group::---,other::---", .mode = 0},
	{"user::rw-,group::rwx,mask::r--,other::---", .mode = 0640},
	{"user::rw-,group::r--,group:0:rw-,mask::rw-,other::---", .mode = 0660},
	{"user::r--,user:0:---,user:4294967294:--x,group::-w-,group:7:r-x,mask::-wx,other::--x",
	 .mode = 0431},
	{"other::r--,mask::rwx,group::r--,user:1000:rwx,user::rw-",
	 "user::rw-,user:1000:rwx,group::r--,mask::rwx,other::r--", 0674},
	{"u::rw,u:20:x,u:3:r,g::-,m::rx,o::-",
	 "user::rw-,user:3:r--,user:20:--x,group::---,mask::r-x,other::---", 0650},
	{" user::rw- ,\n group::r--\tother::r--\n", "user::rw-,group::r--,other::r--", 0644},
};

static const char *const bad[] = {
	"",
	"user::rw-",
	"user::rw-,group::r--",
	"user::rw-,group::,other::r--",
	"user::rw-,user:1000:rwx,group::r--,other::r--",
	"user::rw-,user::rw-,group::r--,other::r--",
	"user::rw-,user:1:r--,user:1:rw-,group::r--,mask::rwx,other::r--",
	"user::rw-,user:root:rwx,group::r--,mask::rwx,other::r--",
	"user::rw-,user:-1:rwx,group::r--,mask::rwx,other::r--",
	"user::rw-,user:4294967295:rwx,group::r--,mask::rwx,other::r--",
	"user::rw-,user:99999999999:rwx,group::r--,mask::rwx,other::r--",
	"user::rw-,group::r--,mask:1:rwx,other::r--",
	"user::rw-,group::r--,other:1:r--",
	"user::rwX,group::r--,other::r--",
	"user::rwxr,group::r--,other::r--",
	"user::rw-:,group::r--,other::r--",
	"owner::rw-,group::r--,other::r--",
	"default:user::rw-,group::r--,other::r--",
	"user:rw-,group::r--,other::r--",
	"nonsense",
	/* what libacl by itself would take, or look up */
	"user::rw-group::r--,other::r--",
	"user::rw-,group::r--,other:r--",
	"user::rw-,group::r--,other::r--#x",
	"#x\nuser::rw-,group::r--,other::r--",
	"user::rw-,user:010:r--,group::r--,mask::rwx,other::r--",
	"user::rw-,user:0x10:r--,group::r--,mask::rwx,other::r--",
	"user::rw-,group::r--,group:daemon:r--,mask::rwx,other::r--",
	"user::rw-,user:4294968296:rwx,group::r--,mask::rwx,other::r--",
};

/* An ACL as the kernel's attribute: linux/posix_acl_xattr.h. */
#define NO_ID UINT32_MAX

struct raw_entry {
	uint16_t tag, perm;
	uint32_t id;
};

static void put_little(struct buf *to, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		buf_putc(to, (char)(value >> 8 * i & 0xff));
}

static void put_entry(struct buf *to, unsigned tag, unsigned perm, uint32_t id)
{
	if (to->len == 0)
		put_little(to, 2, 4);
	put_little(to, tag, 2);
	put_little(to, perm, 2);
	put_little(to, id, 4);
}

static void put_entries(struct buf *to, const struct raw_entry *entries)
{
	for (; entries->tag; entries++)
		put_entry(to, entries->tag, entries->perm, entries->id);
}

/* What is read of a file with this attribute. */
static int read_bytes(const struct buf *bytes, const char *name, struct node *node,
		      struct error *err)
{
	int r;

	served = bytes;
	served_name = name;
	values_read = 0;
	r = node_read_xattrs(STDIN_FILENO, node, err);
	served = NULL;
	return r;
}

static char *round_trip(const char *text, bool access)
{
	CLEANUP(acl_freep) acl_t acl = NULL;
	CLEANUP(error_clear) struct error err = {0};
	char *again = NULL;

	if (acl_text_to_acl(text, &acl, &err) < 0)
		fail_msg("%s", error_text(&err));
	if (acl_text_from_acl(acl, access, &again, &err) < 0)
		fail_msg("%s: %s", text, error_text(&err));
	return again;
}

static void test_good(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		const char *want = good[i].canonical ? good[i].canonical : good[i].given;
		CLEANUP(freep) char *text = NULL;
		mode_t mode = 07777;

		text = round_trip(good[i].given, false);
		assert_string_equal(text, want);
		assert_int_equal(acl_text_mode(good[i].given, &mode, NULL), 0);
		assert_int_equal(mode, good[i].mode);
	}
	assert_int_equal(names_asked, 0);
}

static void test_bad(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(error_clear) struct error err = {0};
		acl_t acl = NULL;
		mode_t mode = 07777;

		if (acl_text_to_acl(bad[i], &acl, &err) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_non_null(err.text);
		assert_null(acl);
		assert_int_equal(acl_text_mode(bad[i], &mode, NULL), -EINVAL);
		assert_int_equal(mode, 07777);
	}
	assert_int_equal(names_asked, 0);
}

/* An access ACL of three entries is the mode and no ACL; a default one is something. */
static void test_plain(void **state)
{
	CLEANUP(freep) char *text = round_trip("user::rw-,group::r--,other::r--", true);
	CLEANUP(freep)
	char *with_mask = round_trip("user::rw-,group::r--,mask::r--,other::r--", true);

	assert_null(text);
	assert_string_equal(with_mask, "user::rw-,group::r--,mask::r--,other::r--");
}

static const struct {
	const char *text; /* NULL: it is refused; "": none */
	struct raw_entry entries[8];
} values[] = {
	{"", {{0}}},
	{"", {{1, 6, NO_ID}, {4, 4, NO_ID}, {0x20, 4, NO_ID}}},
	{"user::rw-,user:5:rwx,group::r--,mask::rwx,other::r--",
	 {{1, 6, NO_ID}, {2, 7, 5}, {4, 4, NO_ID}, {0x10, 7, NO_ID}, {0x20, 4, NO_ID}}},
	{"user::rw-,user:3:-w-,user:5:--x,group::r--,group:4294967294:---,mask::rwx,other::r--",
	 {{0x20, 4, NO_ID},
	  {2, 1, 5},
	  {0x10, 7, NO_ID},
	  {8, 0, 4294967294},
	  {4, 4, 77},
	  {2, 2, 3},
	  {1, 6, NO_ID}}},
	{NULL, {{1, 6, NO_ID}}},
	{NULL, {{1, 6, NO_ID}, {4, 4, NO_ID}}},
	{NULL, {{1, 6, NO_ID}, {1, 6, NO_ID}, {4, 4, NO_ID}, {0x20, 4, NO_ID}}},
	{NULL, {{1, 6, NO_ID}, {2, 7, 5}, {4, 4, NO_ID}, {0x20, 4, NO_ID}}},
	{NULL,
	 {{1, 6, NO_ID}, {2, 7, 5}, {2, 7, 5}, {4, 4, NO_ID}, {0x10, 7, NO_ID}, {0x20, 4, NO_ID}}},
	{NULL, {{1, 6, NO_ID}, {2, 7, NO_ID}, {4, 4, NO_ID}, {0x10, 7, NO_ID}, {0x20, 4, NO_ID}}},
	{NULL, {{1, 14, NO_ID}, {4, 4, NO_ID}, {0x20, 4, NO_ID}}},
	{NULL, {{1, 6, NO_ID}, {4, 4, NO_ID}, {0x20, 0xfff4, NO_ID}}},
	{NULL, {{1, 6, NO_ID}, {4, 4, NO_ID}, {0x20, 4, NO_ID}, {0x40, 4, NO_ID}}},
	{NULL, {{1, 6, NO_ID}, {4, 4, NO_ID}, {0x20, 4, NO_ID}, {3, 4, NO_ID}}},
};

static void test_values(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf bytes = {0};
		CLEANUP(node_clear) struct node node = {0};
		int r;

		put_entries(&bytes, values[i].entries);
		if (bytes.len == 0)
			put_little(&bytes, 2, 4);
		r = read_bytes(&bytes, ACL_ACCESS_XATTR, &node, &err);
		if (r != (values[i].text ? 0 : -EINVAL))
			fail_msg("value %zu: %d, %s", i, r, error_text(&err));
		assert_true((r < 0) == (err.text != NULL));
		if (values[i].text && *values[i].text)
			assert_string_equal(node.acl, values[i].text);
		else
			assert_null(node.acl);
		assert_int_equal(node.nxattrs, 0);
		assert_null(node.default_acl);
		assert_int_equal(values_read, 1);
	}
}

static void plain_value(struct buf *ret)
{
	static const struct raw_entry entries[] = {
		{1, 6, NO_ID}, {4, 4, NO_ID}, {0x20, 4, NO_ID}, {0}};

	put_entries(ret, entries);
}

static void test_default(void **state)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(node_clear) struct node node = {0};

	plain_value(&bytes);
	assert_int_equal(read_bytes(&bytes, ACL_DEFAULT_XATTR, &node, NULL), 0);
	assert_null(node.acl);
	assert_string_equal(node.default_acl, "user::rw-,group::r--,other::r--");
}

/* One that grows while it is read is read again; one that never stops growing is not waited for. */
static void test_growing(void **state)
{
	static const struct {
		unsigned times;
		int code;
	} cases[] = {{0, 0}, {1, 0}, {4, 0}, {1000000, -ERANGE}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(buf_clear) struct buf bytes = {0};
		CLEANUP(node_clear) struct node node = {0};

		plain_value(&bytes);
		too_small = cases[i].times;
		assert_int_equal(read_bytes(&bytes, ACL_DEFAULT_XATTR, &node, NULL), cases[i].code);
		assert_true((node.default_acl != NULL) == (cases[i].code == 0));
	}
	too_small = 0;
}

/* Cut off anywhere, with any byte of it changed. */
static void test_broken_values(void **state)
{
	CLEANUP(buf_clear) struct buf bytes = {0};

	plain_value(&bytes);
	for (size_t n = 1; n < bytes.len; n++) {
		CLEANUP(node_clear) struct node node = {0};
		CLEANUP(freep) char *cut = xmemdup(bytes.data, n);
		const struct buf value = {.data = cut, .len = n};
		int r = read_bytes(&value, ACL_DEFAULT_XATTR, &node, NULL);

		assert_int_equal(r, n == 4 ? 0 : -EINVAL); /* a header alone is an empty ACL */
		assert_null(node.default_acl);
	}
	for (size_t at = 0; at < bytes.len; at++) {
		CLEANUP(node_clear) struct node node = {0};
		CLEANUP(freep) char *changed = xmemdup(bytes.data, bytes.len);
		const struct buf value = {.data = changed, .len = bytes.len};
		bool is_id = at >= 4 && (at - 4) % 8 >= 4; /* of entries that have none */

		changed[at] = (char)0x5a;
		assert_int_equal(read_bytes(&value, ACL_DEFAULT_XATTR, &node, NULL),
				 is_id ? 0 : -EINVAL);
		assert_true(is_id == (node.default_acl != NULL));
	}
}

/* As much as an attribute may hold, and noise. */
static void test_big_values(void **state)
{
	const unsigned most = (65536 - 4) / 8;
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(buf_clear) struct buf bytes = {0};

	put_entry(&bytes, 1, 7, NO_ID);
	for (unsigned i = most - 4; i > 0; i--)
		put_entry(&bytes, 2, 5, 1000000 + i);
	put_entry(&bytes, 4, 5, NO_ID);
	put_entry(&bytes, 0x10, 5, NO_ID);
	put_entry(&bytes, 0x20, 5, NO_ID);
	assert_int_equal(read_bytes(&bytes, ACL_ACCESS_XATTR, &node, NULL), 0);
	assert_int_equal(strncmp(node.acl, "user::rwx,user:1000001:r-x,user:1000002:", 40), 0);
	srandom(3);
	for (unsigned i = 0; i < 500; i++) {
		CLEANUP(node_clear) struct node none = {0};

		bytes.len = 4;
		while (bytes.len < 4 + 8 * (i % 40 + 1))
			buf_putc(&bytes, (char)random());
		assert_int_equal(read_bytes(&bytes, ACL_ACCESS_XATTR, &none, NULL), -EINVAL);
		assert_null(none.acl);
	}
}

/* An ACL as text and as the kernel's bytes, each made by itself. */
static void add_entry(struct buf *text, struct buf *bytes, const char *name, unsigned tag,
		      uint32_t id)
{
	unsigned perm = (unsigned)random() % 8;

	buf_printf(text, "%s%s:", text->len ? "," : "", name);
	if (id != NO_ID)
		buf_printf(text, "%u", id);
	buf_printf(text, ":%c%c%c", perm & 4 ? 'r' : '-', perm & 2 ? 'w' : '-',
		   perm & 1 ? 'x' : '-');
	put_entry(bytes, tag, perm, id);
}

static void add_named(struct buf *text, struct buf *bytes, const char *name, unsigned tag)
{
	uint32_t id = 0;

	for (unsigned i = (unsigned)random() % 4; i > 0; i--) {
		id += 1 + (uint32_t)random() % 70000;
		add_entry(text, bytes, name, tag, id);
	}
}

static void random_acl(struct buf *text, struct buf *bytes)
{
	add_entry(text, bytes, "user", 1, NO_ID);
	add_named(text, bytes, "user", 2);
	add_entry(text, bytes, "group", 4, NO_ID);
	add_named(text, bytes, "group", 8);
	add_entry(text, bytes, "mask", 0x10, NO_ID);
	add_entry(text, bytes, "other", 0x20, NO_ID);
}

static void test_random_values(void **state)
{
	srandom(1);
	for (int i = 0; i < 2000; i++) {
		CLEANUP(node_clear) struct node node = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(buf_clear) struct buf bytes = {0};
		CLEANUP(freep) char *again = NULL;

		random_acl(&text, &bytes);
		assert_int_equal(read_bytes(&bytes, ACL_ACCESS_XATTR, &node, NULL), 0);
		assert_string_equal(node.acl, buf_str(&text));
		again = round_trip(buf_str(&text), true);
		assert_string_equal(again, buf_str(&text));
	}
}

static void write_and_compare(int fd, const char *path, const struct buf *text,
			      const struct buf *bytes)
{
	struct node node = {.kind = NODE_FILE,
			    .uid = geteuid(),
			    .gid = getegid(),
			    .acl = xstrdup(buf_str(text))};
	CLEANUP(error_clear) struct error err = {0};
	char stored[1024];

	assert_int_equal(acl_text_mode(node.acl, &node.mode, NULL), 0);
	if (write_attributes(fd, &node, &err) < 0)
		fail_msg("%s: %s", node.acl, error_text(&err));
	assert_int_equal(getxattr(path, ACL_ACCESS_XATTR, stored, sizeof(stored)), bytes->len);
	assert_memory_equal(stored, bytes->data, bytes->len);
	free(node.acl);
}

static void read_and_compare(int fd, const char *path, const struct buf *text,
			     const struct buf *bytes)
{
	CLEANUP(node_clear) struct node node = {0};

	assert_int_equal(removexattr(path, ACL_ACCESS_XATTR), 0);
	assert_int_equal(setxattr(path, ACL_ACCESS_XATTR, bytes->data, bytes->len, 0), 0);
	assert_int_equal(node_read_xattrs(fd, &node, NULL), 0);
	assert_string_equal(node.acl, buf_str(text));
}

/* What the kernel stores of a text is what it should be, and reads as that text. */
static void test_with_the_kernel(void **state)
{
	const struct temp_folder *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/file", t->path);
	CLEANUP(close_fd) int fd = -1;

	temp_folder_write(t, "file", "x");
	fd = temp_folder_path_fd(t, "file");
	if (getxattr(path, ACL_ACCESS_XATTR, NULL, 0) < 0 && errno == EOPNOTSUPP)
		SKIP_BECAUSE("the file system has no ACLs");
	srandom(2);
	for (int i = 0; i < 200; i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(buf_clear) struct buf bytes = {0};

		random_acl(&text, &bytes);
		write_and_compare(fd, path, &text, &bytes);
		read_and_compare(fd, path, &text, &bytes);
	}
}

/* A file without an ACL costs the question which attributes there are, and nothing else. */
static void test_no_acl_no_call(void **state)
{
	const struct temp_folder *t = *state;
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(close_fd) int fd = -1;

	temp_folder_write(t, "file", "x");
	fd = temp_folder_path_fd(t, "file");
	values_read = 0;
	assert_int_equal(node_read_xattrs(fd, &node, NULL), 0);
	assert_null(node.acl);
	assert_int_equal(values_read, node.nxattrs * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),           cmocka_unit_test(test_bad),
		cmocka_unit_test(test_plain),          cmocka_unit_test(test_values),
		cmocka_unit_test(test_default),        cmocka_unit_test(test_growing),
		cmocka_unit_test(test_broken_values),  cmocka_unit_test(test_big_values),
		cmocka_unit_test(test_random_values),  TEMP_FOLDER_TEST(test_with_the_kernel),
		TEMP_FOLDER_TEST(test_no_acl_no_call),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
