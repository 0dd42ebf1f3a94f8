/* Room is asked before the first write: where there is too little, nothing is begun. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "rollback/room.h"
#include "tests/unit/transaction-bench.h"

static struct statvfs disk;

/* In place of libc's: the disk of this test. */
int fstatvfs(int fd, struct statvfs *ret)
{
	*ret = disk;
	return 0;
}

static const struct row {
	const char *name;
	fsblkcnt_t blocks;
	fsfilcnt_t files, left;
	const char *why; /* NULL: it is done */
} rows[] = {
	{"plenty", 1000, 1000, 500, NULL},
	{"full", 0, 1000, 500, "has 0 bytes free, and "},
	{"a few blocks", 4, 1000, 500, "has 16384 bytes free, and "},
	{"no inodes", 1000, 1000, 0, "has 0 inodes free, and "},
	{"inodes without number", 1000, 0, 0, NULL},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(error_clear) struct error err = {0};
		struct bench *b = *state;

		disk = (struct statvfs){.f_frsize = 4096,
					.f_bavail = row->blocks,
					.f_files = row->files,
					.f_favail = row->left};
		if (room_check(&b->plan, &b->state, &b->temp->root, &err) !=
			    (row->why ? -ENOSPC : 0) ||
		    (row->why && !strstr(error_text(&err), row->why)))
			fail_msg("%s: %s", row->name, error_text(&err));
	}
}

static void test_nothing_is_begun(void **state)
{
	CLEANUP(transaction_result_clear) struct transaction_result result = {0};
	CLEANUP(strv_clear) struct strv ids = {0};
	struct bench *b = *state;

	disk = (struct statvfs){.f_frsize = 4096, .f_bavail = 0};
	assert_int_equal(bench_run(b, &result), -ENOSPC);
	assert_int_equal(result.state, TRANSACTION_OPEN);
	assert_int_equal(b->stub.asked.count, 0);
	assert_int_equal(state_transactions(&b->state, &ids, NULL), 0);
	assert_int_equal(ids.count, 0);
	assert_before(b);
	assert_swept(b);
}

static int set_up(void **state)
{
	static struct bench b;

	if (temp_directory_setup(state) < 0)
		return -1;
	bench_open(&b, state);
	bench_plan(&b);
	*state = &b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	*state = b->temp;
	bench_close(b);
	return temp_directory_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_nothing_is_begun, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
