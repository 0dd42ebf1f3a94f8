#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/subject-text.h"
#include "tests/unit/desired.h"
#include "tests/unit/file-case.h"

static void test_wrong_kind_keeps_no_other_from_being_done(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_file, "path=/f,/s mode=0660 kind=socket");

	fake_file(f, "/f", 0666, "");
	fake_node(f, "/s", NODE_SOCKET, 0666);
	fake_diff(f, &module_file, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_null(d.refusal);
	assert_string_equal(d.warnings.items[0],
			    "'/f' is a file, not a socket: it is left as it is");
	assert_edit(&d, "/s", "mode", "0660");
	assert_int_equal(d.edits.count, 1);
}

/* The user can put another file there at once: what is theirs is named, and not given to root. */
static void test_directory_of_a_user(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_file, "path=/home/ops/d.json,/etc/d.json owner=root mode=0644");
	DESIRED(theirs, &module_file, "path=/home/ops/d.json mode=0600 of-users=true");

	fake_dir(f, "/home", 0755);
	fake_dir(f, "/home/ops", 0755)->uid = 1000;
	fake_file(f, "/home/ops/d.json", 0666, "{}")->uid = 1000;
	fake_dir(f, "/etc", 0755);
	fake_file(f, "/etc/d.json", 0666, "{}");
	fake_diff(f, &module_file, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_string_equal(
		d.reason, "the directory '/home/ops' can be written by ops, who can put something "
			  "else at '/home/ops/d.json' (and 1 more)");
	assert_non_null(d.fix);
	assert_edit(&d, "/etc/d.json", "mode", "0644");
	assert_int_equal(d.edits.count, 1);
	fake_diff(f, &module_file, theirs, &d);
	assert_edit(&d, "/home/ops/d.json", "mode", "0600");
}

/* A link of root's that leads out of a user's directory: the path at its end does not show it. */
static void test_way_through_a_link(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	struct place *p = facts_add_place(&f->facts, "config-file");
	DESIRED(want, &module_file, "path=@config-file mode=0644");

	strv_add(&p->paths, "/srv/d.json");
	strv_add(&p->ways, "/home/ops/etc/d.json");
	fake_dir(f, "/srv", 0755);
	fake_file(f, "/srv/d.json", 0644, "{}");
	fake_dir(f, "/home", 0755);
	fake_dir(f, "/home/ops", 0755)->uid = 1000;
	fake_dir(f, "/home/ops/etc", 0755);
	fake_link(f, "/home/ops/etc/d.json", "/srv/d.json");
	fake_diff(f, &module_file, want, &d);
	assert_verdict(&d, VERDICT_FAIL);
	assert_non_null(strstr(d.reason, "the directory '/home/ops' can be written by ops"));
}

