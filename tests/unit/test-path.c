#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/base/path.h"

static void test_the_parts_of_a_path(void **state)
{
	static const struct {
		const char *path, *parent, *name;
		bool up;
	} rows[] = {
		{"/etc/docker/daemon.json", "/etc/docker", "daemon.json", true},
		{"/etc", "/", "etc", true},
		{"/", "/", "", false},
		{"dockerd", "", "dockerd", false},
		{"", "", "", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *parent = path_parent(rows[i].path);
		CLEANUP(freep) char *at = xstrdup(rows[i].path);
		CLEANUP(freep) char *again = NULL;

		assert_string_equal(parent, rows[i].parent);
		assert_string_equal(path_name(rows[i].path), rows[i].name);
		assert_int_equal(path_up(at), rows[i].up);
		assert_string_equal(at, rows[i].up ? rows[i].parent : rows[i].path);
		if (rows[i].path[0] != '/')
			continue;
		again = path_join(parent, path_name(rows[i].path));
		assert_string_equal(again, rows[i].path);
	}
}

static void test_joining(void **state)
{
	static const struct {
		const char *directory, *name, *want;
	} rows[] = {
		{"/etc", "passwd", "/etc/passwd"},
		{"/", "etc", "/etc"},
		{"/etc/", "passwd", "/etc/passwd"},
		{"/etc", "a/b", "/etc/a/b"},
		{"/etc", "", "/etc"},
		{"/", "", "/"},
		{"", "etc", "/etc"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *is = path_join(rows[i].directory, rows[i].name);

		assert_string_equal(is, rows[i].want);
	}
}

static void test_names_from_a_directory(void **state)
{
	static const struct {
		const char *directory, *name, *want;
	} rows[] = {
		{"/a", "b", "/a/b"},
		{"/a", "./b//c/", "/a/b/c"},
		{"/a/b", "../c", "/a/c"},
		{"/a", "../../../b", "/b"},
		{"/a", "/b/../c", "/c"},
		{"/a", "", "/a"},
		{"/a", "*/x.toml", "/a/*/x.toml"},
		{"/", "b", "/b"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *is = path_from(rows[i].directory, rows[i].name);

		assert_string_equal(is, rows[i].want);
	}
}

static void test_what_is_behind_a_directory(void **state)
{
	static const struct {
		const char *path, *directory, *rest;
	} rows[] = {
		{"/etc/docker", "/etc", "/docker"},
		{"/etc/docker", "/etc/", "/docker"},
		{"/etc/docker/x", "/etc", "/docker/x"},
		{"/etc", "/etc", ""},
		{"/etc/", "/etc", ""},
		{"/etc", "/etc/", ""},
		{"/etcetera", "/etc", NULL},
		{"/etc", "/etc/docker", NULL},
		{"/et", "/etc", NULL},
		{"/", "/etc", NULL},
		{"/etc", "/", "/etc"},
		{"/", "/", ""},
		{"etc", "/", NULL},
		{"etc/docker", "etc", "/docker"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *want = rows[i].rest;
		const char *rest = path_behind(rows[i].path, rows[i].directory);

		assert_int_equal(rest != NULL, want != NULL);
		if (rest)
			assert_string_equal(rest, want);
		assert_int_equal(path_is_within(rows[i].path, rows[i].directory), want != NULL);
		assert_int_equal(path_is_below(rows[i].path, rows[i].directory), want && *want);
	}
}

static void test_names_that_match_in_a_directory(void **state)
{
	CLEANUP(strv_clear) struct strv names = {0}, all = {0};
	CLEANUP(freep) char *joined = NULL;

	strv_split(&names, "b.conf a.conf .c.conf .conf a.conf~ conf", " ");
	strv_add(&all, "/x");
	path_add_matching(&all, "/etc/a.d", &names, "*.conf");
	joined = strv_join(&all, " ");
	assert_string_equal(joined, "/x /etc/a.d/b.conf /etc/a.d/a.conf");
}

static void test_run_by_its_old_name(void **state)
{
	static const struct {
		const char *path, *is;
	} rows[] = {
		{"/var/run/docker.sock", "/run/docker.sock"},
		{"/var/run/a/b", "/run/a/b"},
		{"/run/docker.sock", "/run/docker.sock"},
		{"/var/runner/x", "/var/runner/x"},
		{"/var/run", "/var/run"},
		{"/srv/var/run/x", "/srv/var/run/x"},
		{"@name", "@name"},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(path_without_var(rows[i].path), rows[i].is);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_parts_of_a_path),
		cmocka_unit_test(test_joining),
		cmocka_unit_test(test_names_from_a_directory),
		cmocka_unit_test(test_what_is_behind_a_directory),
		cmocka_unit_test(test_names_that_match_in_a_directory),
		cmocka_unit_test(test_run_by_its_old_name),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
