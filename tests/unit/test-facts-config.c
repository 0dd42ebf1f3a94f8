#include "tests/unit/temp-directory.h"

#include "engine/facts/parts.h"

#define STARTED 1000 /* seconds */

/* Gives a name in the directory a modification time. */
static void age(const struct temp_directory *t, const char *name, time_t mtime)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = mtime}};

	assert_int_equal(utimensat(t->fd, name, times, 0), 0);
}

static char *why_changed(const struct temp_directory *t, const struct moment *start)
{
	struct gather g = {.root = &t->root};

	return config_changed_since(&g, "/d/daemon.json", start);
}

static bool changed_since(const struct temp_directory *t, uint64_t seconds)
{
	const struct moment start = {seconds * 1000000, seconds * 1000000};
	CLEANUP(freep) char *why = why_changed(t, &start);

	return why != NULL;
}

static void test_the_file_is_there(void **state)
{
	const struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	temp_directory_write(t, "d/daemon.json", "{}");
	age(t, "d/daemon.json", STARTED - 10);
	age(t, "d", STARTED - 10);
	assert_false(changed_since(t, STARTED)); /* its ctime is now, as after a chmod */
	age(t, "d", STARTED + 10);
	assert_true(changed_since(t, STARTED)); /* moved into place: the directory changed, too */
	age(t, "d", STARTED - 10);
	age(t, "d/daemon.json", STARTED + 10);
	assert_true(changed_since(t, STARTED));
}

static void test_the_file_is_not_there(void **state)
{
	const struct temp_directory *t = *state;

	assert_false(changed_since(t, STARTED)); /* nor is its directory */
	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	age(t, "d", STARTED - 10);
	assert_false(changed_since(t, STARTED));
	age(t, "d", STARTED + 10);
	assert_true(changed_since(t, STARTED)); /* it may have been removed */
	temp_directory_write(t, "d/key.json", "{}");
	age(t, "d/key.json", STARTED + 10);
	age(t, "d", STARTED + 10);
	assert_false(changed_since(t, STARTED)); /* dockerd wrote key.json beside it */
}

#define KNOWN "changed after the daemon started"
#define UNKNOWN "the clock was set since the daemon started"
#define HOUR 3600

/* Whoever sets the clock does not make a changed file an unchanged one. */
static const struct {
	time_t counted; /* the start as the clock goes now; 0: not known */
	time_t file, directory;
	const char *why;
} set[] = {
	{STARTED * HOUR, STARTED *HOUR - 10, STARTED *HOUR - 10, NULL},
	{STARTED * HOUR + 1, STARTED *HOUR + 1, STARTED *HOUR - 10, KNOWN},
	{STARTED * HOUR - HOUR, STARTED *HOUR - 2 * HOUR, 0, NULL},
	{STARTED * HOUR - HOUR, STARTED *HOUR - 10, 0, UNKNOWN}, /* set back, then written */
	{STARTED * HOUR - HOUR, STARTED *HOUR + 10, 0, KNOWN},
	{STARTED * HOUR - HOUR, 0, STARTED *HOUR - 10, UNKNOWN}, /* ... or moved into place */
	{STARTED * HOUR - HOUR, 0, STARTED *HOUR - 2 * HOUR, NULL},
	{STARTED * HOUR + HOUR, STARTED *HOUR - 10, 0, NULL},
	{STARTED * HOUR + HOUR, STARTED *HOUR + 10, 0, UNKNOWN}, /* it was wrong at the boot */
	{STARTED * HOUR + HOUR, STARTED *HOUR + 2 * HOUR, 0, KNOWN},
	{0, STARTED *HOUR - 10, 0, UNKNOWN},
	{0, STARTED *HOUR + 10, 0, KNOWN},
};

static void test_the_clock_was_set(void **state)
{
	const struct temp_directory *t = *state;

	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	temp_directory_write(t, "d/daemon.json", "{}");
	for (size_t i = 0; i < ARRAY_SIZE(set); i++) {
		const struct moment start = {(uint64_t)STARTED * HOUR * 1000000,
					     (uint64_t)set[i].counted * 1000000};
		CLEANUP(freep) char *why = NULL;

		age(t, "d/daemon.json", set[i].file);
		age(t, "d", set[i].directory);
		why = why_changed(t, &start);
		if ((why != NULL) != (set[i].why != NULL) || (why && !strstr(why, set[i].why)))
			fail_msg("row %zu: %s", i, why ? why : "unchanged");
	}
}

/* A unit file or a profile is told with the same doubt. */
static void test_written_since(void **state)
{
	const struct temp_directory *t = *state;
	struct gather g = {.root = &t->root};
	const struct moment start = {(uint64_t)STARTED * HOUR * 1000000,
				     (uint64_t)(STARTED - 1) * HOUR * 1000000};

	temp_directory_write(t, "f", "");
	age(t, "f", (STARTED - 2) * HOUR);
	assert_null(file_written_since(&g, "/f", &start));
	age(t, "f", STARTED * HOUR - 1);
	assert_non_null(strstr(file_written_since(&g, "/f", &start), "may have been written"));
	age(t, "f", STARTED * HOUR + 1);
	assert_string_equal(file_written_since(&g, "/f", &start), "was written");
	assert_null(file_written_since(&g, "/none", &start));
}

/* Of this very process it is known, and the two reckonings agree: nobody sets the clock of a test. */
static void test_start_of_a_process(void **state)
{
	struct unit_facts u = {.main_pid = getpid(), .started_usec = clock_usec(CLOCK_REALTIME)};
	struct moment m = unit_started(&u);

	(void)state;
	assert_in_range(m.counted_usec, u.started_usec - 60000000, u.started_usec + 1000000);
	u.main_pid = -1;
	assert_int_equal(unit_started(&u).counted_usec, 0);
}

/* Runtimes of flags and file add up; of one name dockerd would not start, which is told elsewhere. */
static void test_runtimes(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(facts_clear) struct facts f = {0};
	struct gather g = {.facts = &f, .root = &t->root};
	const struct setting *s;

	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	temp_directory_write(t, "d/daemon.json", "{\"runtimes\":{\"b\":{\"path\":\"/b\"}}}");
	settings_put(&f.docker.next, "config-file", "\"/d/daemon.json\"", SOURCE_FLAG, "x");
	settings_put(&f.docker.next, "runtimes", "{\"a\":{\"path\":\"/a\"}}", SOURCE_FLAG, "x");
	gather_config(&g);
	s = settings_find(&f.docker.next, "runtimes");
	assert_non_null(s);
	assert_string_equal(s->value, "{\"a\":{\"path\":\"/a\"},\"b\":{\"path\":\"/b\"}}");
	assert_int_equal(f.docker.conflicts.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_the_file_is_there),
		TEMP_DIRECTORY_TEST(test_the_file_is_not_there),
		TEMP_DIRECTORY_TEST(test_the_clock_was_set),
		TEMP_DIRECTORY_TEST(test_written_since),
		TEMP_DIRECTORY_TEST(test_runtimes),
		cmocka_unit_test(test_start_of_a_process),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
