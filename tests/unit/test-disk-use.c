#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/host/read/disk-use.h"
#include "tests/unit/temp-directory.h"

#define MIB (1024 * 1024)

static void write_mib(struct temp_directory *t, const char *name)
{
	CLEANUP(freep) char *text = xcalloc(1, MIB + 1);

	memset(text, 'x', MIB);
	text[MIB] = '\0';
	temp_directory_write(t, name, text);
}

/* Each file once, whatever its names; nothing behind a link. */
static void test_counts(void **state)
{
	struct temp_directory *t = *state;
	struct disk_use use;

	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "d/e", 0755), 0);
	write_mib(t, "d/e/a");
	write_mib(t, "outside");
	assert_int_equal(symlinkat("../outside", t->fd, "d/link"), 0);
	assert_int_equal(symlinkat("..", t->fd, "d/up"), 0);
	assert_int_equal(linkat(t->fd, "d/e/a", t->fd, "d/b", 0), 0);
	assert_int_equal(disk_use(&t->root, "/d", &use, NULL), 0);
	assert_false(use.more);
	assert_true(use.bytes >= MIB && use.bytes < MIB + MIB / 2);
}

/* Of several that share what may be looked at, the later ones have less of it. */
static void test_shared(void **state)
{
	struct temp_directory *t = *state;
	struct disk_use use;
	size_t left = 3;

	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	temp_directory_write(t, "d/a", "x");
	temp_directory_write(t, "d/b", "x");
	assert_int_equal(disk_use_within(&t->root, "/d", &left, &use, NULL), 0);
	assert_false(use.more);
	assert_int_equal(left, 1);
	assert_int_equal(disk_use_within(&t->root, "/d", &left, &use, NULL), 0);
	assert_true(use.more);
	assert_int_equal(left, 0);
}

static bool other; /* "e" is told to be on another file system */

int __real_statx(int fd, const char *name, int flags, unsigned mask, struct statx *ret);
int __wrap_statx(int fd, const char *name, int flags, unsigned mask, struct statx *ret);

int __wrap_statx(int fd, const char *name, int flags, unsigned mask, struct statx *ret)
{
	int r = __real_statx(fd, name, flags, mask, ret);

	if (r == 0 && other && strcmp(name, "e") == 0)
		ret->stx_dev_minor++;
	return r;
}

/* What lies on another file system is not counted, and so there is more. */
static void test_another_file_system(void **state)
{
	struct temp_directory *t = *state;
	struct disk_use use;

	assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
	assert_int_equal(mkdirat(t->fd, "d/e", 0755), 0);
	write_mib(t, "d/e/a");
	for (int i = 0; i < 2; i++) {
		other = i == 1;
		assert_int_equal(disk_use(&t->root, "/d", &use, NULL), 0);
		assert_int_equal(use.more, i == 1);
		assert_int_equal(use.bytes >= MIB, i == 0);
	}
	other = false;
}

static void test_is_none(void **state)
{
	struct temp_directory *t = *state;
	struct disk_use use;

	temp_directory_write(t, "file", "");
	assert_int_equal(disk_use(&t->root, "/none", &use, NULL), -ENOENT);
	assert_int_equal(disk_use(&t->root, "/file", &use, NULL), -ENOTDIR);
	assert_int_equal(use.bytes, 0);
}

static void test_text(void **state)
{
	static const struct {
		struct disk_use use;
		const char *text;
	} rows[] = {
		{{0, false}, "about 0 bytes"},
		{{1023, false}, "about 1023 bytes"},
		{{1024, false}, "about 1 KiB"},
		{{(uint64_t)3 * MIB + 100, false}, "about 3 MiB"},
		{{(uint64_t)5 * 1024 * MIB, true}, "more than 5 GiB"},
		{{(uint64_t)9000 * MIB * MIB, false}, "about 9000 TiB"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *text = disk_use_text(&rows[i].use);

		assert_string_equal(text, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_counts),
		TEMP_DIRECTORY_TEST(test_shared),
		TEMP_DIRECTORY_TEST(test_another_file_system),
		TEMP_DIRECTORY_TEST(test_is_none),
		cmocka_unit_test(test_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
