#include "tests/unit/temp-folder.h"

#include "engine/facts/parts.h"

#define STARTED 1000 /* seconds */

/* Gives a name in the folder a modification time. */
static void age(const struct temp_folder *t, const char *name, time_t mtime)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = mtime}};

	assert_int_equal(utimensat(t->fd, name, times, 0), 0);
}

static bool changed_since(const struct temp_folder *t, uint64_t seconds)
{
	struct gather g = {.root = &t->root};
	CLEANUP(freep) char *why = config_changed_since(&g, "/d/daemon.json", seconds * 1000000);

	return why != NULL;
}

static void test_the_file_is_there(void **state)
{
	const struct temp_folder *t = *state;

	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	temp_folder_write(t, "d/daemon.json", "{}");
	age(t, "d/daemon.json", STARTED - 10);
	age(t, "d", STARTED - 10);
	assert_false(changed_since(t, STARTED)); /* its ctime is now, as after a chmod */
	age(t, "d", STARTED + 10);
	assert_true(changed_since(t, STARTED)); /* moved into place: the folder changed, too */
	age(t, "d", STARTED - 10);
	age(t, "d/daemon.json", STARTED + 10);
	assert_true(changed_since(t, STARTED));
}

static void test_the_file_is_not_there(void **state)
{
	const struct temp_folder *t = *state;

	assert_false(changed_since(t, STARTED)); /* nor is its folder */
	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	age(t, "d", STARTED - 10);
	assert_false(changed_since(t, STARTED));
	age(t, "d", STARTED + 10);
	assert_true(changed_since(t, STARTED)); /* it may have been removed */
	temp_folder_write(t, "d/key.json", "{}");
	age(t, "d/key.json", STARTED + 10);
	age(t, "d", STARTED + 10);
	assert_false(changed_since(t, STARTED)); /* dockerd wrote key.json beside it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_FOLDER_TEST(test_the_file_is_there),
		TEMP_FOLDER_TEST(test_the_file_is_not_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
