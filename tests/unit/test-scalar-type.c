#include "tests/test.h"

#include <string.h>

#include "engine/base/macros.h"
#include "engine/baseline/scalar-type.h"

static struct tree_node scalar(const char *text, bool plain)
{
	return (struct tree_node){
		.kind = TREE_SCALAR,
		.plain = plain,
		.count = (uint32_t)strlen(text),
		.text = text,
	};
}

static void test_plain_scalars(void **state)
{
	static const struct {
		enum scalar_type type;
		const char *texts[16];
	} cases[] = {
		{SCALAR_NULL, {"", "~", "null", "Null", "NULL"}},
		{SCALAR_BOOL, {"true", "True", "TRUE", "false", "False", "FALSE"}},
		{SCALAR_INT, {"0", "12", "-12", "+12", "007", "0o17", "0x1F", "0xff"}},
		{SCALAR_FLOAT, {"1.5", "-1.5", ".5", "1.", "1e3", "1E+3", "-.5e-3", "1.e2"}},
		{SCALAR_NO_NUMBER, {".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN"}},
		{SCALAR_TEXT, {"tRUE", "yes", "no", "on", "off", "nULL", "-", "+", ".", "e3"}},
		{SCALAR_TEXT, {"0o8", "0o", "0x", "0xg", "1.2.3", "1e", "1e+", "0b1", "1_000"}},
		{SCALAR_TEXT, {"-0x1", "1:30", "10m", " 1", "inf", "nan", "-.nan", "/etc"}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (size_t j = 0; cases[i].texts[j]; j++) {
			struct tree_node node = scalar(cases[i].texts[j], true);

			if (scalar_type(&node) != cases[i].type)
				fail_msg("'%s' is taken for type %d", node.text,
					 scalar_type(&node));
		}
}

static void test_quoted_scalars_are_text(void **state)
{
	static const char *const texts[] = {"", "true", "null", "1", "1.5", ".inf"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct tree_node node = scalar(texts[i], false);

		assert_int_equal(scalar_type(&node), SCALAR_TEXT);
	}
}

static void test_old_booleans(void **state)
{
	static const struct {
		const char *text;
		bool plain, is_old, meant;
	} cases[] = {
		{"yes", true, true, true},  {"no", true, true, false}, {"On", true, true, true},
		{"OFF", true, true, false}, {"yes", false, false},     {"y", true, false},
		{"true", true, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tree_node node = scalar(cases[i].text, cases[i].plain);
		bool meant = false;

		assert_int_equal(scalar_is_old_bool(&node, &meant), cases[i].is_old);
		assert_int_equal(meant, cases[i].meant);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_scalars),
		cmocka_unit_test(test_quoted_scalars_are_text),
		cmocka_unit_test(test_old_booleans),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
