#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "modules/daemon/account.h"
#include "tests/unit/fake-view.h"

static const char *const files[] = {"/etc/passwd",  "/etc/group",  "/etc/shadow",
				    "/etc/gshadow", "/etc/subuid", "/etc/subgid"};

/* What is in the six files, and what is added to each (NULL: nothing, or no such file). */
static const struct row {
	const char *name;
	const char *before[6];
	const char *added[6];
} rows[] = {
	{"nothing is there",
	 {"root:x:0:0::/:\n", "root:x:0:\n", "root:*:1::::::\n", "root:*::\n", "", ""},
	 {"dockremap:x:999:999:Docker user namespaces:/:/usr/sbin/nologin",
	  "dockremap:x:999:", "dockremap:!*:::::::", "dockremap:!*::", "dockremap:100000:65536",
	  "dockremap:100000:65536"}},
	{"no shadow files",
	 {"root:x:0:0::/:\n", "root:x:0:\n", NULL, NULL, NULL, NULL},
	 {"dockremap:x:999:999:Docker user namespaces:/:/usr/sbin/nologin",
	  "dockremap:x:999:", NULL, NULL, "dockremap:100000:65536", "dockremap:100000:65536"}},
	{"numbers and ranges in use",
	 {"a:x:999:1::/:\nb:x:998:1::/:\n", "docker:x:997:\n", "", "", "ops:100000:65536\n",
	  "ops:165536:65536\n"},
	 {"dockremap:x:996:996:Docker user namespaces:/:/usr/sbin/nologin",
	  "dockremap:x:996:", "dockremap:!*:::::::", "dockremap:!*::", "dockremap:231072:65536",
	  "dockremap:231072:65536"}},
	{"a gap too small",
	 {"", "", "", "", "a:200000:10\nb:50000:60000\n", ""},
	 {"dockremap:x:999:999:Docker user namespaces:/:/usr/sbin/nologin",
	  "dockremap:x:999:", "dockremap:!*:::::::", "dockremap:!*::", "dockremap:110000:65536",
	  "dockremap:110000:65536"}},
	{"an account's own number",
	 {"big:x:120000:120000::/:\n", "", "", "", "", ""},
	 {"dockremap:x:999:999:Docker user namespaces:/:/usr/sbin/nologin",
	  "dockremap:x:999:", "dockremap:!*:::::::", "dockremap:!*::", "dockremap:120001:65536",
	  "dockremap:120001:65536"}},
	{"all is there",
	 {"dockremap:x:110:115::/:\n", "dockremap:x:115:\n", "dockremap:!:1::::::\n",
	  "dockremap:!::\n", "dockremap:300000:65536\n", "dockremap:300000:65536\n"},
	 {NULL}},
	{"ranges alone are missing",
	 {"dockremap:x:110:115::/:\n", "dockremap:x:115:\n", "dockremap:!:1::::::\n",
	  "dockremap:!::\n", "", ""},
	 {NULL, NULL, NULL, NULL, "dockremap:100000:65536", "dockremap:100000:65536"}},
	{"the group alone is there",
	 {"", "dockremap:x:115:\n", "", "dockremap:!::\n", "", ""},
	 {"dockremap:x:999:115:Docker user namespaces:/:/usr/sbin/nologin", NULL,
	  "dockremap:!*:::::::", NULL, "dockremap:100000:65536", "dockremap:100000:65536"}},
	{"the user alone is there",
	 {"dockremap:x:110:115::/:\n", "", "dockremap:!:1::::::\n", "", "", ""},
	 {NULL, "dockremap:x:115:", NULL, "dockremap:!*::", "dockremap:100000:65536",
	  "dockremap:100000:65536"}},
};

static void run_row(const struct row *row)
{
	CLEANUP(delta_clear) struct delta d = {0}, again = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	size_t added = 0;

	fake_view_init(&f);
	fake_file(&f, "/usr/sbin/nologin", 0755, "");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (row->before[i])
			fake_file(&f, files[i], 0644, row->before[i]);
	docker_account(&f.view, "\"default\"", &d);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const struct edit *e = find_edit(&d, files[i], "entry:dockremap");

		if ((e != NULL) != (row->added[i] != NULL) ||
		    (e && strcmp(e->after, row->added[i]) != 0))
			fail_msg("%s: '%s' gets %s", row->name, files[i], e ? e->after : "nothing");
		added += row->added[i] != NULL;
	}
	assert_int_equal(d.edits.count, added);
	assert_null(d.refusal);
	fake_apply(&f, &d);
	docker_account(&f.view, "\"default\"", &again);
	assert_int_equal(again.edits.count, 0);
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(&rows[i]);
}

static void test_another_user_needs_ranges(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;

	fake_view_init(&f);
	fake_file(&f, "/etc/subuid", 0644, "opsx:1:1\n");
	docker_account(&f.view, "\"ops\"", &d);
	assert_string_equal(d.refusal, "'ops' has no range of ids in '/etc/subuid'");
	assert_int_equal(d.edits.count, 0);
	delta_clear(&d);
	fake_file(&f, "/etc/subuid", 0644, "ops:100000:65536\n");
	fake_file(&f, "/etc/subgid", 0644, "team:100000:65536\n");
	docker_account(&f.view, "\"ops:team\"", &d);
	assert_null(d.refusal);
}

/* A range that is there and too small is known before dockerd is started with it. */
static void test_small_range(void **state)
{
	static const struct {
		const char *uids, *gids, *value, *refusal;
	} small[] = {
		{"dockremap:100000:10000\n", "dockremap:100000:65536\n", "\"default\"",
		 "'dockremap' has 10000 ids in '/etc/subuid', and 65536 are needed"},
		{"dockremap:100000:65536\n", "dockremap:100000:1\n", "\"dockremap\"",
		 "'dockremap' has 1 ids in '/etc/subgid', and 65536 are needed"},
		{"ops:100000:10000\n", "ops:100000:65536\n", "\"ops\"",
		 "'ops' has 10000 ids in '/etc/subuid', and 65536 are needed"},
		{"ops:100000:60000\nops:200000:60000\n", "ops:100000:65536\n", "\"ops\"", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;

		fake_view_init(&f);
		fake_file(&f, "/etc/passwd", 0644, "root:x:0:0::/:\ndockremap:x:99:99::/:\n");
		fake_file(&f, "/etc/group", 0644, "root:x:0:\ndockremap:x:99:\n");
		fake_file(&f, "/etc/subuid", 0644, small[i].uids);
		fake_file(&f, "/etc/subgid", 0644, small[i].gids);
		docker_account(&f.view, small[i].value, &d);
		if (strcmp_null(d.refusal, small[i].refusal) != 0)
			fail_msg("%zu: %s", i, d.refusal);
	}
}

static void test_unreadable(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;

	fake_view_init(&f);
	fake_file(&f, "/etc/shadow", 0, "");
	fake_unreadable(&f, "/etc/shadow", -EACCES);
	docker_account(&f.view, "\"default\"", &d);
	assert_int_equal(d.edits.count, 0);
	assert_int_equal(d.warnings.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_another_user_needs_ranges),
		cmocka_unit_test(test_small_range),
		cmocka_unit_test(test_unreadable),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
