#include "engine/base/str.h"
#include "engine/format/schemes/json-text.h"

#include <errno.h>
#include <jansson.h>

#include "tests/unit/format-case.h"

static void test_get(void **state)
{
	static const struct get_case cases[] = {
		{"{\"icc\": false}", "/icc", 1, "false"},
		{"{\"icc\":false}", "/ip", 0, NULL},
		{"", "/icc", 0, NULL},
		{" \n", "", 1, "{}"},
		{"{\"\\u0069cc\": 1}", "/icc", 1, "1"},
		{"{\"a/b\": {\"~\": [1,\n2 ]}}", "/a~1b/~0", 1, "[1, 2]"},
		{"{\"log-opts\" : { \"max-size\":\"10m\" } }", "/log-opts", 1,
		 "{\"max-size\": \"10m\"}"},
		{"{\"log-opts\":{\"max-size\":\"10m\"}}", "/log-opts/max-size", 1, "\"10m\""},
		{"{\"s\":\"a \\\" , : {\"}", "/s", 1, "\"a \\\" , : {\""},
		{"{\"a\": 1}", "/a/b", 0, NULL},
		{"{\"a\": 1e3, \"\": 2}", "/a", 1, "1e3"},
		{"{\"a\": 1, \"\": 2}", "/", 1, "2"},
		{"{}", "icc", -EINVAL, NULL},
		{"{}", "/a~2", -EINVAL, NULL},
		{"{}", "/a\xff", -EINVAL, NULL},
		{"{\"a\": 1, \"a\": 2}", "/a", -EBADMSG, NULL},
		{"[1]", "/a", -EBADMSG, NULL},
		{"{\"a\": 1} x", "/a", -EBADMSG, NULL},
		{"{\"a\": 1,}", "/a", -EBADMSG, NULL},
	};

	RUN_GET(json_text_get, cases);
}

