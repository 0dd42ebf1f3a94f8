#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/root.h"

static void test_status_field(void **state)
{
	static const char text[] =
		"Name:\tUid: 7\nUmask:\t0022\nUid:\t0\t1000\t0\t0\nNoNewPrivs:\t1";
	static const struct {
		const char *name, *want;
	} rows[] = {
		{"Name", "Uid: 7"},  {"Uid", "0\t1000\t0\t0"},
		{"NoNewPrivs", "1"}, {"Um", NULL},
		{"Gid", NULL},       {"ask", NULL},
	};
	CLEANUP(buf_clear) struct buf status = {0};

	buf_puts(&status, text);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *value = proc_status_field(&status, rows[i].name);

		if (rows[i].want)
			assert_string_equal(value, rows[i].want);
		else
			assert_null(value);
	}
}

static void test_container_group(void **state)
{
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const struct {
		const char *groups;
		bool want;
	} rows[] = {
		{"0::/system.slice/docker-" ID ".scope\n", true},
		{"12:memory:/docker/" ID "\n0::/\n", true},
		{"0::/machine.slice/libpod-" ID ".scope/container\n", true},
		{"0::/system.slice/docker.service\n", false},
		{"0::/system.slice/docker-ci.service\n", false},
		{"0::/system.slice/docker-" ID "0.scope\n", false},
		{"0::/system.slice/docker-0123.scope\n", false},
		{"", false},
	};
#undef ID

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buf_clear) struct buf groups = {0};

		buf_puts(&groups, rows[i].groups);
		assert_int_equal(proc_has_container_group(&groups), rows[i].want);
	}
}

static void test_this_process(void **state)
{
	CLEANUP(strv_clear) struct strv args = {0};
	CLEANUP(freep) char *exe = NULL, *want = realpath("/proc/self/exe", NULL);
	uint64_t a = 0, b = 0;

	assert_int_equal(proc_cmdline(getpid(), &args, NULL), 0);
	assert_true(args.count >= 1 && strstr(args.items[0], "test-proc"));
	assert_int_equal(proc_exe(getpid(), &exe, NULL, NULL), 0);
	assert_string_equal(exe, want);
	assert_int_equal(proc_start_ticks(getpid(), &a, NULL), 0);
	assert_int_equal(proc_start_ticks(getpid(), &b, NULL), 0);
	assert_true(a > 0 && a == b);
}

/* By the root of the process, which a link that is absolute does not leave. */
static void test_what_a_process_sees(void **state)
{
	struct stat seen, own;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	assert_int_equal(stat("/etc/passwd", &own), 0);
	assert_int_equal(proc_stat_inside(getpid(), "/etc/passwd", &seen, NULL), 0);
	assert_true(seen.st_ino == own.st_ino && seen.st_dev == own.st_dev);
	assert_int_equal(proc_stat_inside(getpid(), "/no/such", &seen, NULL), -ENOENT);
	assert_int_equal(proc_stat_inside(pid, "/etc/passwd", &seen, NULL), -ENOENT);
}

static void test_a_process_that_ended(void **state)
{
	CLEANUP(strv_clear) struct strv args = {0};
	CLEANUP(error_clear) struct error err = {0};
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	assert_int_equal(proc_cmdline(pid, &args, &err), -ENOENT);
	assert_non_null(strstr(error_text(&err), "cmdline"));
}

static void note_descriptor(void *data, const char *fd, const char *target)
{
	strv_addf(data, "%s %s", fd, target);
}

static void test_descriptors(void **state)
{
	CLEANUP(strv_clear) struct strv all = {0};
	CLEANUP(close_fd) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CLEANUP(freep) char *want = xasprintf("%d /dev/null", fd);
	pid_t ended = fork();

	assert_int_equal(proc_each_descriptor(getpid(), note_descriptor, &all, NULL), 0);
	assert_true(strv_contains(&all, want));
	if (ended == 0)
		_exit(0);
	waitpid(ended, NULL, 0);
	assert_int_equal(proc_each_descriptor(ended, note_descriptor, &all, NULL), -ENOENT);
}

static void test_an_odd_name_does_not_shift_the_start(void **state)
{
	static const char name[] = "a) R 1 (b";
	uint64_t before, after;
	FILE *comm = fopen("/proc/self/comm", "w");

	assert_int_equal(proc_start_ticks(getpid(), &before, NULL), 0);
	assert_non_null(comm);
	assert_true(fputs(name, comm) >= 0);
	fclose(comm);
	assert_int_equal(proc_start_ticks(getpid(), &after, NULL), 0);
	assert_true(before == after);
}

/* A file of the kernel's has no size to be asked for: it is read no further than that. */
static void test_no_more_than(void **state)
{
	CLEANUP(buf_clear) struct buf all = {0}, part = {0};

	assert_int_equal(proc_read_within("/proc/filesystems", SIZE_MAX, &all, NULL), 0);
	assert_true(all.len > 0);
	assert_int_equal(proc_read_within("/proc/filesystems", all.len, &part, NULL), 0);
	assert_true(buf_equal(&all, &part));
	buf_clear(&part);
	assert_int_equal(proc_read_within("/proc/filesystems", all.len - 1, &part, NULL), -EFBIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_field),
		cmocka_unit_test(test_no_more_than),
		cmocka_unit_test(test_container_group),
		cmocka_unit_test(test_this_process),
		cmocka_unit_test(test_what_a_process_sees),
		cmocka_unit_test(test_a_process_that_ended),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_an_odd_name_does_not_shift_the_start),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
