#include "tests/unit/temp-directory.h"

#include <linux/capability.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "engine/base/buf.h"
#include "engine/host/read/layer.h"

static void make_directory(const struct temp_directory *t, const char *name)
{
	assert_int_equal(mkdirat(t->fd, name, 0755), 0);
}

static void make_file(const struct temp_directory *t, const char *name, mode_t mode)
{
	temp_directory_write(t, name, "x");
	assert_int_equal(fchmodat(t->fd, name, mode, 0), 0);
}

static void make_layer(const struct temp_directory *t)
{
	make_directory(t, "l");
	make_directory(t, "l/bin");
	make_directory(t, "l/bin/setuid-directory");
	assert_int_equal(fchmodat(t->fd, "l/bin/setuid-directory", 06755, 0), 0);
	make_file(t, "l/bin/su", 04755);
	make_file(t, "l/bin/wall", 02755);
	make_file(t, "l/bin/sh", 0755);
	make_file(t, "l/key", 0600);
	make_directory(t, "elsewhere");
	make_file(t, "elsewhere/sudo", 04755);
	make_file(t, "elsewhere/key", 0600);
	assert_int_equal(symlinkat("../elsewhere", t->fd, "l/linked"), 0);
	assert_int_equal(symlinkat("../elsewhere/sudo", t->fd, "l/sudo"), 0);
}

static bool is_key(const char *path)
{
	return strcmp(strrchr(path, '/'), "/key") == 0;
}

static void assert_found(const struct temp_directory *t, const char *below,
			 struct layer_search search, const char *want_rights,
			 const char *want_wanted)
{
	CLEANUP(layer_files_clear) struct layer_files files = {0};
	CLEANUP(freep) char *rights = NULL, *wanted = NULL;
	CLEANUP(error_clear) struct error err = {0};

	search.budget = search.budget ? search.budget : 100;
	if (layer_scan(&t->root, "/l", below, &search, &files, &err) < 0)
		fail_msg("%s", error_text(&err));
	strv_sort(&files.rights);
	rights = strv_join(&files.rights, " ");
	wanted = strv_join(&files.wanted, " ");
	assert_string_equal(rights, want_rights);
	assert_string_equal(wanted, want_wanted);
}

/* Links lead nowhere, directories have no rights to give. */
static void test_scan(void **state)
{
	const struct temp_directory *t = *state;

	make_layer(t);
	assert_found(t, NULL, (struct layer_search){.rights = true, .wanted = is_key},
		     "/bin/su /bin/wall", "/key");
	assert_found(t, "bin", (struct layer_search){.rights = true}, "/bin/su /bin/wall", "");
	assert_found(t, NULL, (struct layer_search){.wanted = is_key}, "", "/key");
	assert_found(t, "linked", (struct layer_search){.rights = true}, "", "");
	assert_found(t, "none/at/all", (struct layer_search){.rights = true}, "", "");
}

static void test_capability(void **state)
{
	static const struct vfs_cap_data net_raw = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = {{.permitted = 1 << CAP_NET_RAW}},
	};
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *path = xasprintf("%s/l/bin/ping", t->path);

	make_layer(t);
	make_file(t, "l/bin/ping", 0755);
	if (setxattr(path, "security.capability", &net_raw, sizeof(net_raw), 0) < 0)
		SKIP_BECAUSE("capabilities cannot be set on files here");
	assert_found(t, "bin", (struct layer_search){.rights = true}, "/bin/ping /bin/su /bin/wall",
		     "");
}

static void test_bounds(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(layer_files_clear) struct layer_files files = {0};
	struct layer_search few = {.rights = true, .budget = 3};
	struct layer_search some = {.rights = true, .budget = 100};

	make_layer(t);
	assert_int_equal(layer_scan(&t->root, "/l", NULL, &few, &files, NULL), -E2BIG);
	assert_int_equal(layer_scan(&t->root, "/none", NULL, &some, &files, NULL), -ENOENT);
	assert_int_equal(layer_scan(&t->root, "/l", NULL, &some, &files, NULL), 0);
	assert_true(some.budget < 100);
}

static void test_too_deep(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(buf_clear) struct buf name = {0};
	CLEANUP(layer_files_clear) struct layer_files files = {0};
	struct layer_search search = {.rights = true, .budget = 1000};

	buf_puts(&name, "l");
	for (int i = 0; i <= LAYER_MAX_DEPTH; i++) {
		make_directory(t, buf_str(&name));
		buf_puts(&name, "/d");
	}
	assert_int_equal(layer_scan(&t->root, "/l", NULL, &search, &files, NULL), -E2BIG);
}

static void assert_hides(const struct temp_directory *t, const char *path, int want)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = layer_hides(&t->root, "/l", path, &err);

	if (r != want)
		fail_msg("%s: %d (%s)", path, r, r < 0 ? error_text(&err) : "");
}

static void test_hides(void **state)
{
	const struct temp_directory *t = *state;

	make_layer(t);
	assert_hides(t, "/bin/su", 1);
	assert_hides(t, "/bin/other", 0);
	assert_hides(t, "/usr/bin/other", 0);
	assert_hides(t, "/linked/sudo", 1); /* a link where below was a directory */
	assert_hides(t, "/key/x", 1);
	assert_int_equal(layer_hides(&t->root, "/none", "/x", NULL), -ENOENT);
}

static void test_whiteouts(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *opaque = xasprintf("%s/l/opt", t->path);

	make_layer(t);
	make_directory(t, "l/opt");
	if (mknodat(t->fd, "l/gone", S_IFCHR, makedev(0, 0)) < 0)
		SKIP_BECAUSE("no device can be made here");
	assert_hides(t, "/gone", 1);
	assert_hides(t, "/gone/below", 1);
	assert_hides(t, "/opt/x", 0);
	assert_int_equal(renameat(t->fd, "l/gone", t->fd, "l/bin/key"), 0);
	assert_found(t, "bin", (struct layer_search){.wanted = is_key}, "", "");
	assert_found(t, "bin", (struct layer_search){.wanted = is_key, .whiteouts = true}, "",
		     "/bin/key");
	if (setxattr(opaque, "trusted.overlay.opaque", "y", 1, 0) < 0)
		SKIP_BECAUSE("no directory can be made opaque here");
	assert_hides(t, "/opt/x", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_scan),   TEMP_DIRECTORY_TEST(test_capability),
		TEMP_DIRECTORY_TEST(test_bounds), TEMP_DIRECTORY_TEST(test_too_deep),
		TEMP_DIRECTORY_TEST(test_hides),  TEMP_DIRECTORY_TEST(test_whiteouts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
