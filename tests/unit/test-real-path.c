#include "tests/unit/temp-directory.h"

#include "engine/host/read/real-path.h"

static void test_links(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *direct = xasprintf("%s/real/file", t->path);
	CLEANUP(freep) char *linked = xasprintf("%s/link/file", t->path);
	CLEANUP(freep) char *found = NULL, *again = NULL;
	struct stat a, b;

	assert_int_equal(mkdirat(t->fd, "real", 0755), 0);
	temp_directory_write(t, "real/file", "x");
	assert_int_equal(symlinkat("real", t->fd, "link"), 0);
	assert_int_equal(real_path(direct, &found, &a, NULL), 0);
	assert_int_equal(real_path(linked, &again, &b, NULL), 0);
	assert_string_equal(found, again);
	assert_non_null(strstr(found, "/real/file"));
	assert_true(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
}

static void test_missing(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/none", t->path), *found = NULL;
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(real_path(path, &found, NULL, &err), -ENOENT);
	assert_null(found);
	assert_non_null(strstr(error_text(&err), path));
}

static void test_of_any(void **state)
{
	static const struct {
		const char *path, *real;
	} rows[] = {
		{"link", "real"},
		{"link/none", "real/none"},
		{"link/none/below", "real/none/below"},
		{"none", "none"},
	};
	const struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "real", 0755), 0);
	assert_int_equal(symlinkat("real", t->fd, "link"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", t->path, rows[i].path);
		CLEANUP(freep) char *real = xasprintf("%s/%s", t->path, rows[i].real);
		CLEANUP(freep) char *found = real_path_of_any(path);

		assert_string_equal(found, real);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_links),
		TEMP_DIRECTORY_TEST(test_missing),
		TEMP_DIRECTORY_TEST(test_of_any),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
