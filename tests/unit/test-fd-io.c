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

/* Meson builds everything with offsets of 64 bits: there pwrite() is pwrite64(). */
ssize_t __real_write(int fd, const void *bytes, size_t n);
ssize_t __wrap_write(int fd, const void *bytes, size_t n);
ssize_t __real_pwrite64(int fd, const void *bytes, size_t n, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t n, off_t at);

/* How many bytes a write takes at most, and how many it takes in all, behind which it takes none. */
static size_t at_most = SIZE_MAX, room = SIZE_MAX;
static bool interrupted; /* the next one is */

static bool is_cut(size_t *n)
{
	if (interrupted) {
		interrupted = false;
		errno = EINTR;
		return true;
	}
	*n = *n < at_most ? *n : at_most;
	*n = *n < room ? *n : room;
	room -= room == SIZE_MAX ? 0 : *n;
	return false;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t n)
{
	return is_cut(&n) ? -1 : __real_write(fd, bytes, n);
}

ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
	return is_cut(&n) ? -1 : __real_pwrite64(fd, bytes, n, at);
}

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

static int write_by(bool placed, int fd, const char *bytes)
{
	return placed ? fd_write_all_at(fd, bytes, strlen(bytes), 2)
		      : fd_write_all(fd, bytes, strlen(bytes));
}

static void test_short_writes_go_on(void **state)
{
	static const struct {
		size_t at_most, room;
		int want;
		const char *placed, *appended; /* what is in the file then */
	} rows[] = {
		{SIZE_MAX, SIZE_MAX, 0, "01abcd67", "abcd4567"},
		{1, SIZE_MAX, 0, "01abcd67", "abcd4567"},
		{3, SIZE_MAX, 0, "01abcd67", "abcd4567"},
		{1, 2, -EIO, "01ab4567", "ab234567"}, /* no progress is no loop without an end */
		{SIZE_MAX, 0, -EIO, "01234567", "01234567"},
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		bool placed = i % 2;
		CLEANUP(buf_clear) struct buf b = {0};
		int fd = memory_file("01234567", 8);

		at_most = rows[i / 2].at_most;
		room = rows[i / 2].room;
		interrupted = true;
		assert_int_equal(write_by(placed, fd, "abcd"), rows[i / 2].want);
		at_most = room = SIZE_MAX;
		if (placed) /* the descriptor's own place stayed */
			assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
		lseek(fd, 0, SEEK_SET);
		assert_int_equal(fd_read_all(fd, 100, &b), 0);
		assert_string_equal(b.data, placed ? rows[i / 2].placed : rows[i / 2].appended);
		close(fd);
	}
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
	assert_int_equal(fd_write_all_at(fd, "x", 1, 0), -EBADF);
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
		cmocka_unit_test(test_short_writes_go_on),
		cmocka_unit_test(test_errors_are_those_of_the_descriptor),
		cmocka_unit_test(test_interrupted_writes_go_on),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