static void test_set(void **state)
{
	static const struct set_case cases[] = {
		/* new files */
		{"", "/icc", "false", "{\n  \"icc\": false\n}\n", 0},
		{"\r\n", "/icc", "false", "{\r\n  \"icc\": false\r\n}\r\n", 0},
		{"", "/log-opts/max-size", "\"10m\"",
		 "{\n  \"log-opts\": {\"max-size\": \"10m\"}\n}\n", 0},
		{"", "/icc", NULL, "", 0},
		/* the file's own layout */
		{"{\n\t\"a\": 1\n}\n", "/b", "2", "{\n\t\"a\": 1,\n\t\"b\": 2\n}\n", 0},
		{"{\n    \"a\": 1,\n    \"c\": 3\n}", "/b", "2",
		 "{\n    \"a\": 1,\n    \"c\": 3,\n    \"b\": 2\n}", 0},
		{"{\r\n  \"a\": 1\r\n}\r\n", "/b", "2", "{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}\r\n",
		 0},
		{"{\"a\":1}", "/b", "[1,2]", "{\"a\":1,\"b\":[1, 2]}", 0},
		{"{\"a\": 1}", "/b", "{\"c\":true}", "{\"a\": 1, \"b\": {\"c\": true}}", 0},
		{"{ \"a\" : 1 }", "/b", "2", "{ \"a\" : 1, \"b\" : 2 }", 0},
		{"{\n  \"a\": 1\n, \"b\": 2\n}\n", "/c", "3",
		 "{\n  \"a\": 1\n, \"b\": 2\n, \"c\": 3\n}\n", 0},
		{"{\n  \"a\": 1,\n\n  \"b\": 2\n}\n", "/c", "3",
		 "{\n  \"a\": 1,\n\n  \"b\": 2,\n  \"c\": 3\n}\n", 0},
		/* empty objects */
		{"{}", "/a", "1", "{\"a\": 1}", 0},
		{"{ }\n", "/a", "1", "{ \"a\": 1 }\n", 0},
		{"{\n}\n", "/a", "1", "{\n  \"a\": 1\n}\n", 0},
		{"{\n\t\"o\": {\n\t}\n}\n", "/o/a", "1", "{\n\t\"o\": {\n\t\t\"a\": 1\n\t}\n}\n",
		 0},
		/* parents */
		{"{\n\t\"a\": 1\n}\n", "/o/p/q", "2",
		 "{\n\t\"a\": 1,\n\t\"o\": {\"p\": {\"q\": 2}}\n}\n", 0},
		{"{\n  \"o\": {\n    \"x\": \"1\"\n  }\n}\n", "/o/y", "\"2\"",
		 "{\n  \"o\": {\n    \"x\": \"1\",\n    \"y\": \"2\"\n  }\n}\n", 0},
		/* values in place; equal ones are left as they are written */
		{"{\"a\" : [ 1 ,2 ] , \"b\": 2}", "/a", "[1,2]", "{\"a\" : [ 1 ,2 ] , \"b\": 2}",
		 0},
		{"{\"a\" : [ 1 ,2 ] , \"b\": 2}", "/a", "false", "{\"a\" : false , \"b\": 2}", 0},
		{"{\"\\u0061\": 1}", "/a", "2", "{\"\\u0061\": 2}", 0},
		{"{}", "/\xc3\xa4\"", "1", "{\"\xc3\xa4\\\"\": 1}", 0},
		/* away */
		{"{\"a\":1, \"b\":2, \"c\":3}", "/a", NULL, "{\"b\":2, \"c\":3}", 0},
		{"{\"a\":1, \"b\":2, \"c\":3}", "/b", NULL, "{\"a\":1, \"c\":3}", 0},
		{"{\"a\":1, \"b\":2, \"c\":3}", "/c", NULL, "{\"a\":1, \"b\":2}", 0},
		{"{\n  \"a\": 1\n}\n", "/a", NULL, "{\n}\n", 0},
		{"{\n  \"a\": {\"x\": 1},\n  \"b\": 2\n}\n", "/a", NULL, "{\n  \"b\": 2\n}\n", 0},
		{"{\"a\": 1}", "/b/c", NULL, "{\"a\": 1}", 0},
		/* refused */
		{"{\"a\": 1}", "/a/b", "2", NULL, -EINVAL},
		{"{\"a\": 1}", "/b", "nonsense", NULL, -EINVAL},
		{"{\"a\": 1}", "", "{}", NULL, -EINVAL},
		{"{\"a\": 1", "/b", "2", NULL, -EBADMSG},
		/* a byte order mark stays, and so do line ends */
		{"\xef\xbb\xbf{\r\n  \"a\": 1\r\n}\r\n", "/b", "2",
		 "\xef\xbb\xbf{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}\r\n", 0},
		{"\xef\xbb\xbf{\"a\": 1}", "/a", NULL, "\xef\xbb\xbf{}", 0},
		{"\xef\xbb\xbf", "/a", "1", "\xef\xbb\xbf{\n  \"a\": 1\n}\n", 0},
	};

	RUN_SET(json_text_set, cases);
}

/* Pieces of which the property test builds its texts. */
static const char *const tops[] = {
	"%s",
	"{%s}",
	"{%s}\n",
	"{ %s }",
	"{\n%s\n}",
	"{\n%s\n}\n",
	"{\n\t%s\n}\n",
	"{\r\n  %s\r\n}\r\n",
	"\n\n{\n    %s\n\n}\n\n",
	"{\"o\": {%s}}",
	"{\n\t\"o\": {\n\t\t%s\n\t}\n}\n",
	"{\n  \"first\": [{\"new\": 1}],\n  \"o\": { %s },\n  \"last\": \"}\"\n}",
};
static const char *const members[] = {
	"", "\"a\": 1", "\"a\":1", "\"a\" : \"x,}\\\"\"", "\"\\u0061\": {\"new\": [1, {\"b\": 2}]}",
};
static const char *const separators[] = {", ",      ",",      ",\n",      ",\n\t",
					 ",\r\n  ", "\n  , ", ",\n\n    "};
