#include "engine/baseline/yaml-parse.h"
#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/fields.h"

struct wanted {
	char *path;
	struct strv names;
	bool on;
	long number, mode;
	char *value;
	int colour;
	struct strv must;
};

enum { RED = 7, GREEN };

static int colour_from_string(const char *text)
{
	if (strcmp(text, "red") == 0)
		return RED;
	return strcmp(text, "green") == 0 ? GREEN : -EINVAL;
}

static const struct field fields[] = {
	{"path", FIELD_STRING, offsetof(struct wanted, path), .required = true},
	{"names", FIELD_STRING_LIST, offsetof(struct wanted, names)},
	{"on", FIELD_BOOL, offsetof(struct wanted, on)},
	{"number", FIELD_INT, offsetof(struct wanted, number), .def = 5},
	{"mode", FIELD_MODE, offsetof(struct wanted, mode)},
	{"value", FIELD_JSON, offsetof(struct wanted, value)},
	{"colour", FIELD_ENUM, offsetof(struct wanted, colour), .help = "red or green",
	 .parse = colour_from_string, .def = GREEN},
	{"must", FIELD_STRING_LIST, offsetof(struct wanted, must), .required = true},
	{NULL},
};

static const struct module thing = {
	.name = "thing", .desired_size = sizeof(struct wanted), .fields = fields};

static void release(struct wanted **w)
{
	module_free_desired(&thing, *w);
}

/* Loads what stands in the mapping beside the required keys. */
static int load(const char *yaml, struct wanted *ret, struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	struct fields_job job = {.tree = &tree, .fields = fields, .what = "thing", .into = ret};
	int r = tree_parse(&tree, "x.yaml", yaml, strlen(yaml), err);

	job.mapping = &tree.root;
	job.also = "also";
	return r < 0 ? r : fields_load(&job, err);
}

