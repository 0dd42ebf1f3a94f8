/*
 * What a transaction's directory holds, and what a run that dies or fails while writing it leaves.
 */

#include "tests/test.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/transaction-directory.h"
#include "tests/unit/temp-directory.h"

static void test_ids_are_in_order(void **state)
{
	CLEANUP(strv_clear) struct strv ids = {0};

	for (size_t i = 0; i < 50; i++) { /* many in one second */
		CLEANUP(freep) char *next = transaction_new_id(&ids);

		if (i)
			assert_true(strncmp(next, ids.items[i - 1], TRANSACTION_STAMP_LEN) > 0);
		assert_int_equal(strlen(next), TRANSACTION_STAMP_LEN + 7);
		strv_add(&ids, next);
	}
}

static void test_clock_was_set_back(void **state)
{
	CLEANUP(strv_clear) struct strv ids = {0};
	CLEANUP(freep) char *id = NULL;

	strv_add(&ids, "20200101-000000-abcdef");
	strv_add(&ids, "29991231-235959-abcdef");
	strv_add(&ids, "2999x"); /* none of ours, and behind all by its name */
	strv_add(&ids, "copy-of-something");
	id = transaction_new_id(&ids);

	assert_memory_equal(id, "30000101-000000-", 16);
	assert_int_equal(strlen(transaction_tag(id)), 6);
}

static void test_torn_list(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(strv_clear) struct strv paths = {0}, read = {0};
	CLEANUP(close_fd) int fd = -1;

	strv_add(&paths, "/etc/.a.harden-abcdef1");
	strv_add(&paths, "/etc/.b.harden-abcdef1");
	assert_int_equal(transaction_write_staged(t->fd, &paths, NULL), 0);
	fd = openat(t->fd, "staged", O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, (off_t)strlen(paths.items[0]) + 1 + 12), 0);
	assert_int_equal(transaction_read_staged(t->fd, &read, NULL), 0);
	assert_int_equal(read.count, 1);
	assert_string_equal(read.items[0], paths.items[0]);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A record of which only half was written does not stand before the next one. */
static void test_append_after_half_a_record(void **state)
{
	const struct temp_directory *t = *state;
	const struct record first[] = {{RECORD_HEADER, (char[]){"{}"}},
				       {RECORD_INTENT, (char[]){"{}"}}};
	CLEANUP(journal_close) struct journal j = JOURNAL_INIT;
	CLEANUP(records_clear) struct records records = {0};

	assert_int_equal(journal_create(t->fd, first, 2, &j, NULL), 0);
	signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)(j.durable + (off_t)j.tail.len) + 10);
	assert_int_equal(journal_append(&j, RECORD_COMMIT, "{}", NULL), -EFBIG);
	limit_files(RLIM_INFINITY);
	assert_int_equal(journal_append(&j, RECORD_UNDO_BEGIN, "{\"failure\":\"x\"}", NULL), 0);
	assert_int_equal(journal_read(t->fd, &records, NULL), 0);
	assert_int_equal(records.count, 3);
	assert_null(records_find(&records, RECORD_COMMIT));
	assert_non_null(records_find(&records, RECORD_UNDO_BEGIN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_are_in_order),
		cmocka_unit_test(test_clock_was_set_back),
		TEMP_DIRECTORY_TEST(test_torn_list),
		TEMP_DIRECTORY_TEST(test_append_after_half_a_record),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
