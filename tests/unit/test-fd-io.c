#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"

static int memory_file(const void *bytes, size_t n)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, bytes, n), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void test_bytes_come_back(void **state)
{
	static const size_t sizes[] = {0, 1, 16383, 16384, 16385, 100000};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CLEANUP(freep) char *bytes = xcalloc(1, sizes[i]);
		CLEANUP(buf_clear) struct buf b = {0};
		int fd;

		for (size_t k = 0; k < sizes[i]; k++)
			bytes[k] = (char)(k * 7); /* NUL among them */
		fd = memory_file(bytes, sizes[i]);
		buf_puts(&b, "before ");
		assert_int_equal(fd_read_all(fd, sizes[i], &b), 0);
		assert_int_equal(b.len, 7 + sizes[i]);
		assert_memory_equal(b.data, "before ", 7);
		assert_memory_equal(b.data + 7, bytes, sizes[i]);
		assert_int_equal(b.data[b.len], 0);
		close(fd);
	}
}

static void test_an_empty_file_is_an_empty_string(void **state)
{
	CLEANUP(buf_clear) struct buf b = {0};
	int fd = memory_file("", 0);

	buf_reserve(&b, 4 * 16384);
	memset(b.data, 'x', b.size);
	assert_int_equal(fd_read_all(fd, 10, &b), 0);
	assert_string_equal(b.data, "");
	close(fd);
}

static void test_limit(void **state)
{
	static const struct {
		size_t limit;
		int want;
	} rows[] = {{9, -EFBIG}, {10, 0}, {0, -EFBIG}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buf_clear) struct buf b = {0};
		int fd = memory_file("0123456789", 10);

		assert_int_equal(fd_read_all(fd, rows[i].limit, &b), rows[i].want);
		close(fd);
	}
}

static void test_errors_are_those_of_the_descriptor(void **state)
{
	CLEANUP(buf_clear) struct buf b = {0};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, "x", 1), -EBADF);
	close(fd);
	assert_int_equal(fd_read_all(-1, 1, &b), -EBADF);
	assert_int_equal(fd_write_all(-1, "", 0), 0); /* nothing to do */
}

#define PIPED 300000

/* Begins late, so that the writer meets a full pipe. */
static void *drain(void *fd_ptr)
{
	int fd = *(int *)fd_ptr;
	size_t got = 0;
	char piece[4097];
	ssize_t n;

	usleep(20000);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		got += (size_t)n;
	return (void *)got;
}

static void ignore_signal(int number)
{
}

/* A timer without SA_RESTART fires while the pipe is full: first a short write, then EINTR. */
static void test_interrupted_writes_go_on(void **state)
{
	struct sigaction act = {.sa_handler = ignore_signal}, old;
	CLEANUP(freep) char *bytes = xcalloc(1, PIPED);
	pthread_t reader;
	void *got = NULL;
	sigset_t alarms;
	int ends[2];

	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL); /* the reader inherits it */
	assert_int_equal(pthread_create(&reader, NULL, drain, &ends[0]), 0);
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	sigaction(SIGALRM, &act, &old);
	ualarm(500, 500);
	assert_int_equal(fd_write_all(ends[1], bytes, PIPED), 0);
	ualarm(0, 0);
	sigaction(SIGALRM, &old, NULL);
	close(ends[1]);
	pthread_join(reader, &got);
	close(ends[0]);
	assert_int_equal((size_t)got, PIPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_come_back),
		cmocka_unit_test(test_an_empty_file_is_an_empty_string),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_errors_are_those_of_the_descriptor),
		cmocka_unit_test(test_interrupted_writes_go_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
