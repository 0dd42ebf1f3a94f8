#include "tests/test.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/baseline/yaml-parse.h"
#include "engine/baseline/yaml-tree.h"

static void parse(struct tree *tree, const char *text)
{
	CLEANUP(error_clear) struct error err = {0};
	int r = tree_parse(tree, "x.yaml", text, strlen(text), &err);

	if (r < 0)
		fail_msg("%s", error_text(&err));
}

static void assert_refused(const char *text, const char *message)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	CLEANUP(error_clear) struct error err = {0};

	assert_true(tree_parse(&tree, "x.yaml", text, strlen(text), &err) < 0);
	assert_string_equal(error_text(&err), message);
	assert_null(tree.arena.chunks);
}

/* What an empty struct buf has: no bytes at all. */
static void test_no_bytes(void **state)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	CLEANUP(error_clear) struct error err = {0};

	assert_true(tree_parse(&tree, "x.yaml", NULL, 0, &err) < 0);
	assert_string_equal(error_text(&err), "x.yaml:1:1: document is empty");
}

static void test_comment(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{"# a\n", true},     {"# a", true},         {"\n\t # a: 1\r\n#\n\n", true},
		{"", false},         {"\n", false},         {"# a\na: 1\n", false},
		{"a: 1 # b", false}, {"---\n# a\n", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (tree_is_comment(rows[i].text, strlen(rows[i].text)) != rows[i].is)
			fail_msg("'%s'", rows[i].text);
	assert_false(tree_is_comment(NULL, 0));
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_tree(void **state)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	const struct tree_node *list;

	parse(&tree, "a: 1\nb:\n  - x\n  - \"y\"\n  - |\n    z\nc: {d: }\n");
	assert_int_equal(tree.root.kind, TREE_MAPPING);
	assert_int_equal(tree.root.count, 6);
	assert_string_equal(tree_get(&tree.root, "a")->text, "1");
	assert_null(tree_get(&tree.root, "z"));
	list = tree_get(&tree.root, "b");
	assert_int_equal(list->kind, TREE_LIST);
	assert_int_equal(list->count, 3);
	assert_true(list->items[0].plain);
	assert_false(list->items[1].plain);
	assert_string_equal(list->items[1].text, "y");
	assert_false(list->items[2].plain);
	assert_string_equal(list->items[2].text, "z\n");
	assert_int_equal(list->height, 1);
	assert_int_equal(tree.root.height, 2);
	assert_int_equal(tree_get(tree_get(&tree.root, "c"), "d")->count, 0);
}

static void test_positions(void **state)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	const struct tree_node *value;

	parse(&tree, "a: &x [1, 2]\n\xc3\xa4\xc3\xb6:  y\nbc: *x\n");
	value = tree_get(&tree.root, "\xc3\xa4\xc3\xb6");
	assert_int_equal(value->line, 2);
	assert_int_equal(value->column, 6); /* characters, not bytes */
	value = tree_get(&tree.root, "bc");
	assert_int_equal(value->line, 3); /* of the alias, not of its anchor */
	assert_int_equal(value->column, 5);
	assert_int_equal(value->count, 2);
	assert_int_equal(value->items[1].line, 1);
	assert_string_equal(value->items[1].text, "2");
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"", "x.yaml:1:1: document is empty"},
		{"# only a comment\n", "x.yaml:1:1: document is empty"},
		{"---\n", "x.yaml:1:1: document is empty"},
		{"---\n...\n", "x.yaml:1:1: document is empty"},
		{"a: 1\n---\nb: 2\n", "x.yaml:2:1: a second document starts here"},
		{"a: 1\na: 2\n", "x.yaml:2:1: repeated key 'a'; it is first in line 1"},
		{"a: 1\n\"a\": 2\n", "x.yaml:2:1: repeated key 'a'; it is first in line 1"},
		{"x:\n  - {k: 1,\n  l: 2, k: 3}\n",
		 "x.yaml:3:9: repeated key 'k'; it is first in line 2"},
		{"a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\ng: 1\nh: 1\ni: 1\nc: 1\nb: 1\n",
		 "x.yaml:10:1: repeated key 'c'; it is first in line 3"},
		{"? [1]\n: 2\n", "x.yaml:1:3: a key must be text, not a list"},
		{"{a: 1}: 2\n", "x.yaml:1:1: a key must be text, not a mapping"},
		{"a: &a\n  b: 1\nc:\n  <<: *a\n", "x.yaml:4:3: merge keys ('<<') are not allowed"},
		{"a: !!str 1\n",
		 "x.yaml:1:4: tags such as 'tag:yaml.org,2002:str' are not allowed"},
		{"a: !x {b: 1}\n", "x.yaml:1:4: tags such as '!x' are not allowed"},
		{"a: !x [b]\n", "x.yaml:1:4: tags such as '!x' are not allowed"},
		{"a: *b\n", "x.yaml:1:4: unknown anchor 'b'"},
		{"a: &b 1\nc: &b 2\n", "x.yaml:2:4: repeated anchor 'b'; it is first in line 1"},
		{"a: &b [1, *b]\n", "x.yaml:1:11: alias 'b' stands inside its own anchor"},
		{"&a x: *a\ny: &b\n  - z:\n      - *b\n",
		 "x.yaml:4:9: alias 'b' stands inside its own anchor"},
		{"a: \"b\\0c\"\n", "x.yaml:1:4: text with a NUL in it"},
		{"a: b: c\n", "x.yaml:1:5: mapping values are not allowed in this context"},
		{"a: [1, 2\n", "x.yaml:2:1: did not find expected ',' or ']'"},
		{"a: 'b\n", "x.yaml:2:1: found unexpected end of stream"},
		{"a: \"\\q\"\n", "x.yaml:1:5: found unknown escape character"},
		{"a: \"\\ud800\"\n", "x.yaml:1:7: found invalid Unicode character escape code"},
		{" a: 1\nb: 2\n", "x.yaml:2:1: did not find expected <document start>"},
		{"%YAML 3.0\n---\na: 1\n", "x.yaml:1:1: found incompatible YAML document"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].text, cases[i].message);
}

