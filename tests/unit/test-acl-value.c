#include "tests/unit/acl-value.h"

#include <sys/xattr.h>

#include "engine/base/str.h"
#include "engine/host/write/write.h"

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

		acl_put_entries(&bytes, values[i].entries);
		if (bytes.len == 0)
			acl_put_little(&bytes, 2, 4);
		r = acl_read_value(&bytes, ACL_ACCESS_XATTR, &node, &err);
		if (r != (values[i].text ? 0 : -EINVAL))
			fail_msg("value %zu: %d, %s", i, r, error_text(&err));
		assert_true((r < 0) == (err.text != NULL));
		if (values[i].text && *values[i].text)
			assert_string_equal(node.acl, values[i].text);
		else
			assert_null(node.acl);
		assert_int_equal(node.nxattrs, 0);
		assert_null(node.default_acl);
		assert_int_equal(acl_values_read, 1);
	}
}

static void plain_value(struct buf *ret)
{
	static const struct raw_entry entries[] = {
		{1, 6, NO_ID}, {4, 4, NO_ID}, {0x20, 4, NO_ID}, {0}};

	acl_put_entries(ret, entries);
}

static void test_default(void **state)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	CLEANUP(node_clear) struct node node = {0};

	plain_value(&bytes);
	assert_int_equal(acl_read_value(&bytes, ACL_DEFAULT_XATTR, &node, NULL), 0);
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
		acl_too_small = cases[i].times;
		assert_int_equal(acl_read_value(&bytes, ACL_DEFAULT_XATTR, &node, NULL),
				 cases[i].code);
		assert_true((node.default_acl != NULL) == (cases[i].code == 0));
	}
	acl_too_small = 0;
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
		int r = acl_read_value(&value, ACL_DEFAULT_XATTR, &node, NULL);

		assert_int_equal(r, n == 4 ? 0 : -EINVAL); /* a header alone is an empty ACL */
		assert_null(node.default_acl);
	}
	for (size_t at = 0; at < bytes.len; at++) {
		CLEANUP(node_clear) struct node node = {0};
		CLEANUP(freep) char *changed = xmemdup(bytes.data, bytes.len);
		const struct buf value = {.data = changed, .len = bytes.len};
		bool is_id = at >= 4 && (at - 4) % 8 >= 4; /* of entries that have none */

		changed[at] = (char)0x5a;
		assert_int_equal(acl_read_value(&value, ACL_DEFAULT_XATTR, &node, NULL),
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

	acl_put_entry(&bytes, 1, 7, NO_ID);
	for (unsigned i = most - 4; i > 0; i--)
		acl_put_entry(&bytes, 2, 5, 1000000 + i);
	acl_put_entry(&bytes, 4, 5, NO_ID);
	acl_put_entry(&bytes, 0x10, 5, NO_ID);
	acl_put_entry(&bytes, 0x20, 5, NO_ID);
	assert_int_equal(acl_read_value(&bytes, ACL_ACCESS_XATTR, &node, NULL), 0);
	assert_true(starts_with(node.acl, "user::rwx,user:1000001:r-x,user:1000002:"));
	srandom(3);
	for (unsigned i = 0; i < 500; i++) {
		CLEANUP(node_clear) struct node none = {0};

		bytes.len = 4;
		while (bytes.len < 4 + 8 * (i % 40 + 1))
			buf_putc(&bytes, (char)random());
		assert_int_equal(acl_read_value(&bytes, ACL_ACCESS_XATTR, &none, NULL), -EINVAL);
		assert_null(none.acl);
	}
}

static void test_random_values(void **state)
{
	srandom(1);
	for (int i = 0; i < 2000; i++) {
		CLEANUP(node_clear) struct node node = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(buf_clear) struct buf bytes = {0};
		CLEANUP(freep) char *again = NULL;

		acl_make_random(&text, &bytes);
		assert_int_equal(acl_read_value(&bytes, ACL_ACCESS_XATTR, &node, NULL), 0);
		assert_string_equal(node.acl, buf_str(&text));
		again = acl_round_trip(buf_str(&text), true);
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
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/file", t->path);
	CLEANUP(close_fd) int fd = -1;

	temp_directory_write(t, "file", "x");
	fd = temp_directory_path_fd(t, "file");
	if (getxattr(path, ACL_ACCESS_XATTR, NULL, 0) < 0 && errno == EOPNOTSUPP)
		SKIP_BECAUSE("the file system has no ACLs");
	srandom(2);
	for (int i = 0; i < 200; i++) {
		CLEANUP(buf_clear) struct buf text = {0};
		CLEANUP(buf_clear) struct buf bytes = {0};

		acl_make_random(&text, &bytes);
		write_and_compare(fd, path, &text, &bytes);
		read_and_compare(fd, path, &text, &bytes);
	}
}

/* A file without an ACL costs the question which attributes there are, and nothing else. */
static void test_no_acl_no_call(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(close_fd) int fd = -1;

	temp_directory_write(t, "file", "x");
	fd = temp_directory_path_fd(t, "file");
	acl_values_read = 0;
	assert_int_equal(node_read_xattrs(fd, &node, NULL), 0);
	assert_null(node.acl);
	assert_int_equal(acl_values_read, node.nxattrs * 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_broken_values),
		cmocka_unit_test(test_big_values),
		cmocka_unit_test(test_random_values),
		TEMP_DIRECTORY_TEST(test_with_the_kernel),
		TEMP_DIRECTORY_TEST(test_no_acl_no_call),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
