#include <time.h>

#include "engine/format/json-util.h"
#include "engine/format/schemes/json-text.h"
#include "tests/unit/format-case.h"

static void test_same(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"{\"a\":1,\"b\":[2]}", "{ \"b\": [ 2 ], \"a\": 1 }", true},
		{"[1,2]", "[2,1]", false},
		{"\"\\u0061\"", "\"a\"", true},
		{"false", "\"false\"", false},
		{"1", "1.0", false}, /* dockerd takes whole numbers only */
		{"1e3", "1000.0", true},
		{NULL, NULL, true},
		{NULL, "null", false},
		{"nonsense", "nonsense", true},
		{"nonsense", "true", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(json_value_same(cases[i].a, cases[i].b), cases[i].same);
		assert_int_equal(json_value_same(cases[i].b, cases[i].a), cases[i].same);
	}
}

static void test_items(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"[]", "[]", true},
		{"[\"a\",\"b\"]", "[\"b\",\"a\"]", true},
		{"[\"a\",\"a\"]", "[\"a\"]", true},
		{"[\"a\"]", "[\"a\",\"b\"]", false},
		{"[]", "[null]", false},
		{"[1]", "[1.0]", false},
		{"[{\"a\":1,\"b\":[2]}]", "[{\"b\":[2],\"a\":1}]", true},
		{"[[1,2]]", "[[2,1]]", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(json_decrefp) json_t *a = json_loads(cases[i].a, 0, NULL);
		CLEANUP(json_decrefp) json_t *b = json_loads(cases[i].b, 0, NULL);

		assert_int_equal(json_items_same(a, b), cases[i].same);
		assert_int_equal(json_items_same(b, a), cases[i].same);
	}
}

/* Each against all, that many take a minute. */
static void test_many_items(void **state)
{
	CLEANUP(json_decrefp) json_t *a = json_array(), *b = json_array();
	const int n = 100000;
	clock_t start = clock();

	for (int i = 0; i < n; i++) {
		json_array_append_new(a, json_sprintf("k%d=v", i));
		json_array_append_new(b, json_sprintf("k%d=v", n - 1 - i));
	}
	assert_true(json_items_same(a, b));
	json_array_remove(b, 7);
	assert_false(json_items_same(a, b));
	assert_true(clock() - start < 8 * CLOCKS_PER_SEC);
}

static void test_type(void **state)
{
	static const char *const cases[][2] = {
		{"\"s\"", "string"}, {"true", "boolean"}, {"false", "boolean"},
		{"1", "number"},     {"-1.5", "number"},  {"[]", "array"},
		{"{}", "object"},    {"null", "null"},    {"nonsense", NULL},
		{"", NULL},          {"1 2", NULL},       {"{\"a\":1,\"a\":1}", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(strcmp_null(json_value_type(cases[i][0]), cases[i][1]), 0);
	assert_null(json_value_type(NULL));
}

static void test_strings(void **state)
{
	static const char *const cases[] = {"", "a", "a\"\\/b", "\xc3\xa4\n\t\x01",
					    "\xf0\x9f\x98\x80"};
	CLEANUP(freep) char *repaired = json_value_from_string("a\xff\xc3z");

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(freep) char *json = json_value_from_string(cases[i]);
		CLEANUP(freep) char *back = json_value_to_string(json);

		assert_string_equal(json_value_type(json), "string");
		assert_string_equal(back, cases[i]);
	}
	assert_string_equal(repaired, "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
	assert_null(json_value_to_string("true"));
	assert_null(json_value_to_string(NULL));
	assert_null(json_value_to_string("\"a\\u0000b\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),       cmocka_unit_test(test_items),
		cmocka_unit_test(test_many_items), cmocka_unit_test(test_type),
		cmocka_unit_test(test_strings),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
