#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/view.h"
#include "tests/subject-text.h"

/* A view of one file, as a module's test would make one: plain data behind the operations. */
struct one_file {
	struct view view;
	const char *path;
	const char *text;
};

static const struct one_file *self(const struct view *v)
{
	return (const struct one_file *)v;
}

static int one_resolve(const struct view *v, const char *path, char **ret_path, struct error *err)
{
	*ret_path = xstrdup(self(v)->path);
	return 0;
}

static int one_node(const struct view *v, const char *path, struct node *ret_node,
		    struct error *err)
{
	ret_node->kind = strcmp(path, self(v)->path) == 0 ? NODE_FILE : NODE_ABSENT;
	return 0;
}

static int one_link(const struct view *v, const char *path, char **ret, uid_t *ret_owner,
		    struct error *err)
{
	if (strcmp(path, "/link") != 0)
		return 0;
	*ret = xstrdup(self(v)->path);
	*ret_owner = 7;
	return 1;
}

static int one_content(const struct view *v, const char *path, struct buf *ret, struct error *err)
{
	if (strcmp(path, self(v)->path) != 0)
		return error_errno(err, -ENOENT, "cannot read '%s'", path);
	buf_puts(ret, self(v)->text);
	return 0;
}

static int one_children(const struct view *v, const char *path, struct strv *ret, struct error *err)
{
	strv_add(ret, self(v)->path + 1);
	return 0;
}

static int one_value(const struct view *v, enum handler handler, struct subject subject, char **ret,
		     struct error *err)
{
	if (handler != HANDLER_SYSCTL)
		return 0;
	*ret = subject_print(subject);
	return 1;
}

static const struct view_ops ops = {one_resolve, one_node,     one_link,
				    one_content, one_children, one_value};
static const struct one_file host = {{&ops, NULL}, "/a", "text"};

static void test_reads_reach_the_operations(void **state)
{
	CLEANUP(freep) char *path = NULL, *target = NULL, *again = NULL;
	uid_t owner = 0;
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(buf_clear) struct buf content = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *value = NULL;

	assert_int_equal(view_resolve(&host.view, "/link", &path, NULL), 0);
	assert_string_equal(path, "/a");
	assert_int_equal(view_node(&host.view, "/a", &node, NULL), 0);
	assert_int_equal(node.kind, NODE_FILE);
	assert_int_equal(view_link(&host.view, "/link", &target, NULL), 1);
	assert_string_equal(target, "/a");
	assert_int_equal(view_link_owner(&host.view, "/link", &again, &owner, NULL), 1);
	assert_int_equal(owner, 7);
	assert_int_equal(view_content(&host.view, "/a", &content, NULL), 0);
	assert_string_equal(buf_str(&content), "text");
	assert_int_equal(view_children(&host.view, "/", &names, NULL), 0);
	assert_string_equal(names.items[0], "a");
	assert_int_equal(view_value(&host.view, HANDLER_SYSCTL, subj("sysctl:x"), &value, NULL), 1);
	assert_string_equal(value, "sysctl:x");
}

static void test_failures_and_unknowns_come_through(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf content = {0};
	char *value = NULL;

	assert_int_equal(view_content(&host.view, "/b", &content, &err), -ENOENT);
	assert_string_equal(error_text(&err), "cannot read '/b': No such file or directory");
	assert_int_equal(
		view_value(&host.view, HANDLER_AUDIT_RULES, subj("sysctl:x"), &value, &err), 0);
	assert_null(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_reach_the_operations),
		cmocka_unit_test(test_failures_and_unknowns_come_through),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
