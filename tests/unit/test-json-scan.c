#include "engine/format/json-scan.h"

#include "tests/unit/format-case.h"

/* The members as [key=value] with the value's own bytes. */
static void test_members(void **state)
{
	static const struct {
		const char *text, *seen;
	} cases[] = {
		{"{}", ""},
		{" { } ", ""},
		{"{\"a\":1}", "[a=1]"},
		{"{\"a\" : -1.5e3 , \"b\":null}", "[a=-1.5e3][b=null]"},
		{"{\"a\": \"}\\\"{,:\", \"b\": [\"]\", {\"c\": {}}] }",
		 "[a=\"}\\\"{,:\"][b=[\"]\", {\"c\": {}}]]"},
		{"{\"\\u0061\\\\\": {\n\"x\": 1\n}\n}", "[a\\={\n\"x\": 1\n}]"},
		{"{\"a\": \"\\\\\", \"b\": true}", "[a=\"\\\\\"][b=true]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(json_members_clear) struct json_members o = {0};
		CLEANUP(buf_clear) struct buf text = {0}, seen = {0};

		case_buf(&text, cases[i].text);
		assert_true(json_scan_object(&text, json_scan_top(&text), &o));
		for (size_t m = 0; m < o.count; m++) {
			CLEANUP(freep) char *key = json_scan_key(&text, &o.items[m]);
			struct json_span v = o.items[m].value;

			assert_ptr_equal(json_scan_find(&text, &o, key), &o.items[m]);
			buf_printf(&seen, "[%s=%.*s]", key, (int)(v.end - v.start),
				   text.data + v.start);
		}
		assert_string_equal(buf_str(&seen), cases[i].seen);
		assert_int_equal(text.data[o.span.end - 1], '}');
		assert_null(json_scan_find(&text, &o, "none"));
	}
}

static void test_no_object(void **state)
{
	static const char *const texts[] = {"", " ", "[1]", "\"{}\"", "1"};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(json_members_clear) struct json_members o = {0};
		CLEANUP(buf_clear) struct buf text = {0};

		case_buf(&text, texts[i]);
		assert_false(json_scan_object(&text, json_scan_top(&text), &o));
	}
}

static void test_compact(void **state)
{
	static const char *const cases[][2] = {
		{"{ \"a\" :[1,\n 2 ] }", "{\"a\": [1, 2]}"},
		{"{\"a\":\" , : \\\" \"}", "{\"a\": \" , : \\\" \"}"},
		{"{ }", "{}"},
		{"1e3", "1e3"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(buf_clear) struct buf out = {0};

		json_scan_compact(cases[i][0], strlen(cases[i][0]), &out);
		assert_string_equal(buf_str(&out), cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_no_object),
		cmocka_unit_test(test_compact),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
