#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/format/schemes/schemes.h"
#include "tests/unit/augeas-leak.h"
#include "tests/unit/format-case.h"

#define LENSES "/usr/share/augeas/lenses/dist"
#define KEY "Shellvars:DOCKER_OPTS"

/* The lenses belong to a package of their own, which a host need not have. */
static void need_lenses(void)
{
	if (access(LENSES "/shellvars.aug", R_OK) == 0)
		return;
	print_message("no lenses in %s\n", LENSES);
	skip();
}

static void test_get(void **state)
{
	static const struct get_case cases[] = {
		{"", KEY, 0, NULL},
		{"# x\nDOCKER_OPTS=\"-D\"\n", KEY, 1, "\"-D\""},
		{"DOCKER_OPTS=-D", KEY, 1, "-D"},
		{"A=1\n", KEY, 0, NULL},
		{"a = 1\nb = 2\n", "Simplevars:/b", 1, "2"},
		{"A=1\n", "Shellvars", -EINVAL, NULL},
		{"A=1\n", "Shellvars:", -EINVAL, NULL},
		{"A=1\n", "Nosuchlens:a", -EBADMSG, NULL},
		{"A=1\n", "Shellvars:[", -EBADMSG, NULL},
	};

	need_lenses();
	RUN_GET(aug_text_get, cases);
}

static void test_set(void **state)
{
	static const struct set_case cases[] = {
		{"", KEY, "-D", "DOCKER_OPTS=-D\n", 0},
		{"# x\nA=1\nDOCKER_OPTS=\"a\" # y\n", KEY, "\"b\"",
		 "# x\nA=1\nDOCKER_OPTS=\"b\" # y\n", 0},
		{"A=1", KEY, "-D", "A=1\nDOCKER_OPTS=-D", 0},
		{"A=1\nDOCKER_OPTS=x\n", KEY, NULL, "A=1\n", 0},
		{"A=1\n", KEY, NULL, "A=1\n", 0},
		{"A=1\n", KEY, "two words", NULL, -EBADMSG},
	};

	need_lenses();
	RUN_SET(aug_text_set, cases);
}

static void test_round_trips(void **state)
{
	static const char *const texts[] = {"A=1\n", "A=1", "# note\n\nA=1\n  B='x y'\n"};

	need_lenses();
	RUN_ROUND(aug_text_get, aug_text_set, texts, KEY, "\"--icc=false\"");
}

/* The lens path of the environment does not count, and messages name the line. */
static void test_errors_and_environment(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *value = NULL;

	need_lenses();
	case_buf(&text, "A=1\nB=\"not closed\n");
	assert_int_equal(aug_text_get(&text, KEY, &value, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "lens 'Shellvars.lns': line 2"));
	assert_null(getenv("AUGEAS_LENS_LIB"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_errors_and_environment),
	};

	setenv("AUGEAS_LENS_LIB", "/nonexistent", 1);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
