#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

#define MAX_WORDS 8

/* Parses the words (the program's name is put before them). */
static int parse(const char *const *words, struct options *o, struct error *err)
{
	char *argv[MAX_WORDS + 1] = {(char[]){"harden"}};
	int argc = 1;
	int r;

	for (; words[argc - 1]; argc++)
		argv[argc] = strdup(words[argc - 1]);
	r = options_parse(o, argc, argv, err);
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	return r;
}

static void test_forms(void **state)
{
	static const char *const forms[][MAX_WORDS] = {
		{"plan", "--out", "f", "--level=2", "-q", "-v"},
		{"--out=f", "plan", "--level", "2", "-qv"},
		{"plan", "-of", "--level=2", "-vq"},
		{"-qvo", "f", "--level=2", "plan"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		CLEANUP(options_clear) struct options o = {0};

		assert_int_equal(parse(forms[i], &o, NULL), 0);
		assert_string_equal(o.command, "plan");
		assert_string_equal(o.out, "f");
		assert_int_equal(o.level, 2);
		assert_true(o.quiet && o.verbose);
		assert_int_equal(o.args.count, 0);
	}
}

static void test_defaults(void **state)
{
	static const char *const words[] = {"apply", NULL};
	CLEANUP(options_clear) struct options o = {0};

	assert_int_equal(parse(words, &o, NULL), 0);
	assert_int_equal(o.level, 1);
	assert_int_equal(o.health_timeout_ms, -1);
	assert_int_equal(o.lock_timeout_ms, 0);
	assert_int_equal(o.format, FORMAT_TEXT);
	assert_int_equal(o.color, COLOR_AUTO);
	assert_false(o.yes || o.dry_run || o.force || o.strict);
}

static void test_lists(void **state)
{
	static const char *const words[] = {"plan", "--only=a.*,b",        "--only",
					    "c",    "--baseline=x,y.yaml", NULL};
	CLEANUP(options_clear) struct options o = {0};

	assert_int_equal(parse(words, &o, NULL), 0);
	assert_int_equal(o.only.count, 3);
	assert_string_equal(o.only.items[1], "b");
	assert_string_equal(o.only.items[2], "c");
	assert_int_equal(o.baselines.count, 1); /* a file's name may hold a comma */
	assert_string_equal(o.baselines.items[0], "x,y.yaml");
}

static void test_other_names_and_end(void **state)
{
	static const char *const words[] = {"apply", "--what-if", "--", "--yes", "-", NULL};
	CLEANUP(options_clear) struct options o = {0};

	assert_int_equal(parse(words, &o, NULL), 0);
	assert_true(o.dry_run);
	assert_false(o.yes);
	assert_int_equal(o.args.count, 2);
	assert_string_equal(o.args.items[0], "--yes");
	assert_string_equal(o.args.items[1], "-");
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *words[MAX_WORDS];
		const char *message;
	} cases[] = {
		{{"plan", "--leve=2"}, "unknown option '--leve'; did you mean '--level'?"},
		{{"plan", "--zzzzzzz"}, "unknown option '--zzzzzzz'"},
		{{"plan", "-z"}, "unknown option '-z'"},
		{{"plan", "--level=3"}, "option '--level' wants 1|2, not '3'"},
		{{"plan", "--level"}, "option '--level' wants a value (1|2)"},
		{{"plan", "-o"}, "option '--out' wants a value (FILE)"},
		{{"plan", "--out="}, "option '--out' has an empty value"},
		{{"plan", "--only", ","}, "option '--only' has an empty list"},
		{{"plan", "--skip=,,"}, "option '--skip' has an empty list"},
		{{"rollback", ""}, "argument 2 is empty"},
		{{""}, "argument 1 is empty"},
		{{"plan", "--out=a", "--out=b"}, "option '--out' is given twice"},
		{{"plan", "--force=yes"}, "option '--force' takes no value"},
		{{"plan", "--format=xml"}, "option '--format' wants text|json, not 'xml'"},
		{{"plan", "--json", "--format=text"},
		 "options '--json' and '--format' contradict each other"},
		{{"apply", "--health-timeout=soon"},
		 "option '--health-timeout' wants a time such as 30s, 500ms or 2m, not 'soon'"},
		{{"apply", "--health-cmd=true"},
		 "option '--health-cmd' wants an absolute path, not 'true'"},
		{{"apply", "--max-gap=0"}, "option '--max-gap' wants more than no time at all"},
		{{"plan", "--observe=0"}, "option '--observe' wants more than no time at all"},
		{{"plan", "--observe", "soon"},
		 "option '--observe' wants a time such as 30s, 500ms or 2m, not 'soon'"},
		{{"plan", "--observe"}, "option '--observe' wants a value (DUR)"},
		{{"plan", "--observe=10s", "--observe=20s"}, "option '--observe' is given twice"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(options_clear) struct options o = {0};
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(parse(cases[i].words, &o, &err), -EINVAL);
		assert_string_equal(error_text(&err), cases[i].message);
	}
}

static void test_accepted(void **state)
{
	static const char *const words[] = {"list", "--yes", NULL};
	CLEANUP(options_clear) struct options o = {0};
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(parse(words, &o, NULL), 0);
	assert_int_equal(options_check(&o, "list", OPTION_BIT(OPT_YES), &err), 0);
	assert_int_equal(options_check(&o, "list", OPTION_BIT(OPT_JSON), &err), -EINVAL);
	assert_string_equal(error_text(&err), "command 'list' takes no option '--yes'");
}

static void test_table(void **state)
{
	for (int i = 0; i < OPTION_COUNT; i++) {
		const struct option_info *info = option_info((enum option_id)i);

		assert_non_null(info->name);
		assert_non_null(info->help);
		for (int k = 0; k < i; k++) {
			const struct option_info *other = option_info((enum option_id)k);

			assert_string_not_equal(info->name, other->name);
			assert_true(!info->letter || info->letter != other->letter);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),    cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_lists),    cmocka_unit_test(test_other_names_and_end),
		cmocka_unit_test(test_mistakes), cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_table),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
