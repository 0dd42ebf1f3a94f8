#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/fd-io.h"
#include "engine/host/read/root.h"
#include "engine/host/write/deb-unpack.h"

/* What of a package is unpacked and where, and that no package writes elsewhere. */

static char directory[] = "/tmp/harden-deb-XXXXXX";

static int unpack(const char *sample)
{
	CLEANUP(freep) char *path = xasprintf(SAMPLES "/%s", sample);
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(error_clear) struct error err = {0};
	int r;

	assert_true(fd >= 0);
	r = deb_unpack(fd, sample, directory, &err);
	if (r < 0)
		assert_non_null(strstr(error_text(&err), sample));
	return r;
}

/* NULL: it is not there. The caller frees it. */
static char *content(const char *name, mode_t *ret_mode)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", directory, name);
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf text = {0};
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	*ret_mode = st.st_mode & 07777;
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(fd_read_all(fd, 4096, &text), 0);
	return buf_take(&text);
}

static void test_what_is_taken(void **state)
{
	static const struct {
		const char *name, *text; /* NULL: not taken */
		mode_t mode;
	} files[] = {
		{"usr/sbin/dockerd", "new", 04755}, /* where it lies it counts for nothing */
		{"usr/bin/d", "new", 04755},
		{"usr/bin/h", "new", 04755},
		{"usr/lib/systemd/system/docker.service", "[Unit]\n", 0644},
		{"etc/harden-sample/new.conf", "n", 0644},
		{"etc/passwd", NULL, 0}, /* this host has it */
		{"var/lib/x", NULL, 0},
		{"opt/x", NULL, 0},
		{"lib", NULL, 0},
		{"usr/bin/x", "x", 0644},
	};

	umask(022);
	assert_int_equal(unpack("good.deb"), 0);
	assert_int_equal(unpack("gz.deb"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		mode_t mode = 0;
		CLEANUP(freep) char *text = content(files[i].name, &mode);

		if (strcmp_null(text, files[i].text) != 0 || mode != files[i].mode)
			fail_msg("%s: '%s', %o", files[i].name, text ? text : "(not there)",
				 (unsigned)mode);
	}
}

static void test_what_is_refused(void **state)
{
	static const char *const samples[] = {"dots.deb", "link.deb", "none.deb", "cut.deb",
					      "text.deb"};

	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		if (unpack(samples[i]) != -EINVAL)
			fail_msg("%s was taken", samples[i]);
	assert_int_equal(unpack("hard.deb"), 0); /* its name is passed over */
	assert_int_equal(access("/tmp/harden-evil", F_OK), -1);
}

/* What libarchive would start a program for, with its bytes: none is. */
static void test_no_program_is_started(void **state)
{
	static const char *const samples[] = {"grz.deb", "lrz.deb", "lzo.deb"};
	static const char *const programs[] = {"grzip", "lrzip", "lzop"};
	CLEANUP(freep) char *marker = xasprintf("%s/started", directory);
	CLEANUP(freep) char *path = xasprintf("%s:%s", directory, getenv("PATH"));
	CLEANUP(freep) char *script = xasprintf("#!/bin/sh\n: >'%s'\n", marker);

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		CLEANUP(freep) char *program = xasprintf("%s/%s", directory, programs[i]);
		CLEANUP(close_fd) int fd = open(program, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

		assert_int_equal(fd_write_all(fd, script, strlen(script)), 0);
		assert_int_equal(fchmod(fd, 0700), 0);
	}
	setenv("PATH", path, 1);
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		int r = unpack(samples[i]);

		if (r != -EINVAL || access(marker, F_OK) == 0)
			fail_msg("%s: %d, and a program was %s", samples[i], r,
				 access(marker, F_OK) == 0 ? "started" : "not started");
	}
}

static int make_directory(void **state)
{
	return mkdtemp(directory) && deb_unpack_ready(NULL) == 0 ? 0 : -1;
}

static int remove_directory(void **state)
{
	CLEANUP(freep) char *command = xasprintf("rm -rf '%s'", directory);

	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_taken),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_no_program_is_started),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
