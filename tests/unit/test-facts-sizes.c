/* How much images and volumes hold, by the disk; what could not be measured has no number, never none. */

#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "tests/unit/temp-directory.h"

#define LAYERS "srv/image/overlay2/layerdb/sha256"
#define MIB (1024 * 1024)

static void make(struct temp_directory *t, const char *path)
{
	CLEANUP(freep) char *part = xstrdup(path);

	for (char *at = strchr(part, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		mkdirat(t->fd, part, 0755);
		*at = '/';
	}
	assert_true(mkdirat(t->fd, path, 0755) == 0 || errno == EEXIST);
}

static void layer(struct temp_directory *t, const char *name, const char *size)
{
	CLEANUP(freep) char *directory = xasprintf(LAYERS "/%s", name);
	CLEANUP(freep) char *file = xasprintf("%s/size", directory);

	make(t, directory);
	if (size)
		temp_directory_write(t, file, size);
}

static void gather(struct temp_directory *t, struct facts *f, const char *driver, bool store)
{
	struct gather g = {.facts = f, .root = &t->root};

	f->parts = FACTS_SIZES;
	f->docker.data_root = xstrdup("/srv");
	f->docker.driver = xstrdup_null(driver);
	f->docker.image_store = store;
	gather_sizes(&g);
}

static void test_images(void **state)
{
	static const struct {
		const char *driver;
		bool store;
		const char *sizes[3]; /* of layers; "": the file is missing */
		const char *want; /* NULL: not measured */
	} rows[] = {
		{"overlay2", false, {"1048576", "2097152"}, "about 3 MiB"},
		{"overlay2", false, {"0"}, "about 0 bytes"},
		{"overlay2", false, {"1048576", ""}, NULL},
		{"overlay2", false, {"1048576", "x"}, NULL},
		{"overlay2", true, {"1048576"}, NULL},
		{NULL, false, {"1048576"}, NULL},
		{"btrfs", false, {"1048576"}, NULL}, /* others lie there */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(facts_clear) struct facts f = {0};
		void *own = NULL;
		struct temp_directory *t;

		assert_int_equal(temp_directory_setup(&own), 0);
		t = own;
		for (size_t k = 0; k < 3 && rows[i].sizes[k]; k++) {
			CLEANUP(freep) char *name = xasprintf("l%zu", k);

			layer(t, name, *rows[i].sizes[k] ? rows[i].sizes[k] : NULL);
		}
		gather(t, &f, rows[i].driver, rows[i].store);
		if (strcmp_null(f.docker.images_size, rows[i].want) != 0)
			fail_msg("row %zu: %s", i, f.docker.images_size);
		temp_directory_teardown(&own);
	}
}

static void volume(struct temp_directory *t, const char *name, const char *options)
{
	CLEANUP(freep) char *data = xasprintf("srv/volumes/%s/_data", name);
	CLEANUP(freep) char *file = xasprintf("srv/volumes/%s/opts.json", name);

	make(t, data);
	if (options)
		temp_directory_write(t, file, options);
}

static void assert_size(const struct facts *f, size_t i, const char *begins)
{
	assert_true(f->docker.volume_sizes.count > i);
	if (!starts_with(f->docker.volume_sizes.items[i], begins))
		fail_msg("%s", f->docker.volume_sizes.items[i]);
}

static void test_volumes(void **state)
{
	struct temp_directory *t = *state;
	CLEANUP(facts_clear) struct facts f = {0}, blind = {0}, none = {0};
	CLEANUP(freep) char *text = xcalloc(1, MIB + 1);

	memset(text, 'x', MIB);
	volume(t, "a", NULL);
	temp_directory_write(t, "srv/volumes/a/_data/f", text);
	volume(t, "by-hand", NULL);
	volume(t, "nfs", "{\"MountType\":\"nfs\",\"MountDevice\":\":/x\"}");
	volume(t, "sized", "{\"MountType\":\"\",\"MountDevice\":\"\",\"Quota\":{\"Size\":1}}");
	volume(t, "torn", "{");
	temp_directory_write(t, "srv/volumes/metadata.db", "");
	f.mounts = xstrdup("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
			   "2 1 0:9 / /srv/volumes/by-hand/_data rw - tmpfs tmpfs rw\n");
	gather(t, &f, NULL, false);
	assert_int_equal(f.docker.volume_sizes.count, 5);
	assert_size(&f, 0, "a (about 1 MiB)");
	assert_size(&f, 1, "by-hand (size not measured: something is mounted in it)");
	assert_size(&f, 2, "nfs (size not measured: dockerd mounts it)");
	assert_size(&f, 3, "sized (about ");
	assert_size(&f, 4, "torn (size not measured: its options cannot be read)");
	gather(t, &blind, NULL, false);
	assert_size(&blind, 0, "a (size not measured: what is mounted on this host is not known)");
	none.docker.data_root = xstrdup("/srv");
	gather_sizes(&(struct gather){.facts = &none, .root = &t->root});
	assert_int_equal(none.docker.volume_sizes.count, 0); /* nobody asked */
}

/* Where a volume's data may lie, and never is it nothing that nobody has looked at. */
static void test_data_elsewhere(void **state)
{
	static const struct {
		const char *name;
		const char *made; /* directory, or NULL */
		const char *link; /* made a link to the directory with the data, or NULL */
		const char *want;
	} rows[] = {
		{"below", "srv/volumes/below/_data/db/wal", NULL, "something is mounted in it"},
		{"below2", "srv/volumes/below2/_data", NULL, NULL}, /* of another name */
		{"beside", "srv/volumes/beside/_data", NULL, NULL}, /* not in its data */
		{"file", "srv/volumes/file", NULL, "its data is no directory"},
		{"link", "srv/volumes/link", "srv/volumes/link/_data", "its data is behind a link"},
		{"none", "srv/volumes/none", NULL, "its data is no directory"},
		{"whole", NULL, "srv/volumes/whole", "its data is behind a link"},
	};
	struct temp_directory *t = *state;
	CLEANUP(facts_clear) struct facts f = {0};

	make(t, "mnt/big/_data");
	temp_directory_write(t, "mnt/big/f", "x");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].made)
			make(t, rows[i].made);
		if (rows[i].link)
			assert_int_equal(symlinkat("/mnt/big", t->fd, rows[i].link), 0);
	}
	temp_directory_write(t, "srv/volumes/file/_data", "x");
	f.mounts = xstrdup("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
			   "2 1 8:1 /x /srv/volumes/below/_data/db/wal rw - ext4 /dev/sda1 rw\n"
			   "3 1 0:9 / /srv/volumes/beside/_data2 rw - tmpfs tmpfs rw\n");
	gather(t, &f, NULL, false);
	assert_int_equal(f.docker.volume_sizes.count, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep)
		char *want = rows[i].want ? xasprintf("%s (size not measured: %s)", rows[i].name,
						      rows[i].want)
					  : xasprintf("%s (about ", rows[i].name);

		assert_size(&f, i, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_images),
		cmocka_unit_test_setup_teardown(test_volumes, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test_setup_teardown(test_data_elsewhere, temp_directory_setup,
						temp_directory_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
