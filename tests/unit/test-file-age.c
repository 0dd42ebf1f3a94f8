#include "tests/test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "engine/base/alloc.h"
#include "engine/host/read/file-age.h"
#include "tests/unit/temp-directory.h"

#define SECOND UINT64_C(1000000)
#define THEN (1000 * SECOND) /* the moment, by a clock that nobody set */

/* In seconds around the moment: when the file came, was written, was changed in anything. */
static void test_since(void **state)
{
	static const struct {
		int born, written, changed; /* 0: at 1970, for `born` not told */
		enum clock_order order;
	} rows[] = {
		{990, 990, 990, CLOCK_BEFORE},
		{0, 990, 990, CLOCK_BEFORE},
		{1010, 500, 1010, CLOCK_AFTER}, /* a package's file */
		{990, 1010, 1010, CLOCK_AFTER}, /* in place */
		{0, 1010, 1010, CLOCK_AFTER},
		{990, 990, 1010, CLOCK_EITHER}, /* its mode, or written with its time put back */
		{0, 500, 1010, CLOCK_EITHER},
	};
	const struct moment then = {THEN, THEN}, unsure = {THEN, 0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct file_age age = {.born_usec = (uint64_t)rows[i].born * SECOND,
					     .written_usec = (uint64_t)rows[i].written * SECOND,
					     .changed_usec = (uint64_t)rows[i].changed * SECOND};

		if (file_age_since(&age, &then) != rows[i].order)
			fail_msg("row %zu: %d", i, file_age_since(&age, &then));
		assert_int_not_equal(file_age_since(&age, &unsure), CLOCK_BEFORE);
	}
}

/* A file that is exchanged is another one, whatever its name and its times. */
static void test_exchanged(void **state)
{
	struct temp_directory *t = *state;
	struct file_age before, after;

	temp_directory_write(t, "a", "same");
	temp_directory_write(t, "b", "same");
	assert_int_equal(file_age(&t->root, "/a", &before, NULL), 0);
	assert_int_equal(file_age(&t->root, "/a", &after, NULL), 0);
	assert_int_equal(before.ino, after.ino);
	assert_int_equal(renameat(t->fd, "b", t->fd, "a"), 0);
	assert_int_equal(file_age(&t->root, "/a", &after, NULL), 0);
	assert_int_not_equal(before.ino, after.ino);
	assert_int_equal(before.dev, after.dev);
	assert_int_equal(file_age(&t->root, "/b", &after, NULL), -ENOENT);
	assert_int_equal(file_age(&t->root, "/none/b", &after, NULL), -ENOENT);
}

/* What runs is found though its name is gone. */
static void test_process(void **state)
{
	CLEANUP(root_close) struct root host = {.fd = -1};
	struct file_age running, named;

	assert_int_equal(root_open(&host, "/", NULL), 0);
	assert_int_equal(file_age_of_process(getpid(), &running, NULL), 0);
	assert_int_equal(file_age(&host, "/proc/self/status", &named, NULL), 0);
	assert_true(running.ino != named.ino || running.dev != named.dev);
	assert_true(file_age_of_process(0, &running, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_since),
		TEMP_DIRECTORY_TEST(test_exchanged),
		cmocka_unit_test(test_process),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
