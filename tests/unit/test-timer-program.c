/* What a timer runs as root, later, is nothing that others could put there meanwhile. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "tests/unit/temp-directory.h"

static const struct {
	const char *what;
	mode_t directory, file; /* file 0: it is not there */
	uid_t owner; /* of the directory */
	int result;
} rows[] = {
	{"root's alone", 0755, 0755, 0, 0},
	{"in a directory of anybody's", 0777, 0755, 0, -EPERM},
	{"... that is sticky", 01777, 0755, 0, 0},
	{"in a directory of a user's", 0755, 0755, 65534, -EPERM},
	{"which anybody can write", 0755, 0777, 0, -EPERM},
	/* the rule is that of programs of the site's: whoever is in root's group is not root */
	{"which root's group can write", 0755, 0775, 0, -EPERM},
	{"in a directory of root's group", 0775, 0755, 0, -EPERM},
	{"which cannot be run", 0755, 0644, 0, -EPERM},
	{"which is gone", 0755, 0, 0, -ENOENT},
};

static void test_each(void **state)
{
	(void)state;
	if (geteuid() != 0)
		SKIP_BECAUSE("not root");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(freep) char *path = NULL;
		struct temp_directory *t;
		void *fresh = NULL;
		int r;

		temp_directory_setup(&fresh);
		t = fresh;
		path = xasprintf("%s/d/harden", t->path);
		assert_int_equal(mkdirat(t->fd, "d", 0755), 0);
		if (rows[i].file) {
			temp_directory_write(t, "d/harden", "");
			assert_int_equal(fchmodat(t->fd, "d/harden", rows[i].file, 0), 0);
		}
		assert_int_equal(fchmodat(t->fd, "d", rows[i].directory, 0), 0);
		assert_int_equal(fchownat(t->fd, "d", rows[i].owner, 0, 0), 0);
		r = live_check_program(path, &err);
		if (r != rows[i].result)
			fail_msg("%s: %d, %s", rows[i].what, r, error_text(&err));
		temp_directory_teardown(&fresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
