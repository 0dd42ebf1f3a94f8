#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/subject-text.h"
#include "tests/unit/desired.h"
#include "tests/unit/file-case.h"

static const char *const rwx[] = {"---", "--x", "-w-", "-wx", "r--", "r-x", "rw-", "rwx"};

/* Rows: what is there, what is wanted, what is asked ("mode 0666 0644; owner ..."). */
static const struct row {
	const char *name;
	enum node_kind kind;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	const char *acl;
	const char *want;
	enum verdict verdict;
	const char *edits;
} rows[] = {
	{"right", NODE_FILE, 0644, 0, 0, NULL, "mode=0644 owner=root group=root", VERDICT_PASS, ""},
	{"world-writable", NODE_FILE, 0666, 0, 0, NULL, "mode=0644", VERDICT_FAIL,
	 "mode 0666 0644;"},
	{"never looser", NODE_FILE, 0400, 0, 0, NULL, "mode=0644", VERDICT_PASS, ""},
	{"no bit at all", NODE_FILE, 0, 0, 0, NULL, "mode=0400", VERDICT_PASS, ""},
	/* smaller as decimal numbers, and yet wider */
	{"622", NODE_FILE, 0622, 0, 0, NULL, "mode=0644", VERDICT_FAIL, "mode 0622 0600;"},
	{"577", NODE_FILE, 0577, 0, 0, NULL, "mode=0644", VERDICT_FAIL, "mode 0577 0444;"},
	{"477", NODE_FILE, 0477, 0, 0, NULL, "mode=0644", VERDICT_FAIL, "mode 0477 0444;"},
	{"377", NODE_FILE, 0377, 0, 0, NULL, "mode=0644", VERDICT_FAIL, "mode 0377 0244;"},
	{"422 of 444", NODE_FILE, 0422, 0, 0, NULL, "mode=0444", VERDICT_FAIL, "mode 0422 0400;"},
	{"222 of 444", NODE_FILE, 0222, 0, 0, NULL, "mode=0444", VERDICT_FAIL, "mode 0222 0000;"},
	{"617 of 660", NODE_SOCKET, 0617, 0, 0, NULL, "mode=0660", VERDICT_FAIL, "mode 0617 0600;"},
	{"657 of 660", NODE_SOCKET, 0657, 0, 0, NULL, "mode=0660", VERDICT_FAIL, "mode 0657 0640;"},
	{"733 of 755", NODE_DIR, 0733, 0, 0, NULL, "mode=0755", VERDICT_FAIL, "mode 0733 0711;"},
	{"setuid goes", NODE_FILE, 04755, 0, 0, NULL, "mode=0755", VERDICT_FAIL, "mode 4755 0755;"},
	{"setgid stays", NODE_DIR, 02755, 0, 0, NULL, "mode=2755", VERDICT_PASS, ""},
	{"sticky goes", NODE_DIR, 01777, 0, 0, NULL, "mode=0755", VERDICT_FAIL, "mode 1777 0755;"},
	{"owner", NODE_FILE, 0644, 1000, 0, NULL, "owner=root group=root", VERDICT_FAIL,
	 "owner 0;"},
	{"group alone", NODE_FILE, 0644, 0, 1000, NULL, "owner=root group=root", VERDICT_FAIL,
	 "group 0;"},
	{"both and mode", NODE_FILE, 0666, 7, 8, NULL, "owner=root group=root mode=0600",
	 VERDICT_FAIL, "owner 0;group 0;mode 0666 0600;"},
	{"owner by name", NODE_FILE, 0644, 0, 0, NULL, "owner=ops", VERDICT_FAIL, "owner 1000;"},
	{"owner by number", NODE_FILE, 0644, 0, 0, NULL, "owner=42", VERDICT_FAIL, "owner 42;"},
	{"no such account", NODE_FILE, 0644, 0, 0, NULL, "owner=nobody", VERDICT_NOT_MEASURED, ""},
	{"socket of docker", NODE_SOCKET, 0660, 0, 998, NULL, "group=docker,root", VERDICT_PASS,
	 ""},
	{"stricter group", NODE_SOCKET, 0660, 0, 0, NULL, "group=docker,root", VERDICT_PASS, ""},
	{"first group is set", NODE_SOCKET, 0660, 0, 5, NULL, "group=docker,root", VERDICT_FAIL,
	 "group 998;"},
	{"group that is not there", NODE_SOCKET, 0660, 0, 5, NULL, "group=moby,docker",
	 VERDICT_FAIL, "group 998;"},
	{"no group is there", NODE_SOCKET, 0660, 0, 5, NULL, "group=moby", VERDICT_FAIL,
	 "group 0;"},
	{"kind", NODE_FILE, 0644, 0, 0, NULL, "kind=file owner=root", VERDICT_PASS, ""},
	{"directory for a file", NODE_DIR, 0777, 0, 0, NULL, "kind=file mode=0644", VERDICT_FAIL,
	 ""},
	{"pipe", NODE_OTHER, 0666, 0, 0, NULL, "mode=0644", VERDICT_FAIL, ""},
	/* access lists */
	{"list behind a good mode", NODE_SOCKET, 0660, 0, 0,
	 "user::rw-,user:1000:rw-,group::rw-,mask::rw-,other::---", "mode=0660", VERDICT_FAIL,
	 "acl "
	 "user::rw-,user:1000:---,group::rw-,mask::rw-,other::---;"},
	{"list and mode", NODE_FILE, 0676, 0, 0,
	 "user::rw-,user:1000:rwx,group::r--,mask::rwx,other::rw-", "mode=0644", VERDICT_FAIL,
	 "acl "
	 "user::rw-,user:1000:r--,group::r--,mask::r--,other::r--;"},
	{"list and setuid", NODE_FILE, 04644, 0, 0,
	 "user::rw-,user:1000:r--,group::r--,mask::r--,other::r--", "mode=0644", VERDICT_FAIL,
	 "mode 4644 0644;"},
	{"harmless list", NODE_FILE, 0644, 0, 0,
	 "user::rw-,user:1000:r--,group::r--,mask::r--,other::r--", "mode=0644", VERDICT_PASS, ""},
	{"list of no sense", NODE_FILE, 0644, 0, 0, "user:rw", "mode=0644", VERDICT_NOT_MEASURED,
	 ""},
};