static void nest(struct buf *b, size_t levels)
{
	for (size_t i = 0; i < levels; i++)
		buf_putc(b, '[');
	for (size_t i = 0; i < levels; i++)
		buf_putc(b, ']');
}

static void test_depth(void **state)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	CLEANUP(buf_clear) struct buf good = {0};
	CLEANUP(buf_clear) struct buf bad = {0};
	CLEANUP(buf_clear) struct buf hostile = {0};

	nest(&good, TREE_MAX_DEPTH);
	parse(&tree, buf_str(&good));
	assert_int_equal(tree.root.height, TREE_MAX_DEPTH);
	nest(&bad, TREE_MAX_DEPTH + 1);
	assert_refused(buf_str(&bad), "x.yaml:1:65: nested deeper than 64 levels");
	nest(&hostile, 1000000);
	assert_refused(buf_str(&hostile), "x.yaml:1:65: nested deeper than 64 levels");
}

/* Each anchor holds the one before: in the text nothing is nested deeply. */
static void test_depth_through_aliases(void **state)
{
	CLEANUP(buf_clear) struct buf b = {0};

	buf_puts(&b, "- &a0 []\n");
	for (int i = 1; i < 100; i++)
		buf_printf(&b, "- &a%d [*a%d]\n", i, i - 1);
	assert_refused(buf_str(&b), "x.yaml:64:9: nested deeper than 64 levels");
}

static void test_alias_bomb(void **state)
{
	CLEANUP(buf_clear) struct buf b = {0};
	double start = seconds();

	buf_puts(&b, "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
	for (int i = 1; i < 20; i++) {
		buf_printf(&b, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			buf_printf(&b, "%s*a%d", j ? ", " : "", i - 1);
		buf_puts(&b, "]\n");
	}
	assert_refused(buf_str(&b), "x.yaml:7:15: aliases stand for more than 10 MB");
	assert_true(seconds() - start < 0.1);
}

static void test_bomb_of_one_long_text(void **state)
{
	CLEANUP(buf_clear) struct buf b = {0};
	CLEANUP(tree_clear) struct tree tree = {0};

	buf_puts(&b, "- &a \"");
	for (int i = 0; i < 1000000; i++)
		buf_putc(&b, 'x');
	buf_puts(&b, "\"\n");
	for (int i = 0; i < 10; i++)
		buf_puts(&b, "- *a\n");
	parse(&tree, buf_str(&b));
	assert_int_equal(tree.root.count, 11);
	buf_puts(&b, "- *a\n");
	assert_refused(buf_str(&b), "x.yaml:12:3: aliases stand for more than 10 MB");
}

/* Many keys, anchors and items must not cost the square of their number. */
static void test_many(void **state)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	CLEANUP(buf_clear) struct buf b = {0};
	double start;

	for (int i = 0; i < 100000; i++)
		buf_printf(&b, "key-%d: &anchor-%d x\n", i, i);
	start = seconds();
	parse(&tree, buf_str(&b));
	assert_int_equal(tree.root.count, 200000);
	assert_true(seconds() - start < 5); /* the square would take minutes */
	buf_puts(&b, "key-50000: y\n");
	assert_refused(buf_str(&b),
		       "x.yaml:100001:1: repeated key 'key-50000'; it is first in line 50001");
}

static void test_long_things_are_cut_in_messages(void **state)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	CLEANUP(buf_clear) struct buf b = {0};
	CLEANUP(freep) char *what = NULL;

	buf_puts(&b, "- a");
	for (int i = 0; i < 40; i++)
		buf_puts(&b, "\xc3\xa4");
	buf_puts(&b, "\n");
	parse(&tree, buf_str(&b));
	what = tree_describe(&tree.root.items[0]);
	assert_int_equal(strlen(what), 1 + 59 + 3 + 1); /* within the 30th umlaut */
	assert_string_equal(what + 60, "...'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_bytes),
		cmocka_unit_test(test_comment),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_depth_through_aliases),
		cmocka_unit_test(test_alias_bomb),
		cmocka_unit_test(test_bomb_of_one_long_text),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_long_things_are_cut_in_messages),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
