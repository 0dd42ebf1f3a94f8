#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/node.h"

static void add_xattr(struct node *n, const char *name, const char *value)
{
	struct xattr *x = array_append(&n->xattrs, &n->nxattrs, sizeof(*x));

	x->name = xstrdup(name);
	x->len = strlen(value);
	x->value = xmemdup(value, x->len);
}

static struct node full_node(void)
{
	struct node n = {
		.kind = NODE_FILE,
		.mode = 0640,
		.uid = 10,
		.gid = 20,
		.acl = xstrdup("user::rw-,user:7:r--,group::r--,mask::r--,other::---"),
		.default_acl = xstrdup("user::rwx,group::r-x,other::r-x"),
		.flags = NODE_IMMUTABLE,
		.data = xstrdup("ab12"),
		.mtime = {.tv_sec = 5},
		.ino = 99,
	};

	add_xattr(&n, "security.capability", "cap");
	add_xattr(&n, "user.note", "x");
	return n;
}

static void set_kind(struct node *n)
{
	n->kind = NODE_DIR;
}

static void set_mode(struct node *n)
{
	n->mode = 0644;
}

static void set_uid(struct node *n)
{
	n->uid = 0;
}

static void set_gid(struct node *n)
{
	n->gid = 0;
}

static void set_acl(struct node *n)
{
	str_replace(&n->acl, "user::rw-,group::rw-,other::---");
}

static void drop_acl(struct node *n)
{
	str_replace(&n->acl, NULL);
}

static void set_default_acl(struct node *n)
{
	str_replace(&n->default_acl, "user::rwx,group::---,other::---");
}

static void drop_default_acl(struct node *n)
{
	str_replace(&n->default_acl, NULL);
}

static void set_xattr_value(struct node *n)
{
	n->xattrs[1].value[0] = 'y';
}

static void shorten_xattr(struct node *n)
{
	n->xattrs[0].len--;
}

static void rename_xattr(struct node *n)
{
	str_replace(&n->xattrs[1].name, "user.other");
}

static void more_xattrs(struct node *n)
{
	add_xattr(n, "user.z", "");
}

static void set_flags(struct node *n)
{
	n->flags |= NODE_APPEND_ONLY;
}

static void set_data(struct node *n)
{
	str_replace(&n->data, "ab13");
}

static void drop_data(struct node *n)
{
	str_replace(&n->data, NULL);
}

static void set_identity(struct node *n)
{
	n->mtime.tv_sec = 6;
	n->dev = 1;
	n->ino = 100;
	n->nlink = 2;
	n->size = 3;
}

static const struct {
	void (*touch)(struct node *n);
	const char *difference;
} rows[] = {
	{set_kind, "kind"},
	{set_mode, "mode"},
	{set_uid, "owner"},
	{set_gid, "group"},
	{set_acl, "acl"},
	{drop_acl, "acl"},
	{set_default_acl, "default-acl"},
	{drop_default_acl, "default-acl"},
	{set_xattr_value, "xattrs"},
	{shorten_xattr, "xattrs"},
	{rename_xattr, "xattrs"},
	{more_xattrs, "xattrs"},
	{set_flags, "flags"},
	{set_data, "content"},
	{drop_data, ""}, /* nobody asked for it */
	{set_identity, ""}, /* not part of equality */
};

static void test_each_attribute_alone_makes_a_difference(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(node_clear) struct node a = full_node();
		CLEANUP(node_clear) struct node b = full_node();
		CLEANUP(freep) char *there = NULL;
		CLEANUP(freep) char *back = NULL;
		bool equal = rows[i].difference[0] == '\0';

		assert_true(node_equal(&a, &b));
		rows[i].touch(&b);
		there = node_difference(&a, &b);
		back = node_difference(&b, &a);
		assert_string_equal(there, rows[i].difference);
		assert_string_equal(back, rows[i].difference);
		assert_int_equal(node_equal(&a, &b), equal);
		assert_int_equal(node_equal(&b, &a), equal);
	}
}

static void test_several_differences(void **state)
{
	CLEANUP(node_clear) struct node a = full_node();
	CLEANUP(node_clear) struct node b = full_node();
	CLEANUP(freep) char *text = NULL;

	set_uid(&b);
	set_mode(&b);
	set_data(&b);
	text = node_difference(&a, &b);
	assert_string_equal(text, "mode, owner, content");
}

static void test_unknown_nodes_differ_by_their_error(void **state)
{
	struct node a = {.kind = NODE_UNKNOWN, .error = -EACCES};
	struct node b = {.kind = NODE_UNKNOWN, .error = -ELOOP};

	assert_false(node_equal(&a, &b));
	b.error = -EACCES;
	assert_true(node_equal(&a, &b));
}

static void test_copy_shares_nothing(void **state)
{
	CLEANUP(node_clear) struct node a = full_node();
	CLEANUP(node_clear) struct node b = full_node();

	set_mode(&b);
	set_data(&b);
	node_copy(&b, &a);
	assert_true(node_equal(&a, &b));
	assert_int_equal(b.ino, 99);
	assert_ptr_not_equal(a.acl, b.acl);
	assert_ptr_not_equal(a.xattrs, b.xattrs);
	set_xattr_value(&b);
	set_data(&b);
	assert_int_equal(a.xattrs[1].value[0], 'x');
	assert_string_equal(a.data, "ab12");
}

