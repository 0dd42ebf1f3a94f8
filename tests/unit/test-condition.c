#include "tests/test.h"

#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/condition.h"
#include "tests/unit/temp-directory.h"

static const struct row {
	const char *kind, *name; /* below the test's directory */
	int state;
	int holds, negated; /* and with ! in front */
} rows[] = {
	{"ConditionPathExists", "file", 1, 1, 0},
	{"ConditionPathExists", "none", 1, 0, 1},
	{"ConditionPathExists", "dangling", 1, 0, 1},
	{"AssertPathExists", "none", 1, 0, 1},
	{"ConditionPathExistsGlob", "f*", 1, 1, 0},
	{"ConditionPathExistsGlob", "x*", 1, 0, 1},
	{"ConditionPathIsDirectory", "full", 1, 1, 0},
	{"ConditionPathIsDirectory", "file", 1, 0, 1},
	{"ConditionPathIsSymbolicLink", "dangling", 1, 1, 0},
	{"ConditionPathIsSymbolicLink", "file", 1, 0, 1},
	{"ConditionPathIsReadWrite", "full", 1, 1, 0},
	{"ConditionPathIsReadWrite", "none", 1, 0, 1},
	{"ConditionDirectoryNotEmpty", "full", 1, 1, 0},
	{"ConditionDirectoryNotEmpty", "empty", 1, 0, 1},
	{"ConditionDirectoryNotEmpty", "none", 1, 0, 1},
	{"ConditionFileNotEmpty", "file", 1, 1, 0},
	{"ConditionFileNotEmpty", "void", 1, 0, 1},
	{"ConditionFileNotEmpty", "full", 1, 0, 1},
	{"ConditionFileIsExecutable", "program", 1, 1, 0},
	{"ConditionFileIsExecutable", "file", 1, 0, 1},
	/* what systemd found holds until the next boot, with its ! already in it */
	{"ConditionVirtualization", "vm", 1, 1, 1},
	{"ConditionVirtualization", "vm", -1, 0, 0},
	{"ConditionVirtualization", "vm", 0, -1, -1},
	/* and what can change since is not known */
	{"ConditionACPower", "true", 1, -1, -1},
	{"ConditionHost", "web", 1, -1, -1},
	{"ConditionOfTomorrow", "x", 1, -1, -1},
};

static void make_files(const struct temp_directory *t)
{
	assert_int_equal(fchdir(t->fd), 0);
	temp_directory_write(t, "file", "x");
	temp_directory_write(t, "void", "");
	temp_directory_write(t, "program", "x");
	assert_int_equal(chmod("program", 0755), 0);
	assert_int_equal(mkdir("empty", 0755), 0);
	assert_int_equal(mkdir("full", 0755), 0);
	temp_directory_write(t, "full/a", "x");
	assert_int_equal(symlink("nowhere", "dangling"), 0);
}

static void test_conditions(void **state)
{
	const struct temp_directory *t = *state;

	make_files(t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", t->path, rows[i].name);
		CLEANUP(freep) char *kind = xstrdup(rows[i].kind);
		struct unit_condition c = {.kind = kind, .param = path, .state = rows[i].state};
		int holds = condition_holds(&c), negated;

		c.negate = true;
		negated = condition_holds(&c);
		if (holds != rows[i].holds || negated != rows[i].negated)
			fail_msg("%s=%s: %d, with !: %d", kind, rows[i].name, holds, negated);
	}
}

static void test_text(void **state)
{
	struct unit_condition c = {.kind = xstrdup("ConditionPathExists"),
				   .trigger = true,
				   .negate = true,
				   .param = xstrdup("/srv/a")};
	CLEANUP(freep) char *text = unit_condition_text(&c);

	assert_string_equal(text, "ConditionPathExists=|!/srv/a");
	free(c.kind);
	free(c.param);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_conditions, temp_directory_setup,
						temp_directory_teardown),
		cmocka_unit_test(test_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