/* A name that is not there yet is whose directory it would be made in; of each name that would be taken. */
static void test_names_that_are_not_there(void **state)
{
	static const struct {
		const char *want, *open; /* the directory that everybody writes */
		enum verdict verdict;
	} rows[] = {
		{"path=@unit mode=0644", NULL, VERDICT_PASS},
		{"path=@unit mode=0644", "/etc/systemd/system", VERDICT_FAIL},
		{"path=@unit mode=0644", "/etc", VERDICT_FAIL},
		{"path=@unit mode=0644", "/usr/lib/systemd/system", VERDICT_FAIL},
		{"path=@unit mode=0644", "/srv", VERDICT_PASS},
		{"path=@env mode=0644", NULL, VERDICT_NOT_APPLICABLE},
		{"path=@env mode=0644", "/etc/default", VERDICT_FAIL},
		{"path=@dropins mode=0644", "/etc/service.d", VERDICT_FAIL},
		{"path=/usr/libexec/docker tree=true mode=0755", NULL, VERDICT_NOT_APPLICABLE},
		{"path=/usr/libexec/docker tree=true mode=0755", "/usr/libexec", VERDICT_FAIL},
		{"path=/usr/libexec/docker mode=0755 of-users=true", "/usr/libexec",
		 VERDICT_NOT_APPLICABLE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(want, &module_file, rows[i].want);
		struct place *p;

		fake_view_init(&f);
		p = facts_add_place(&f.facts, "unit");
		strv_add(&p->paths, "/usr/lib/systemd/system/d.service");
		strv_add(&p->ways, "/etc/systemd/system/d.service");
		p = facts_add_place(&f.facts, "env");
		strv_add(&p->ways, "/etc/default/docker");
		p->absent = xstrdup("there is none");
		p = facts_add_place(&f.facts, "dropins");
		strv_add(&p->ways, "/etc/service.d/*");
		p->absent = xstrdup("there is none");
		fake_file(&f, "/usr/lib/systemd/system/d.service", 0644, "");
		if (rows[i].open)
			fake_dir(&f, rows[i].open, 0777);
		fake_diff(&f, &module_file, want, &d);
		if (d.verdict != rows[i].verdict)
			fail_msg("row %zu: %s: %s", i, verdict_to_string(d.verdict), d.reason);
		assert_int_equal(d.edits.count, 0);
	}
}

static void test_missing(void **state)
{
	static const struct {
		const char *want;
		enum verdict verdict;
	} cases[] = {
		{"path=/none mode=0644", VERDICT_NOT_APPLICABLE},
		{"path=/none mode=0644 missing=ok", VERDICT_NOT_APPLICABLE},
		{"path=/none mode=0644 missing=fail", VERDICT_FAIL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		DESIRED(want, &module_file, cases[i].want);

		fake_diff(*state, &module_file, want, &d);
		assert_verdict(&d, cases[i].verdict);
		assert_string_equal(d.reason, "'/none' does not exist");
		assert_int_equal(d.edits.count, 0);
	}
}

static void test_what_cannot_be_looked_at(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_file, "path=/root/f,/l mode=0644");

	fake_node(f, "/root/f", NODE_UNKNOWN, 0)->error = -EACCES;
	fake_file(f, "/l", 0666, "");
	fake_unreadable(f, "/l", -ELOOP);
	fake_diff(f, &module_file, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	assert_non_null(strstr(d.reason, "'/l' is a link of another user (and 1 more)"));
	assert_int_equal(d.edits.count, 0);
}

static void test_groups_cannot_be_read(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_file, "path=/f group=docker");

	fake_file(f, "/f", 0644, "");
	fake_unreadable(f, "/etc/group", -EACCES);
	fake_diff(f, &module_file, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

static void test_places(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(error_clear) struct error err = {0};
	DESIRED(want, &module_file, "path=@sock mode=0660");
	DESIRED(absent, &module_file, "path=@tlskey mode=0400");
	DESIRED(unknown, &module_file, "path=@unit mode=0400");
	DESIRED(wrong, &module_file, "path=@nosuch mode=0400");
	struct place *p = facts_add_place(&f->facts, "sock");

	/* one socket by two names is one edit, by its own name */
	strv_add(&p->paths, "/var/run/docker.sock");
	strv_add(&p->paths, "/run/docker.sock");
	facts_add_place(&f->facts, "tlskey")->absent = xstrdup("TLS is not configured");
	facts_add_place(&f->facts, "unit")->unknown = xstrdup("no bus");
	fake_link(f, "/var/run", "/run");
	fake_node(f, "/run/docker.sock", NODE_SOCKET, 0666);
	fake_diff(f, &module_file, want, &d);
	assert_int_equal(d.edits.count, 1);
	assert_edit(&d, "/run/docker.sock", "mode", "0660");
	fake_diff(f, &module_file, absent, &d);
	assert_verdict(&d, VERDICT_NOT_APPLICABLE);
	assert_string_equal(d.reason, "TLS is not configured");
	fake_diff(f, &module_file, unknown, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	assert_string_equal(d.reason, "no bus");
	assert_int_equal(module_file.diff(wrong, &f->view, &d, &err), -EINVAL);
	assert_string_equal(error_text(&err), "there is no place '@nosuch'");
}

static void test_link_to_the_target(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_file, "path=/etc/docker/daemon.json mode=0644");

	fake_link(f, "/etc/docker/daemon.json", "/srv/daemon.json");
	fake_file(f, "/srv/daemon.json", 0666, "{}");
	fake_diff(f, &module_file, want, &d);
	assert_edit(&d, "/srv/daemon.json", "mode", "0644");
}

static void make_certs(struct fake_view *f)
{
	fake_dir(f, "/etc/docker/certs.d", 0777);
	fake_dir(f, "/etc/docker/certs.d/hub local:5000", 0755);
	fake_file(f, "/etc/docker/certs.d/hub local:5000/ca.crt", 0644, "");
	fake_file(f, "/etc/docker/certs.d/hub local:5000/client.cert", 0666, "");
	fake_file(f, "/etc/docker/certs.d/hub local:5000/client.key", 0644, "")->gid = 7;
	fake_link(f, "/etc/docker/certs.d/link.crt", "/srv/other.crt");
	fake_file(f, "/srv/other.crt", 0666, "");
}

static void test_tree(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_file,
		"path=/etc/docker/certs.d tree=true match=*.crt,*.cert mode=0444 "
		"directory-mode=0755");

	make_certs(f);
	fake_diff(f, &module_file, want, &d);
	assert_int_equal(d.edits.count, 3);
	assert_edit(&d, "/etc/docker/certs.d", "mode", "0755");
	assert_edit(&d, "/etc/docker/certs.d/hub local:5000/ca.crt", "mode", "0444");
	assert_edit(&d, "/etc/docker/certs.d/hub local:5000/client.cert", "mode", "0444");
	assert_int_equal(d.warnings.count, 1);
	assert_non_null(strstr(d.warnings.items[0], "'/srv/other.crt', which has not the owner"));
	assert_non_null(strstr(d.reason, "(and 4 more)")); /* of the link, its way and its target */
	fake_find(f, "/srv/other.crt")->mode = 0444;
	fake_converges(f, &module_file, want, &d, NULL);
}

/* A link in a tree is judged by its owner, by its way, and by what it leads to. */
static void test_links_in_a_tree(void **state)
{
	static const struct {
		const char *link, *target;
		uid_t owner; /* of the link */
		enum verdict verdict;
		const char *says; /* NULL: nothing of it */
	} rows[] = {
		{"l.crt", "/usr/share/ca.crt", 0, VERDICT_PASS, NULL},
		{"l.crt", "/usr/share/ca.crt", 1000, VERDICT_FAIL,
		 "the link '/etc/certs/l.crt' belongs to ops"},
		{"l.crt", "/home/ops/a.crt", 0, VERDICT_FAIL,
		 "the directory '/home/ops' can be written by ops"},
		{"l.crt", "../../home/ops/a.crt", 0, VERDICT_FAIL, "the directory '/home/ops'"},
		{"l.crt", "/home/ops/none", 0, VERDICT_FAIL, "the directory '/home/ops'"},
		{"l.crt", "/usr/share/none", 0, VERDICT_PASS, NULL},
		{"l.crt", "/usr/share/none", 1000, VERDICT_FAIL, "belongs to ops"},
		{"l.crt", "/usr/share/wide.crt", 0, VERDICT_FAIL,
		 "'/etc/certs/l.crt' leads to '/usr/share/wide.crt'"},
		{"l.crt", "/usr/share/usual.crt", 0, VERDICT_PASS, NULL},
		{"l.crt", "/usr/share/group.crt", 0, VERDICT_FAIL,
		 "leads to '/usr/share/group.crt'"},
		{"l.crt", "/usr/share/run.crt", 0, VERDICT_FAIL, "leads to '/usr/share/run.crt'"},
		{"l.crt", "/usr/share/ops.crt", 0, VERDICT_FAIL, "leads to '/usr/share/ops.crt'"},
		{"l.crt", "/usr/share/far.crt", 0, VERDICT_NOT_MEASURED, "Permission denied"},
		{"l.crt", "/usr/share", 0, VERDICT_NOT_MEASURED, "is not looked into"},
		{"reg", "/usr/share", 0, VERDICT_NOT_MEASURED, "is not looked into"},
		{"reg", "/home/ops", 0, VERDICT_FAIL, "the directory '/home/ops'"},
		{"reg", "/usr/share", 1000, VERDICT_FAIL, "belongs to ops"},
		{"reg", "sub", 0, VERDICT_PASS, NULL},
		{"l.crt", "sub/b.crt", 0, VERDICT_PASS, NULL},
		{"l.crt", "sub/b.crt", 1000, VERDICT_FAIL, "belongs to ops"},
		/* whose name nobody asked for, and what stands for nothing */
		{"readme", "/usr/share/wide.crt", 0, VERDICT_PASS, NULL},
		{"l.crt", "/dev/null", 0, VERDICT_PASS, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(fake_view_clear) struct fake_view f;
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(freep) char *link = xasprintf("/etc/certs/%s", rows[i].link);
		DESIRED(want, &module_file,
			"path=/etc/certs tree=true match=*.crt mode=0444 directory-mode=0755");

		fake_view_init(&f);
		fake_file(&f, "/etc/passwd", 0644,
			  "root:x:0:0::/:/bin/sh\nops:x:1000:1000::/:/x\n");
		fake_dir(&f, "/etc/certs", 0755);
		fake_dir(&f, "/etc/certs/sub", 0755);
		fake_file(&f, "/etc/certs/sub/b.crt", 0444, "");
		fake_file(&f, "/usr/share/ca.crt", 0444, "");
		fake_file(&f, "/usr/share/wide.crt", 0666, "");
		fake_file(&f, "/usr/share/usual.crt", 0644, "");
		fake_file(&f, "/usr/share/group.crt", 0664, "");
		fake_file(&f, "/usr/share/run.crt", 0755, "");
		fake_file(&f, "/usr/share/ops.crt", 0644, "")->uid = 1000;
		fake_node(&f, "/usr/share/far.crt", NODE_UNKNOWN, 0)->error = -EACCES;
		fake_dir(&f, "/usr/share", 0755);
		fake_dir(&f, "/home/ops", 0755)->uid = 1000;
		fake_file(&f, "/home/ops/a.crt", 0444, "");
		fake_node(&f, link, NODE_SYMLINK, 0777)->uid = rows[i].owner;
		fake_link(&f, link, rows[i].target);
		fake_diff(&f, &module_file, want, &d);
		if (d.verdict != rows[i].verdict ||
		    (rows[i].says && !strstr(d.reason, rows[i].says)))
			fail_msg("row %zu: %s: %s", i, verdict_to_string(d.verdict), d.reason);
		assert_int_equal(d.edits.count, 0);
	}
}

static void test_tree_by_name_leaves_directories(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(keys, &module_file,
		"path=/etc/docker/certs.d tree=true match=*.key mode=0400 group=root");
	DESIRED(owners, &module_file, "path=/etc/docker/certs.d tree=true owner=root group=root");

	make_certs(f);
	fake_find(f, "/etc/docker/certs.d")->uid = 5;
	fake_diff(f, &module_file, keys, &d);
	assert_int_equal(d.edits.count, 2);
	assert_edit(&d, "/etc/docker/certs.d/hub local:5000/client.key", "mode", "0400");
	assert_edit(&d, "/etc/docker/certs.d/hub local:5000/client.key", "group", "0");
	fake_diff(f, &module_file, owners, &d);
	assert_int_equal(d.edits.count, 2);
	assert_edit(&d, "/etc/docker/certs.d", "owner", "0");
}

static void test_tree_that_cannot_be_listed(void **state)
{
	struct fake_view *f = *state;
	CLEANUP(delta_clear) struct delta d = {0};
	DESIRED(want, &module_file, "path=/etc/docker/certs.d tree=true mode=0444");

	make_certs(f);
	f->children_error = -EACCES;
	fake_diff(f, &module_file, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
}

static void test_check(void **state)
{
	static const char *const wrong[] = {
		"path=/f",
		"path=/f match=*.key mode=0400",
		"path=/f directory-mode=0755",
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP(error_clear) struct error err = {0};
		DESIRED(want, &module_file, wrong[i]);

		assert_int_equal(module_file.check(want, &err), -EINVAL);
		assert_non_null(err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_wrong_kind_keeps_no_other_from_being_done,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_directory_of_a_user, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_way_through_a_link, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_missing, set_up, tear_down),
		cmocka_unit_test(test_names_that_are_not_there),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_looked_at, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_groups_cannot_be_read, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_places, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_link_to_the_target, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_tree, set_up, tear_down),
		cmocka_unit_test(test_links_in_a_tree),
		cmocka_unit_test_setup_teardown(test_tree_by_name_leaves_directories, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_tree_that_cannot_be_listed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_check, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