static void test_copy_onto_itself(void **state)
{
	CLEANUP(node_clear) struct node a = full_node();

	node_copy(&a, &a);
	assert_string_equal(a.data, "ab12");
}

static void test_cleared_node_is_absent(void **state)
{
	struct node n = full_node();
	struct node zeroed = {0};

	node_clear(&n);
	assert_int_equal(n.kind, NODE_ABSENT);
	assert_true(node_equal(&n, &zeroed));
	assert_null(n.xattrs);
	node_clear(&n);
	node_clear(NULL);
}

/* A node on its way between the two images of a change, and whose it is then. */
static void test_foreign_aspects(void **state)
{
	static const struct {
		mode_t mode;
		unsigned flags;
		const char *capability, *note, *foreign;
	} cases[] = {
		{04755, NODE_IMMUTABLE, "cap", "x", ""}, /* as before */
		{0710, 0, "cap", "y", ""}, /* as after */
		{0755, 0, "cap", "x", ""}, /* chown took the setuid bit */
		{0755, 0, NULL, "x", ""}, /* ... and the capability */
		{04710, NODE_IMMUTABLE, "cap", "y", ""}, /* an ACL gave the permissions */
		{02755, 0, "cap", "x", "mode"},
		{0700, 0, "cap", "x", "mode"},
		{0755, NODE_APPEND_ONLY, "cap", "x", "flags"},
		{0755, 0, "other", "x", "xattrs"},
		{0755, 0, "cap", "z", "xattrs"},
		{0755, 0, "cap", NULL, "xattrs"}, /* neither image lacks it */
	};
	CLEANUP(node_clear)
	struct node before = {NODE_FILE, .mode = 04755, .flags = NODE_IMMUTABLE};
	CLEANUP(node_clear) struct node after = {NODE_FILE, .mode = 0710};
	const struct node *const known[] = {&before, &after};

	add_xattr(&before, "security.capability", "cap");
	add_xattr(&before, "user.note", "x");
	add_xattr(&after, "security.capability", "cap");
	add_xattr(&after, "user.note", "y");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(node_clear)
		struct node n = {NODE_FILE, .mode = cases[i].mode, .flags = cases[i].flags};
		CLEANUP(freep) char *foreign = NULL;

		if (cases[i].capability)
			add_xattr(&n, "security.capability", cases[i].capability);
		if (cases[i].note)
			add_xattr(&n, "user.note", cases[i].note);
		foreign = node_foreign_aspects(&n, known, ARRAY_SIZE(known));
		assert_string_equal(foreign, cases[i].foreign);
		assert_int_equal(node_foreign_rights(&n, known, ARRAY_SIZE(known)),
				 strcmp(foreign, "mode") == 0);
	}
}

/* A file that did not exist before is known by its own image alone. */
static void test_foreign_aspects_of_a_new_file(void **state)
{
	const struct node absent = {NODE_ABSENT};
	const struct node image = {NODE_FILE, .mode = 0640, .uid = 12, .data = (char[]){"digest"}};
	const struct node edited = {NODE_FILE, .mode = 0640, .uid = 0, .data = (char[]){"other"}};
	const struct node *const known[] = {&absent, &image};
	CLEANUP(freep) char *same = node_foreign_aspects(&image, known, 2);
	CLEANUP(freep) char *gone = node_foreign_aspects(&absent, known, 2);
	CLEANUP(freep) char *foreign = node_foreign_aspects(&edited, known, 2);

	assert_string_equal(same, "");
	assert_string_equal(gone, "");
	assert_string_equal(foreign, "owner, content");
	assert_false(node_foreign_rights(&edited, known, 2));
	assert_false(node_foreign_rights(&image, known, 2));
}

/* Every kind has words that can stand in a sentence, and says where a link leads. */
static void test_words_for_kinds(void **state)
{
	static const char *const words[NODE_KIND_COUNT] = {
		[NODE_ABSENT] = "nothing",
		[NODE_FILE] = "a file",
		[NODE_DIR] = "a directory",
		[NODE_SYMLINK] = "a symbolic link to '/x'",
		[NODE_SOCKET] = "a socket",
		[NODE_OTHER] = "a device or a pipe",
		[NODE_UNKNOWN] = "something that could not be looked at",
	};

	(void)state;
	for (int k = 0; k < NODE_KIND_COUNT; k++) {
		struct node n = {.kind = (enum node_kind)k};
		CLEANUP(freep) char *text = NULL;

		n.data = k == NODE_SYMLINK ? (char[]){"/x"} : NULL;
		text = node_describe(&n);
		assert_string_equal(text, words[k]);
	}
	assert_string_equal(node_kind_phrase(NODE_SYMLINK), "a symbolic link");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_for_kinds),
		cmocka_unit_test(test_each_attribute_alone_makes_a_difference),
		cmocka_unit_test(test_several_differences),
		cmocka_unit_test(test_unknown_nodes_differ_by_their_error),
		cmocka_unit_test(test_foreign_aspects),
		cmocka_unit_test(test_foreign_aspects_of_a_new_file),
		cmocka_unit_test(test_copy_shares_nothing),
		cmocka_unit_test(test_copy_onto_itself),
		cmocka_unit_test(test_cleared_node_is_absent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
