#include "engine/baseline/yaml-parse.h"
#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/control-load.h"

/* What test-baseline.c does not see: addresses, and controls that fail half-way. */

struct first_text {
	char *text;
};

struct first_long {
	long number;
};

struct first_bool {
	bool on;
};

static int refuse(const void *desired UNUSED, struct error *err)
{
	return error_set(err, -EPROTO, "never");
}

static int refuse_silently(const void *desired UNUSED, struct error *err UNUSED)
{
	return -EPERM;
}

static const struct field text_fields[] = {{"text", FIELD_STRING, 0}, {NULL}};
static const struct field json_fields[] = {{"json", FIELD_JSON, 0}, {NULL}};
static const struct field mode_fields[] = {{"mode", FIELD_MODE, 0}, {NULL}};
static const struct field bool_fields[] = {{"on", FIELD_BOOL, 0}, {NULL}};
static const struct field no_fields[] = {{NULL}};

#define MODULE(kind, type, ...)                                                                    \
	static const struct module kind = {                                                        \
		.name = #kind, .desired_size = sizeof(struct type), __VA_ARGS__}

MODULE(text, first_text, .fields = text_fields);
MODULE(json, first_text, .fields = json_fields);
MODULE(mode, first_long, .fields = mode_fields);
MODULE(boolean, first_bool, .fields = bool_fields);
MODULE(nothing, first_bool, .fields = no_fields);
MODULE(bad, first_text, .fields = text_fields, .check = refuse);
MODULE(worse, first_text, .fields = text_fields, .check = refuse_silently);

static const struct module *const modules[] = {&text,    &json, &mode,  &boolean,
					       &nothing, &bad,  &worse, NULL};

static int load(const char *yaml, struct control *ret, struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	const struct control_source source = {&tree, "x.yaml", modules};
	int r = tree_parse(&tree, "x.yaml", yaml, strlen(yaml), err);

	return r < 0 ? r : control_load(&source, &tree.root, ret, err);
}

#define CONTROL "id: a.b\ntitle: t\nseverity: low\nresources:\n"

static void test_addresses(void **state)
{
	static const char *const addresses[] = {"text[x]",    "text",    "json[[1,2]]",
						"mode[0644]", "boolean", "nothing"};
	const char *yaml =
		CONTROL " - text: {text: x}\n - text: {}\n - json: {json: [1, 2]}\n"
			" - mode: {mode: 0644}\n - boolean: {on: true}\n - nothing: {}\n";
	CLEANUP(control_clear) struct control c = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (load(yaml, &c, &err) < 0)
		fail_msg("%s", error_text(&err));
	assert_int_equal(c.nresources, ARRAY_SIZE(addresses));
	for (size_t i = 0; i < c.nresources; i++)
		assert_string_equal(c.resources[i].address, addresses[i]);
	assert_string_equal(c.position.file, "x.yaml");
	assert_int_equal(c.position.line, 1);
}

static void test_failures_half_way(void **state)
{
	static const struct {
		const char *yaml;
		int code;
		const char *message;
	} cases[] = {
		{CONTROL " - text: {text: x}\n - bad: {text: y}\n", -EPROTO,
		 "x.yaml:6:4: bad[y]: never"},
		{CONTROL " - worse: {}\n", -EPERM, "x.yaml:5:4: worse: Operation not permitted"},
		{CONTROL " - text: {text: x}\n - text: {text: [y]}\n", -EINVAL,
		 "x.yaml:6:17: 'text' must be text, not a list"},
		{CONTROL " - text: {text: x}\n - [text]\n", -EINVAL,
		 "x.yaml:6:4: a resource must be one kind with its settings: 'file: {...}'"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(control_clear) struct control c = {0};
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(load(cases[i].yaml, &c, &err), cases[i].code);
		assert_string_equal(error_text(&err), cases[i].message);
	}
}

static void test_clear(void **state)
{
	struct control c = {0};

	assert_int_equal(load(CONTROL " - text: {text: x}\n", &c, NULL), 0);
	control_clear(&c);
	assert_null(c.id);
	assert_int_equal(c.nresources, 0);
	control_clear(&c);
	control_clear(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_failures_half_way),
		cmocka_unit_test(test_clear),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