static char *edits_text(const struct delta *d)
{
	CLEANUP(buf_clear) struct buf b = {0};

	for (size_t i = 0; i < d->edits.count; i++)
		buf_printf(&b, "%s %s%s%s;", subject_shown(d->edits.items[i].subject),
			   d->edits.items[i].before ? d->edits.items[i].before : "",
			   d->edits.items[i].before ? " " : "", d->edits.items[i].after);
	return buf_take(&b);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct fake_view *f = *state;
		CLEANUP(freep) char *text = xasprintf("path=/a/b %s", row->want);
		CLEANUP(delta_clear) struct delta d = {0}, again = {0};
		CLEANUP(freep) char *edits = NULL;
		struct node *n = fake_node(f, "/a/b", row->kind, row->mode);
		DESIRED(want, &module_file, text);

		n->uid = row->uid;
		n->gid = row->gid;
		n->acl = xstrdup_null(row->acl);
		fake_diff(f, &module_file, want, &d);
		edits = edits_text(&d);
		if (d.verdict != row->verdict || strcmp(edits, row->edits) != 0)
			fail_msg("%s: %s '%s' (%s)", row->name, verdict_to_string(d.verdict), edits,
				 d.reason);
		assert_non_null(d.reason);
		fake_converges(f, &module_file, want, &d, &again);
		if (d.edits.count)
			assert_verdict(&again, VERDICT_PASS);
	}
}

