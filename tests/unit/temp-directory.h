#pragma once

/*
 * A directory of a test's own below $TMPDIR (or /tmp), opened as an offline root; cmocka setup and
 * teardown functions. *state is the struct temp_directory.
 */

#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/root.h"

struct temp_directory {
	char *path;
	int fd; /* not O_PATH */
	struct root root;
};

static inline UNUSED int temp_directory_remove_one(const char *path, const struct stat *st,
						   int type, struct FTW *ftw)
{
	return remove(path);
}

static inline UNUSED int temp_directory_setup(void **state)
{
	struct temp_directory *t = xcalloc(1, sizeof(*t));
	const char *base = getenv("TMPDIR");

	umask(0022);
	t->path = xasprintf("%s/harden-test-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(t->path) || chmod(t->path, 0755) < 0)
		return -1;
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = t;
	return t->fd < 0 ? -1 : root_open(&t->root, t->path, NULL);
}

static inline UNUSED int temp_directory_teardown(void **state)
{
	struct temp_directory *t = *state;

	root_close(&t->root);
	close(t->fd);
	nftw(t->path, temp_directory_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(t->path);
	free(t);
	return 0;
}

static inline UNUSED void temp_directory_write(const struct temp_directory *t, const char *name,
					       const char *bytes)
{
	int fd = openat(t->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
	close(fd);
}

/* An O_PATH descriptor of a name in the directory, links not followed. */
static inline UNUSED int temp_directory_path_fd(const struct temp_directory *t, const char *name)
{
	int fd = openat(t->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

#define TEMP_DIRECTORY_TEST(f)                                                                     \
	cmocka_unit_test_setup_teardown(f, temp_directory_setup, temp_directory_teardown)
