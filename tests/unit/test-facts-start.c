#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/plan/facts-parts.h"

static void assert_variable(const struct environment *env, const char *name, const char *want)
{
	const struct variable *v = environment_find(env, name);

	if (!want) {
		assert_null(v);
		return;
	}
	assert_non_null(v);
	assert_string_equal(v->value, want);
}

static void test_environment_file(void **state)
{
	static const struct {
		const char *text, *want; /* of the variable A */
	} rows[] = {
		{"A=b\n", "b"},
		{"A=b", "b"},
		{"A=", ""},
		{"# A=b\n;A=c\n", NULL},
		{"A=\"b c\"\n", "b c"},
		{"A='b \\ c'\n", "b \\ c"},
		{"A=b c  \n", "b c"},
		{"  A = b\r\nB=c\n", "b"},
		{"A=\"b \"  \n", "b "},
		{"A=b\\\nc\n", "bc"},
		{"A=\"b\nc\"\n", "b\nc"},
		{"A=a\\\"b\n", "a\"b"},
		{"A=1\nA=2\n", "2"},
		{"no equals\nA=1\n", "1"},
		{"A=--label='x y' --debug\n", "--label=x y --debug"},
		{"A=\"unfinished", "unfinished"},
		{"A=\\", "\\"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(environment_clear) struct environment env = {0};

		environment_parse(rows[i].text, "/etc/default/docker", &env);
		assert_variable(&env, "A", rows[i].want);
	}
}

static void test_expansion(void **state)
{
	static const struct {
		const char *line, *want; /* words with | between; those of a variable in <> */
	} rows[] = {
		{"/d -H fd://", "/d|-H|fd://"},
		{"/d $OPTS", "/d|<--icc=false>|<-D>"},
		{"/d $NONE -D", "/d|-D"},
		{"/d ${OPTS}", "/d|<--icc=false -D>"},
		{"/d --label=${NAME}-1", "/d|<--label=web-1>"},
		{"/d --label=${NONE}x", "/d|--label=x"},
		{"/d --label=$$HOME", "/d|--label=$HOME"},
		{"/d a$NAME", "/d|a$NAME"},
		{"/d \"a b\"", "/d|a b"},
		{"", ""},
	};
	CLEANUP(environment_clear) struct environment env = {0};

	environment_parse("OPTS=--icc=false -D\nNAME=web\n", "/e", &env);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(words_clear) struct words words = {0};
		CLEANUP(strv_clear) struct strv have = {0};
		CLEANUP(freep) char *text = NULL;

		words_expand(rows[i].line, &env, &words);
		for (size_t k = 0; k < words.count; k++) {
			bool from = words.items[k].variable != NULL;

			assert_int_equal(from, words.items[k].file != NULL);
			strv_addf(&have, "%s%s%s", from ? "<" : "", words.items[k].text,
				  from ? ">" : "");
		}
		text = strv_join(&have, "|");
		assert_string_equal(text, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_environment_file),
		cmocka_unit_test(test_expansion),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
