#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "modules/registry.h"
#include "tests/unit/desired.h"
#include "tests/unit/fake-view.h"

#define ROOT "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
#define VAR "24 21 8:3 / /var rw,relatime - ext4 /dev/sda3 rw\n"
#define DATA "30 21 8:2 / /var/lib/docker rw,relatime - ext4 /dev/sda2 rw\n"
#define ABOVE "31 21 8:4 / /data rw - xfs /dev/sda4 rw\n"
#define BOUND "32 21 8:1 /var/lib/docker /var/lib/docker rw - ext4 /dev/sda1 rw\n"
#define BLANK "33 21 8:5 / /my\\040data rw - ext4 /dev/sda5 rw\n"
#define OVER "34 21 8:6 / /var/lib/docker rw - ext4 /dev/sda6 rw\n"

static const struct row {
	const char *name, *mounts, *want;
	enum verdict verdict;
	const char *reason;
} rows[] = {
	{"on the root", ROOT, "path=/var/lib/docker apart-from=/,/var", VERDICT_FAIL,
	 "'/var/lib/docker' is on the file system of '/'"},
	{"with /var", ROOT VAR, "path=/var/lib/docker apart-from=/,/var", VERDICT_FAIL,
	 "'/var/lib/docker' is on the file system of '/var'"},
	{"of its own", ROOT VAR DATA, "path=/var/lib/docker apart-from=/,/var", VERDICT_PASS,
	 "'/var/lib/docker' is on the file system mounted at '/var/lib/docker'"},
	{"below a mount of its own", ROOT ABOVE, "path=/data/docker apart-from=/,/var",
	 VERDICT_PASS, "'/data/docker' is on the file system mounted at '/data'"},
	{"a directory of the root bound to itself", ROOT BOUND,
	 "path=/var/lib/docker apart-from=/,/var", VERDICT_FAIL,
	 "'/var/lib/docker' is on the file system of '/'"},
	{"a mount over another", ROOT BOUND OVER, "path=/var/lib/docker apart-from=/", VERDICT_PASS,
	 "'/var/lib/docker' is on the file system mounted at '/var/lib/docker'"},
	{"a name that only begins alike", ROOT DATA, "path=/var/lib/docker2 apart-from=/",
	 VERDICT_FAIL, "'/var/lib/docker2' is on the file system of '/'"},
	{"nothing is known", "", "path=/var/lib/docker apart-from=/", VERDICT_NOT_MEASURED,
	 "no mount is known that holds '/var/lib/docker'"},
	{"no image store", ROOT, "path=/var/lib/containerd apart-from=/ image-store=true",
	 VERDICT_NOT_APPLICABLE, "the images are not in the image store of containerd"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		CLEANUP(delta_clear) struct delta d = {0};
		CLEANUP(fake_view_clear) struct fake_view f;
		DESIRED(want, &module_mount, row->want);

		fake_view_init(&f);
		fake_file(&f, "/proc/self/mountinfo", 0444, row->mounts);
		fake_diff(&f, &module_mount, want, &d);
		if (d.verdict != row->verdict || strcmp_null(d.reason, row->reason) != 0)
			fail_msg("%s: %s (%s)", row->name, verdict_to_string(d.verdict), d.reason);
		assert_int_equal(d.edits.count + d.effects.count, 0);
		assert_int_equal(d.fix != NULL, d.verdict == VERDICT_FAIL);
	}
}

static void test_escapes(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_mount, "path=/my*data apart-from=/");
	struct strv *path = (struct strv *)want; /* the first field; the helper splits at blanks */

	fake_view_init(&f);
	str_replace(&path->items[0], "/my data/docker");
	fake_file(&f, "/proc/self/mountinfo", 0444, ROOT BLANK);
	fake_diff(&f, &module_mount, want, &d);
	assert_verdict(&d, VERDICT_PASS);
	assert_non_null(strstr(d.reason, "mounted at '/my data'"));
}

static void test_not_measured(void **state)
{
	CLEANUP(delta_clear) struct delta d = {0}, offline = {0};
	CLEANUP(fake_view_clear) struct fake_view f;
	DESIRED(want, &module_mount, "path=/var/lib/docker apart-from=/");

	fake_view_init(&f);
	fake_diff(&f, &module_mount, want, &d);
	assert_verdict(&d, VERDICT_NOT_MEASURED);
	f.facts.offline = true;
	fake_diff(&f, &module_mount, want, &offline);
	assert_verdict(&offline, VERDICT_NOT_MEASURED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_not_measured),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
