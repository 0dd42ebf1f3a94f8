#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/path-guard.h"
#include "tests/unit/fake-view.h"

#define ACCOUNTS "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n"
#define GROUPS "root:x:0:\nstaff:x:50:\nalice:x:1000:\nops:x:60:alice\n"

/* Each directory on the way, by what is odd about it; the others are root's, 0755. */
static const struct row {
	const char *name, *odd;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	const char *acl;
	const char *gap; /* NULL: only root can write the way */
	bool owned;
} rows[] = {
	{"as it should be", "/a/b", 0755, 0, 0, NULL, NULL, false},
	{"closed to others", "/a/b", 0700, 0, 50, NULL, NULL, false},
	{"last directory", "/a/b", 0755, 1000, 0, NULL, "'/a/b' can be written by alice", true},
	{"first directory", "/a", 0755, 1000, 0, NULL, "'/a' can be written by alice", true},
	{"the root", "/", 0777, 0, 0, NULL, "'/' can be written by everyone", false},
	{"no such account", "/a", 0755, 77, 0, NULL, "'/a' can be written by user 77", true},
	{"its owner may not write now", "/a", 0555, 1000, 0, NULL, "'/a' can be written by alice",
	 true},
	{"everyone", "/a/b", 0757, 0, 0, NULL, "'/a/b' can be written by everyone", false},
	{"group", "/a/b", 0775, 0, 60, NULL, "'/a/b' can be written by group ops", false},
	{"first group of somebody", "/a/b", 0775, 0, 1000, NULL,
	 "'/a/b' can be written by group alice", false},
	{"group of nobody", "/a/b", 02775, 0, 50, NULL, NULL, false},
	{"group that is not known", "/a/b", 0775, 0, 61, NULL, "'/a/b' can be written by group 61",
	 false},
	{"root's group", "/a/b", 0775, 0, 0, NULL, NULL, false},
	{"sticky, and root's below", "/a/b", 01777, 0, 0, NULL, NULL, false},
	{"sticky, of a user", "/a/b", 01777, 1000, 0, NULL, "'/a/b' can be written by alice", true},
	{"list", "/a/b", 0775, 0, 0, "user::rwx,user:1000:rwx,group::r-x,mask::rwx,other::r-x",
	 "'/a/b' can be written by alice", false},
	{"list under its mask", "/a/b", 0755, 0, 0,
	 "user::rwx,user:1000:rwx,group::r-x,mask::r-x,other::r-x", NULL, false},
	{"group in a list", "/a/b", 0775, 0, 0,
	 "user::rwx,group::r-x,group:60:rwx,mask::rwx,other::r-x",
	 "'/a/b' can be written by group ops", false},
	{"mask is no right of the group", "/a/b", 0775, 0, 60,
	 "user::rwx,user:0:rwx,group::r-x,mask::rwx,other::r-x", NULL, false},
};

static void fill(struct fake_view *f)
{
	fake_view_init(f);
	fake_file(f, "/etc/passwd", 0644, ACCOUNTS);
	fake_file(f, "/etc/group", 0644, GROUPS);
	fake_dir(f, "/", 0755);
	fake_dir(f, "/a", 0755);
	fake_dir(f, "/a/b", 0755);
	fake_file(f, "/a/b/f", 0644, "");
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(path_gap_clear) struct path_gap gap = {0};
		struct node *n;
		int r;

		fill(&f);
		n = fake_dir(&f, row->odd, row->mode);
		n->uid = row->uid;
		n->gid = row->gid;
		n->acl = xstrdup_null(row->acl);
		r = path_guard(&f.view, "/a/b/f", NULL, &gap, NULL);
		if (r != (row->gap != NULL) || (r && !strstr(gap.text, row->gap)) ||
		    gap.owned != row->owned)
			fail_msg("%s: %d, %s", row->name, r, gap.text ? gap.text : "-");
	}
}

static void test_sticky_directory(void **state)
{
	static const struct {
		const char *path;
		bool safe;
	} ways[] = {{"/tmp/roots", true}, {"/tmp/theirs", false}, {"/tmp/none", false}};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(path_gap_clear) struct path_gap gap = {0};

		fill(&f);
		fake_dir(&f, "/tmp", 01777);
		fake_file(&f, "/tmp/roots", 0644, "");
		fake_file(&f, "/tmp/theirs", 0644, "")->uid = 1000;
		assert_int_equal(path_guard(&f.view, ways[i].path, NULL, &gap, NULL),
				 !ways[i].safe);
	}
}