static void test_all_types(void **state)
{
	CLEANUP(release) struct wanted *w = xcalloc(1, sizeof(*w));
	CLEANUP(error_clear) struct error err = {0};
	const char *yaml = "path: /etc/docker\nnames: [a, \"b\", 3]\non: true\nnumber: -12\n"
			   "mode: 0644\nvalue: {icc: false}\ncolour: red\nmust: one\nalso: [x]\n";

	if (load(yaml, w, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_string_equal(w->path, "/etc/docker");
	assert_int_equal(w->names.count, 3);
	assert_string_equal(w->names.items[1], "b");
	assert_string_equal(w->names.items[2], "3");
	assert_true(w->on);
	assert_int_equal(w->number, -12);
	assert_int_equal(w->mode, 0644);
	assert_string_equal(w->value, "{\"icc\":false}");
	assert_int_equal(w->colour, RED);
	assert_int_equal(w->must.count, 1);
	assert_string_equal(w->must.items[0], "one");
}

static void test_defaults(void **state)
{
	CLEANUP(release) struct wanted *w = xcalloc(1, sizeof(*w));

	assert_int_equal(load("{path: 1.0, must: [x]}", w, NULL), 0);
	assert_string_equal(w->path, "1.0");
	assert_int_equal(w->names.count, 0);
	assert_false(w->on);
	assert_int_equal(w->number, 5);
	assert_int_equal(w->mode, -1);
	assert_null(w->value);
	assert_int_equal(w->colour, GREEN);
}

static void test_texts_that_are_not_what_they_look_like(void **state)
{
	CLEANUP(release) struct wanted *w = xcalloc(1, sizeof(*w));

	assert_int_equal(
		load("{path: no, must: ['true', \"~\", off], names: [], mode: '7777'}", w, NULL),
		0);
	assert_string_equal(w->path, "no");
	assert_int_equal(w->must.count, 3);
	assert_string_equal(w->must.items[0], "true");
	assert_int_equal(w->names.count, 0);
	assert_int_equal(w->mode, 07777);
}

static const struct {
	const char *yaml, *message;
} refused[] = {
	{"[x]", "1:1: thing must be a mapping of keys, not a list"},
	{"x", "1:1: thing must be a mapping of keys, not 'x'"},
	{"{must: x}", "1:1: missing key 'path' in thing"},
	{"{path: x}", "1:1: missing key 'must' in thing"},
	{"{paht: x}", "1:2: unknown key 'paht' in thing; did you mean 'path'?"},
	{"{alos: x}", "1:2: unknown key 'alos' in thing; did you mean 'also'?"},
	{"{qqqqqq: x}", "1:2: unknown key 'qqqqqq' in thing"},
	{"{'': x}", "1:2: unknown key '' in thing"},
	{"path: [x]\n", "1:7: 'path' must be text, not a list"},
	{"path: {x: y}\n", "1:7: 'path' must be text, not a mapping"},
	{"path: true\n", "1:7: 'path' must be text; put 'true' in quotes if it is text"},
	{"path: FALSE\n", "1:7: 'path' must be text; put 'FALSE' in quotes if it is text"},
	{"path:\n", "1:6: 'path' has no value"},
	{"path: ~\n", "1:7: 'path' has no value"},
	{"names: {a: b}\n", "1:8: 'names' must be text or a list of texts, not a mapping"},
	{"names: [a, [b]]\n", "1:12: 'names' must be a list of texts, not a list"},
	{"names:\n  - a\n  - true\n",
	 "3:5: 'names' must be a list of texts; put 'true' in quotes if it is text"},
	{"names:\n  -\n", "2:4: 'names' has no value"},
	{"must: []\n", "1:7: 'must' is an empty list"},
	{"on: yes\n", "1:5: 'on' must be true or false; write true in place of 'yes'"},
	{"on: Off\n", "1:5: 'on' must be true or false; write false in place of 'Off'"},
	{"on: True\n", "1:5: 'on' must be true or false, not 'True'"},
	{"on: \"true\"\n", "1:5: 'on' must be true without quotes"},
	{"on: \"yes\"\n", "1:5: 'on' must be true or false, not 'yes'"},
	{"on: 1\n", "1:5: 'on' must be true or false, not '1'"},
	{"on: [true]\n", "1:5: 'on' must be true or false, not a list"},
	{"on:\n", "1:4: 'on' has no value"},
	{"number: x\n", "1:9: 'number' must be a whole number, not 'x'"},
	{"number: 1.5\n", "1:9: 'number' must be a whole number, not '1.5'"},
	{"number: 0x10\n", "1:9: 'number' must be a whole number, not '0x10'"},
	{"number: +1\n", "1:9: 'number' must be a whole number, not '+1'"},
	{"number: -\n", "1:9: block sequence entries are not allowed in this context"},
	{"number: \"5\"\n", "1:9: 'number' must be a number without quotes"},
	{"number: 010\n", "1:9: 'number' must be a whole number without leading zeros, not '010'"},
	{"number: 99999999999999999999\n",
	 "1:9: 'number' must be a smaller number, not '99999999999999999999'"},
	{"number:\n", "1:8: 'number' has no value"},
	{"number: {}\n", "1:9: 'number' must be a whole number, not a mapping"},
	{"mode: 644\n", "1:7: 'mode' must be four octal digits such as \"0644\", not '644'"},
	{"mode: \"0999\"\n", "1:7: 'mode' must be four octal digits such as \"0644\", not '0999'"},
	{"mode: 00644\n", "1:7: 'mode' must be four octal digits such as \"0644\", not '00644'"},
	{"mode: 0o644\n", "1:7: 'mode' must be four octal digits such as \"0644\", not '0o644'"},
	{"mode: u=rw\n", "1:7: 'mode' must be four octal digits such as \"0644\", not 'u=rw'"},
	{"mode: [0644]\n", "1:7: 'mode' must be four octal digits such as \"0644\", not a list"},
	{"mode:\n", "1:6: 'mode' has no value"},
	{"value: [1, no]\n", "1:12: write false, or put 'no' in quotes if it is text"},
	{"colour: blue\n", "1:9: 'colour' cannot be 'blue' (red or green)"},
	{"colour: [red]\n", "1:9: 'colour' must be one word, not a list"},
	{"colour:\n", "1:8: 'colour' has no value"},
};

static void test_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		CLEANUP(release) struct wanted *w = xcalloc(1, sizeof(*w));
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(load(refused[i].yaml, w, &err), -EINVAL);
		assert_memory_equal(error_text(&err), "x.yaml:", 7);
		assert_string_equal(error_text(&err) + 7, refused[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_types),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_texts_that_are_not_what_they_look_like),
		cmocka_unit_test(test_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