static const char *const second[] = {NULL, "\"b\": [ ]", "\"b\":{\"c\" : null}",
				     "\"b\": -1.5e3, \"\xc3\xa4\": \"\\ud83d\\ude00\""};

static json_t *parse(const struct buf *text)
{
	return json_loadb(text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
}

/* What setting /PARENT/new must mean, done on jansson's tree. */
static json_t *expected(const struct buf *text, bool nested, const char *value)
{
	json_t *top = parse(text);
	json_t *object = nested ? json_object_get(top, "o") : top;

	assert_non_null(object);
	json_object_set_new(object, "new", json_loads(value, JSON_DECODE_ANY, NULL));
	return top;
}

/* Only an insertion: the old text is the new one without one run of bytes. */
static void assert_inserted(const struct buf *before, const struct buf *after)
{
	size_t head = 0, tail = 0;

	while (head < before->len && before->data[head] == after->data[head])
		head++;
	while (tail < before->len - head &&
	       before->data[before->len - 1 - tail] == after->data[after->len - 1 - tail])
		tail++;
	assert_int_equal(head + tail, before->len);
}

static void check_layout(const struct buf *before, const char *value)
{
	bool nested = strstr(buf_str(before), "\"o\"") != NULL;
	const char *pointer = nested ? "/o/new" : "/new";
	json_t *want = expected(before, nested, value), *got;
	CLEANUP(buf_clear) struct buf text = {0};

	buf_copy(&text, before);
	assert_int_equal(json_text_set(&text, pointer, value, NULL), 0);
	assert_int_equal(json_text_check(&text, NULL), 0);
	got = parse(&text);
	assert_true(json_equal(got, want));
	assert_inserted(before, &text);

	assert_int_equal(json_text_set(&text, pointer, "{\"other\":[ 0 ]}", NULL), 0);
	json_decref(got);
	got = parse(&text);
	assert_false(json_equal(got, want));
	assert_int_equal(json_text_set(&text, pointer, NULL, NULL), 0);
	assert_string_equal(buf_str(&text), buf_str(before));
	json_decref(got);
	json_decref(want);
}

static size_t check_members(const char *top, const char *inside)
{
	static const char *const values[] = {"true", "\"s\"", "{\"max-size\":\"10m\"}"};
	CLEANUP(buf_clear) struct buf text = {0};
	const char *hole = strstr(top, "%s");

	if (hole == top)
		return 0; /* the hole alone is not an object */
	buf_append(&text, top, (size_t)(hole - top));
	buf_puts(&text, inside);
	buf_puts(&text, hole + 2);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		check_layout(&text, values[i]);
	return 1;
}

static void test_every_layout_comes_back(void **state)
{
	size_t done = 0;

	for (size_t t = 0; t < ARRAY_SIZE(tops); t++)
		for (size_t m = 0; m < ARRAY_SIZE(members); m++)
			for (size_t s = 0; s < ARRAY_SIZE(separators); s++)
				for (size_t n = 0; n < ARRAY_SIZE(second); n++) {
					CLEANUP(buf_clear) struct buf inside = {0};

					buf_puts(&inside, members[m]);
					if (second[n] && *members[m])
						buf_puts(&inside, separators[s]);
					if (second[n])
						buf_puts(&inside, second[n]);
					done += check_members(tops[t], buf_str(&inside));
				}
	assert_int_equal(done, (ARRAY_SIZE(tops) - 1) * ARRAY_SIZE(members) *
				       ARRAY_SIZE(separators) * ARRAY_SIZE(second));
}

static void test_check_names_the_place(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *error; /* how it begins; NULL: fine */
	} cases[] = {
		{"{}", 2, NULL},
		{"", 0, NULL},
		{" \t\r\n", 4, NULL},
		{"{\"a\": \"\\u0000\"}", 15, NULL},
		{"\xef\xbb\xbf{}", 5, NULL},
		{"\xef\xbb\xbf\xef\xbb\xbf{}", 8, "line 1, column 1: "},
		{"{\n \0}", 5, "line 2, column 2: a NUL byte"},
		{"\n  [1]", 6, "line 2, column 3: the top level is not an object"},
		{"{\n\"a\": 1,\n\"a\": 2}", 17, "line 3, column 3: duplicate object key"},
		{"{}{}", 4, "line 1, column 3: end of file expected"},
		{"{\"a\": 1, // x\n}", 15, "line 1, column 10: string or '}' expected"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};
		CLEANUP(buf_clear) struct buf text = {0};
		int r;

		buf_append(&text, cases[i].text, cases[i].len);
		r = json_text_check(&text, &err);
		assert_int_equal(r, cases[i].error ? -EBADMSG : 0);
		if (cases[i].error && !starts_with(err.text, cases[i].error))
			fail_msg("case %zu: '%s'", i, err.text);
	}
}

