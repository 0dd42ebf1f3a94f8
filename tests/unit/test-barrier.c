/* What is mounted on a path is on another file system than its directory: both are synced, each once. */

#include "tests/test.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "rollback/barrier.h"
#include "tests/unit/temp-directory.h"

static dev_t synced[8];
static size_t count;
static bool own;

int __real_syncfs(int fd);
int __wrap_syncfs(int fd);

int __wrap_syncfs(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	synced[count++ % ARRAY_SIZE(synced)] = st.st_dev;
	return __real_syncfs(fd);
}

/* Before the directory is opened, which belongs to one set of mounts. */
static bool own_mounts(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static dev_t dev_of(const struct temp_directory *t, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(t->fd, name, &st, 0), 0);
	return st.st_dev;
}

/* A file system of its own over "etc/d", and a file of another one over "etc/f". */
static void mount_both(const struct temp_directory *t)
{
	CLEANUP(freep) char *other = xasprintf("%s/other", t->path);
	CLEANUP(freep) char *source = xasprintf("%s/other/f", t->path);
	CLEANUP(freep) char *file = xasprintf("%s/etc/f", t->path);
	CLEANUP(freep) char *directory = xasprintf("%s/etc/d", t->path);

	assert_int_equal(mkdirat(t->fd, "etc", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "etc/d", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "other", 0755), 0);
	temp_directory_write(t, "etc/f", "");
	temp_directory_write(t, "etc/plain", "");
	assert_int_equal(mount("none", other, "tmpfs", 0, NULL), 0);
	temp_directory_write(t, "other/f", "");
	assert_int_equal(mount(source, file, NULL, MS_BIND, NULL), 0);
	assert_int_equal(mount("none", directory, "tmpfs", 0, NULL), 0);
}

static void unmount_both(const struct temp_directory *t)
{
	static const char *const places[] = {"etc/f", "etc/d", "other"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", t->path, places[i]);

		assert_int_equal(umount2(path, MNT_DETACH), 0);
	}
}

static void test_mounted_paths(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(handles_freep) struct handles *pass = handles_new(&t->root);
	CLEANUP(barrier_clear) struct barrier b = {.pass = pass};
	dev_t directory, file;

	if (!own)
		SKIP_BECAUSE("no mounts of its own");
	mount_both(t);
	directory = dev_of(t, "etc/d");
	file = dev_of(t, "etc/f");
	count = 0;
	assert_int_equal(barrier_sync(&b, "/etc/plain", NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(barrier_sync(&b, "/etc/f", NULL), 0);
	assert_int_equal(count, 2);
	assert_true(synced[1] == file);
	assert_int_equal(barrier_sync(&b, "/etc/d", NULL), 0);
	assert_int_equal(count, 3);
	assert_true(synced[2] == directory);
	assert_int_equal(barrier_sync(&b, "/etc/d", NULL), 0);
	assert_int_equal(barrier_sync(&b, "/etc/gone", NULL), 0);
	assert_int_equal(count, 3);
	unmount_both(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_mounted_paths),
	};

	own = own_mounts();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