static void test_all_modes_by_all_masks(void **state)
{
	static const mode_t masks[] = {0644, 0755, 0600, 0660, 0444, 0400, 0, 01777, 02755, 07777};
	struct fake_view *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		CLEANUP(freep) char *text = xasprintf("path=/f mode=%04o", masks[i]);
		DESIRED(want, &module_file, text);

		for (mode_t mode = 0; mode <= 07777; mode++) {
			CLEANUP(delta_clear) struct delta d = {0};

			fake_node(f, "/f", NODE_FILE, mode);
			fake_diff(f, &module_file, want, &d);
			assert_int_equal(d.edits.count, (mode & ~masks[i]) != 0);
			fake_apply(f, &d);
			assert_int_equal(fake_find(f, "/f")->mode, mode & masks[i]);
		}
	}
}

/* Whether the line "user:9:rw-" of one list grants no more than the same line of the other. */
static void assert_not_looser(const char *after, const char *before)
{
	CLEANUP(strv_clear) struct strv now = {0}, was = {0};

	strv_split(&now, after, ",");
	strv_split(&was, before, ",");
	assert_int_equal(now.count, was.count);
	for (size_t i = 0; i < now.count; i++) {
		const char *new_bits = strrchr(now.items[i], ':') + 1;
		const char *old_bits = strrchr(was.items[i], ':') + 1;

		assert_memory_equal(now.items[i], was.items[i], (size_t)(new_bits - now.items[i]));
		for (int k = 0; k < 3; k++)
			assert_true(new_bits[k] == '-' || new_bits[k] == old_bits[k]);
	}
}

/*
 * With a list, mode and list say the same bits after both edits, and nobody gets more: every
 * mode, by what a named user, the group and a named group have.
 */
static void test_modes_with_lists(void **state)
{
	struct fake_view *f = *state;
	DESIRED(want, &module_file, "path=/f mode=0640");

	for (unsigned named = 0; named < 8; named++) {
		for (mode_t mode = 0; mode <= 07777; mode++) {
			CLEANUP(delta_clear) struct delta d = {0};
			struct node *n = fake_node(f, "/f", NODE_FILE, mode);
			CLEANUP(freep)
			char *before = xasprintf(
				"user::%s,user:9:%s,group::%s,group:7:%s,mask::%s,other::%s",
				rwx[mode >> 6 & 7], rwx[named], rwx[mode >> 2 & 7], rwx[7 - named],
				rwx[mode >> 3 & 7], rwx[mode & 7]);

			n->acl = xstrdup(before);
			fake_diff(f, &module_file, want, &d);
			fake_converges(f, &module_file, want, &d, NULL);
			assert_int_equal(fake_find(f, "/f")->mode, mode & 0640);
			assert_not_looser(fake_find(f, "/f")->acl, before);
		}
	}
}

static void test_default_list_of_a_directory(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_file, "path=/etc/docker mode=0755 kind=dir");

	fake_dir(f, "/etc/docker", 0755)->default_acl =
		xstrdup("user::rwx,user:1000:rwx,group::r-x,mask::rwx,other::r-x");
	fake_diff(f, &module_file, want, &d);
	assert_edit(&d, "/etc/docker", "default-acl",
		    "user::rwx,user:1000:r-x,group::r-x,mask::r-x,other::r-x");
	fake_converges(f, &module_file, want, &d, NULL);
}

static void test_obstacles_are_held(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	struct node *n = fake_file(f, "/f", 0666, "");
	DESIRED(want, &module_file, "path=/f mode=0644");

	n->nlink = 2;
	n->flags = NODE_IMMUTABLE | NODE_APPEND_ONLY;
	fake_diff(f, &module_file, want, &d);
	assert_int_equal(d.nomissions, 3);
	assert_string_equal(d.omissions[0].path, "/f");
	assert_false(d.omissions[0].refused);
	assert_string_equal(d.omissions[0].why,
			    "'/f' has 2 names; the change would show under all of them");
	n = fake_file(f, "/f", 0644, "");
	n->nlink = 2;
	fake_diff(f, &module_file, want, &d);
	assert_int_equal(d.nomissions, 0); /* nothing is changed */
	fake_dir(f, "/f", 0777)->nlink = 5;
	fake_diff(f, &module_file, want, &d);
	assert_int_equal(d.nomissions, 0); /* directories have many names always */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_modes_by_all_masks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_modes_with_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_default_list_of_a_directory, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_obstacles_are_held, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