static void test_keys(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv keys = {0};
	CLEANUP(freep) char *joined = NULL;

	case_buf(&text, "{\"z\": 1, \"\\u0061\": {\"n\": {}}, \"b\": 2}");
	assert_int_equal(json_text_keys(&text, "", &keys, NULL), 0);
	assert_int_equal(json_text_keys(&text, "/a", &keys, NULL), 0);
	assert_int_equal(json_text_keys(&text, "/a/n", &keys, NULL), 0);
	assert_int_equal(json_text_keys(&text, "/q", &keys, NULL), -ENOENT);
	assert_int_equal(json_text_keys(&text, "/z", &keys, NULL), -EINVAL);
	joined = strv_join(&keys, " ");
	assert_string_equal(joined, "z a b n");
	buf_clear(&text);
	assert_int_equal(json_text_keys(&text, "", &keys, NULL), 0);
	assert_int_equal(keys.count, 4);
}

static size_t loads;

json_t *__real_json_loadb(const char *bytes, size_t n, size_t flags, json_error_t *error);
json_t *__wrap_json_loadb(const char *bytes, size_t n, size_t flags, json_error_t *error);

json_t *__wrap_json_loadb(const char *bytes, size_t n, size_t flags, json_error_t *error)
{
	loads++;
	return __real_json_loadb(bytes, n, flags, error);
}

/* A file is parsed as a whole once, however often it is asked; another one is not taken for it. */
static void test_parsed_once(void **state)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	buf_puts(&text, "{\"icc\": true, \"log-opts\": {\"max-size\": \"10m\"}}");
	loads = 0;
	for (int i = 0; i < 100; i++) {
		CLEANUP(freep) char *value = NULL;

		assert_int_equal(json_text_get(&text, "/absent", &value, NULL), 0);
		assert_int_equal(json_text_check(&text, NULL), 0);
	}
	assert_int_equal(loads, 1);
	text.data[1] = '}';
	assert_int_equal(json_text_check(&text, NULL), -EBADMSG);
	assert_int_equal(json_text_check(&text, &err), -EBADMSG); /* nor is the reason lost */
	assert_non_null(strstr(error_text(&err), "line 1, column"));
	assert_int_equal(loads, 2);
	text.data[1] = '"';
	assert_int_equal(json_text_check(&text, NULL), 0);
	assert_int_equal(loads, 2);
}

/* Those that are asked for in between do not push out the one that all ask for. */
static void test_kept_while_it_is_asked_for(void **state)
{
	CLEANUP(buf_clear) struct buf text = {0};

	buf_puts(&text, "{\"icc\": true}");
	loads = 0;
	for (int i = 0; i < 200; i++) { /* more than are kept */
		CLEANUP(buf_clear) struct buf other = {0};

		buf_printf(&other, "{\"n\": %d}", i);
		assert_int_equal(json_text_check(&other, NULL), 0);
		other.data[5] = 'x';
		assert_int_equal(json_text_check(&other, NULL), -EBADMSG);
		assert_int_equal(json_text_check(&text, NULL), 0);
	}
	assert_int_equal(loads, 401);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parsed_once),
		cmocka_unit_test(test_kept_while_it_is_asked_for),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_every_layout_comes_back),
		cmocka_unit_test(test_check_names_the_place),
		cmocka_unit_test(test_keys),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
