#include <errno.h>

#include "engine/format/schemes/schemes.h"
#include "tests/unit/format-case.h"

#define RULE "-w /etc/docker -p wa -k docker"
#define SYSCALL_FORM "-a exit,always -F dir=/etc/docker -F perm=wa -F key=docker"

static void test_get(void **state)
{
	static const struct get_case cases[] = {
		{"", RULE, 0, NULL},
		{"-D\n# x\n  " RULE "  \n", RULE, 1, RULE},
		{SYSCALL_FORM "\n", RULE, 1, SYSCALL_FORM},
		{"#" RULE "\n", RULE, 0, NULL},
		{"-w /etc/docker -p w -k docker\n", RULE, 0, NULL},
		{"-w /etc/docker -p wa -k other\n", RULE, 0, NULL},
		{"garbage\n" RULE, RULE, 1, RULE},
		{"", "-e 2", -EINVAL, NULL},
		{"", "nonsense", -EINVAL, NULL},
		{"", RULE "\n" RULE, -EINVAL, NULL},
	};

	RUN_GET(rule_text_get, cases);
}

static void test_set(void **state)
{
	static const struct set_case cases[] = {
		{"", RULE, RULE, RULE "\n", 0},
		{"# ours\n-w /a -p w", RULE, RULE, "# ours\n-w /a -p w\n" RULE, 0},
		{"# a\n" SYSCALL_FORM "\n# b\n", RULE, RULE, "# a\n" RULE "\n# b\n", 0},
		{"# a\n" SYSCALL_FORM "\n# b\n" RULE, RULE, NULL, "# a\n# b", 0},
		{"# a\n", RULE, NULL, "# a\n", 0},
		{"# a\n", RULE, "-w /other -p wa -k docker", NULL, -EINVAL},
		{"# a\n", RULE, "# comment", NULL, -EINVAL},
	};

	RUN_SET(rule_text_set, cases);
}

static void test_round_trips(void **state)
{
	static const char *const texts[] = {"", "-D", "-D\n", "-D\r\n", "garbage\n\n"};

	RUN_ROUND(rule_text_get, rule_text_set, texts, RULE, RULE);
	RUN_ROUND(rule_text_get, rule_text_set, texts, "-i", "-i");
}

/* It stands before all rules: behind them it would come too late. */
static void test_go_on_is_first(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_puts(&text, RULE "\n");
	assert_int_equal(rule_text_set(&text, "-i", "-i", NULL), 0);
	assert_string_equal(buf_str(&text), "-i\n" RULE "\n");
	assert_true(rule_text_set(&text, "-i", "-c", NULL) < 0);
}

static void test_same(void **state)
{
	assert_true(rule_text_same(RULE, SYSCALL_FORM));
	assert_false(rule_text_same(RULE, "-w /etc/docker -p wa"));
	assert_false(rule_text_same("nonsense", RULE));
	assert_true(rule_text_same("nonsense", "nonsense"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_go_on_is_first),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
