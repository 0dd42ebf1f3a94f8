#include "engine/baseline/yaml-parse.h"
#include "tests/test.h"

#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/yaml-json.h"

static int convert(const char *yaml, char **ret, struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	int r = tree_parse(&tree, "x.yaml", yaml, strlen(yaml), err);

	return r < 0 ? r : tree_to_json(&tree, &tree.root, ret, err);
}

static const struct {
	const char *yaml, *json;
} values[] = {
	{"false", "false"},
	{"True", "true"},
	{"~", "null"},
	{"[ , ]", NULL},
	{"\"\"", "\"\""},
	{"text", "\"text\""},
	{"'true'", "\"true\""},
	{"\"3\"", "\"3\""},
	{"3", "3"},
	{"-3", "-3"},
	{"+3", "3"},
	{"0", "0"},
	{"-0", "-0"},
	{"0x1f", "31"},
	{"0o17", "15"},
	{"123456789012345678901234567890", "123456789012345678901234567890"},
	{"1.50", "1.50"},
	{".5", "0.5"},
	{"-.5", "-0.5"},
	{"+1.", "1.0"},
	{"1.e3", "1.0e3"},
	{"1e3", "1e3"},
	{"0.5", "0.5"},
	{"10m", "\"10m\""},
	{"1.2.3", "\"1.2.3\""},
	{"'no'", "\"no\""},
	{"\"a\\\"b\\\\c\\n\\t\\x01\\x7f\"", "\"a\\\"b\\\\c\\n\\t\\u0001\\u007f\""},
	{"\"\\u00e4/\xe2\x82\xac\"", "\"\xc3\xa4/\xe2\x82\xac\""},
	{"[]", "[]"},
	{"{}", "{}"},
	{"[1, [two, ~], {}]", "[1,[\"two\",null],{}]"},
	{"{ max-size: \"10m\", max-file: \"3\" }", "{\"max-size\":\"10m\",\"max-file\":\"3\"}"},
	{"b: 1\na: {c: [x]}\n", "{\"b\":1,\"a\":{\"c\":[\"x\"]}}"},
	{"1: no-key\ntrue: x\n", "{\"1\":\"no-key\",\"true\":\"x\"}"},
	{"a: &x [1]\nb: *x\n", "{\"a\":[1],\"b\":[1]}"},
};

static void test_values(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(freep) char *json = NULL;
		int r = convert(values[i].yaml, &json, &err);
		json_t *read;

		if (!values[i].json) {
			assert_true(r < 0);
			continue;
		}
		if (r < 0)
			fail_msg("%s", error_text(&err));
		assert_string_equal(json, values[i].json);
		if (strlen(json) > 25 && *json != '{' && *json != '[')
			continue; /* a number larger than jansson takes */
		read = json_loads(json, JSON_DECODE_ANY, NULL);
		if (!read)
			fail_msg("'%s' is no JSON", json);
		json_decref(read);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *yaml, *message;
	} cases[] = {
		{"a: no\n", "x.yaml:1:4: write false, or put 'no' in quotes if it is text"},
		{"[on]", "x.yaml:1:2: write true, or put 'on' in quotes if it is text"},
		{"[1, .inf]", "x.yaml:1:5: JSON has no number '.inf'"},
		{"-.INF", "x.yaml:1:1: JSON has no number '-.INF'"},
		{"0644", "x.yaml:1:1: '0644' is a number with a leading zero; put it in quotes if "
			 "it is text"},
		{"-01.5",
		 "x.yaml:1:1: '-01.5' is a number with a leading zero; put it in quotes if it is "
		 "text"},
		{"0xfffffffffffffffff", "x.yaml:1:1: '0xfffffffffffffffff' is too large a number"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};
		char *json = NULL;

		assert_true(convert(cases[i].yaml, &json, &err) < 0);
		assert_null(json);
		assert_string_equal(error_text(&err), cases[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