static void test_links(void **state)
{
	static const struct {
		const char *link, *target, *path, *place;
	} ways[] = {
		{"/a/b/l", "/home/f", "/a/b/l", "/home"}, /* it ends in a user's directory */
		{"/a/b/l", "/home", "/a/b/l/f", "/home"}, /* or goes through one */
		{"/home/l", "/a/b/f", "/home/l", "/home"}, /* or lies in one, and ends in a good one */
		{"/a/b/l", "../../home/f", "/a/b/l", "/home"}, {"/a/b/l", "./f", "/a/b/l", NULL},
		{"/a/b/l", "/a/b", "/a/b/l/f", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(path_gap_clear) struct path_gap gap = {0};

		fill(&f);
		fake_dir(&f, "/home", 0755)->uid = 1000;
		fake_file(&f, "/home/f", 0644, "");
		fake_link(&f, ways[i].link, ways[i].target);
		if (path_guard(&f.view, ways[i].path, NULL, &gap, NULL) !=
			    (ways[i].place != NULL) ||
		    strcmp_null(gap.place, ways[i].place) != 0)
			fail_msg("%s -> %s: %s", ways[i].link, ways[i].target, gap.place);
	}
}

/* In a directory of root's: it leads where its owner said, be it to root's own file. */
static void test_link_of_somebody(void **state)
{
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(path_gap_clear) struct path_gap gap = {0};

	fill(&f);
	fake_link(&f, "/a/l", "/a/b/f");
	assert_int_equal(path_guard(&f.view, "/a/l", NULL, &gap, NULL), 0);
	fake_node(&f, "/a/l", NODE_SYMLINK, 0777)->uid = 1000;
	assert_int_equal(path_guard(&f.view, "/a/l", NULL, &gap, NULL), 1);
	assert_string_equal(gap.text, "the link '/a/l' belongs to alice");
	assert_true(gap.owned);
}

static void test_closed_and_unreadable(void **state)
{
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(path_gap_clear) struct path_gap gap = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(strv_clear) struct strv closed = {0};

	fill(&f);
	fake_dir(&f, "/home", 0755)->uid = 1000;
	strv_add(&closed, "/home");
	assert_int_equal(path_guard(&f.view, "/home/f", &closed, &gap, NULL), 0);
	fake_unreadable(&f, "/a/b", -ELOOP);
	assert_true(path_guard(&f.view, "/a/b/f", NULL, &gap, &err) < 0);
}

/* The first asks fills what is noted, the second begins there: they answer as one that notes nothing. */
static void test_noted(void **state)
{
	static const char *const paths[] = {"/a/b/f",  "/a/b/g",       "/a/b/",  "/a/../a/b/f",
					    "/a//b/f", "/a/b/../../a", "/a/b/l", "/a/b/l/b/f"};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		struct map closed = {0};
		struct node *n;

		fill(&f);
		fake_link(&f, "/a/b/l", "/a");
		n = fake_dir(&f, rows[i].odd, rows[i].mode);
		n->uid = rows[i].uid;
		n->gid = rows[i].gid;
		n->acl = xstrdup_null(rows[i].acl);
		for (size_t k = 0; k < 2 * ARRAY_SIZE(paths); k++) {
			CLEANUP(path_gap_clear) struct path_gap plain = {0}, noted = {0};
			const char *path = paths[k % ARRAY_SIZE(paths)];
			int r;

			f.view.closed = NULL;
			r = path_guard(&f.view, path, NULL, &plain, NULL);
			f.view.closed = &closed;
			if (path_guard(&f.view, path, NULL, &noted, NULL) != r ||
			    strcmp_null(plain.text, noted.text) != 0 || plain.owned != noted.owned)
				fail_msg("%s, %s: %s, and without notes %s", rows[i].name, path,
					 noted.text ? noted.text : "-",
					 plain.text ? plain.text : "-");
		}
		if (!rows[i].gap && rows[i].mode == 0755 && !rows[i].acl)
			assert_non_null(map_get(&closed, "/a/b"));
		if (strcmp(rows[i].odd, "/a") == 0)
			assert_null(map_get(&closed, "/a/b")); /* it is closed, and /a is not */
		map_clear(&closed, NULL);
	}
}

/* What one who closes a directory himself was told is not noted for those who do not. */
static void test_closed_by_one(void **state)
{
	CLEANUP(fake_view_clear) struct fake_view f;
	CLEANUP(path_gap_clear) struct path_gap gap = {0};
	CLEANUP(strv_clear) struct strv mine = {0};
	struct map closed = {0};

	fill(&f);
	f.view.closed = &closed;
	fake_dir(&f, "/a", 0777);
	strv_add(&mine, "/a");
	assert_int_equal(path_guard(&f.view, "/a/b/f", &mine, &gap, NULL), 0);
	assert_int_equal(path_guard(&f.view, "/a/b/f", NULL, &gap, NULL), 1);
	assert_string_equal(gap.place, "/a");
	map_clear(&closed, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_noted),
		cmocka_unit_test(test_closed_by_one),
		cmocka_unit_test(test_sticky_directory),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_link_of_somebody),
		cmocka_unit_test(test_closed_and_unreadable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
