#include "tests/unit/temp-directory.h"

#include "engine/host/read/space.h"

/* What a start needs, and what there is: a file system without a fixed number of inodes says 0. */
static void test_lacks(void **state)
{
	static const struct {
		struct space has;
		uint64_t bytes, files;
		const char *lacks;
	} rows[] = {
		{{.bytes = 100, .files = 10, .counts_files = true}, 100, 10, NULL},
		{{.bytes = 0, .files = 10, .counts_files = true},
		 100,
		 10,
		 "has 0 bytes free, and 100 are needed"},
		{{.bytes = 99, .files = 0, .counts_files = true},
		 100,
		 10,
		 "has 99 bytes free, and 100 are needed"},
		{{.bytes = 100, .files = 9, .counts_files = true},
		 100,
		 10,
		 "has 9 inodes free, and 10 are needed"},
		{{.bytes = 100, .files = 0, .counts_files = false}, 100, 10, NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *lacks = space_lacks(&rows[i].has, rows[i].bytes, rows[i].files);

		if (!lacks != !rows[i].lacks || (lacks && strcmp(lacks, rows[i].lacks) != 0))
			fail_msg("row %zu: %s", i, lacks ? lacks : "nothing");
	}
}

/* What is not there yet will be on the file system of the nearest directory above it. */
static void test_of(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *below = xasprintf("%s/a/b", t->path), *at = NULL, *again = NULL;
	CLEANUP(error_clear) struct error err = {0};
	struct space space = {0}, own = {0};
	struct stat st;

	assert_int_equal(stat(t->path, &st), 0);
	assert_int_equal(space_of(below, &space, &at, NULL), 0);
	assert_string_equal(at, t->path);
	assert_true(space.dev == st.st_dev && space.bytes > 0);
	assert_int_equal(space_of("/proc", &own, &again, NULL), 0);
	assert_true(own.dev != space.dev);
	str_replace(&again, NULL);
	temp_directory_write(t, "f", "");
	str_replace(&below, NULL);
	below = xasprintf("%s/f/b", t->path);
	assert_int_equal(space_of(below, &own, &again, &err), -ENOTDIR);
	assert_non_null(strstr(error_text(&err), "how much room"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lacks),
		cmocka_unit_test_setup_teardown(test_of, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
