#include "tests/test.h"

#include "engine/base/alloc.h"
#include "engine/format/shell-split.h"

/* Words with | between, commands with / between. */
static const struct row {
	const char *text, *want;
} rows[] = {
	{"", ""},
	{"apt-get update", "apt-get|update"},
	{"apt-get update && apt-get install -y a", "apt-get|update/apt-get|install|-y|a"},
	{"a;b||c|d&e\nf", "a/b/c/d/e/f"},
	{"apt-get \\\n  update", "apt-get|update"},
	{"echo 'a && b' \"c ; d\" e'f'\"g\"", "echo|a && b|c ; d|efg"},
	{"echo '' \"\"", "echo||"},
	{"a # b && c\nd", "a/d"},
	{"echo a#b", "echo|a#b"},
	{"(cd x && make)", "cd|x/make"},
	{"x=$(cat y) z", "x=$/cat|y/z"},
	{"echo \"a\\\"b\" \\;c", "echo|a\"b|;c"},
	{"echo ${a:-b;c} d", "echo|${a:-b;c}|d"},
	{"echo 'never closed", "echo|never closed"},
	{"echo \\", "echo"},
	{"echo $'a b' $'it\\'s' $\"c d\" $", "echo|a b|it's|c d|$"},
	{"A='a'\\''b' c", "A=a'b|c"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(shell_commands_clear) struct shell_commands c = {0};
		CLEANUP(strv_clear) struct strv all = {0};
		CLEANUP(freep) char *have = NULL;

		shell_split(rows[i].text, &c);
		for (size_t k = 0; k < c.count; k++)
			strv_add_owned(&all, strv_join(&c.items[k], "|"));
		have = strv_join(&all, "/");
		assert_string_equal(have, rows[i].want);
	}
}

static void test_program(void **state)
{
	static const struct row programs[] = {
		{"apt-get update", "apt-get"},
		{"/usr/bin/apt-get update", "apt-get"},
		{"DEBIAN_FRONTEND=noninteractive apt-get update", "apt-get"},
		{"if ! sudo -E A=b apt-get update", "apt-get"},
		{"env -i PATH=/bin apk update", "apk"},
		{"A=b", ""},
		{"sudo", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		CLEANUP(shell_commands_clear) struct shell_commands c = {0};

		shell_split(programs[i].text, &c);
		assert_int_equal(c.count, 1);
		assert_string_equal(shell_program_name(&c.items[0]), programs[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_program),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
