#include "tests/test.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/model/module.h"

/* What is not owned stands between what is, with bits that are no good pointer. */
struct wanted {
	long number;
	char *path;
	bool on;
	struct strv names;
	int choice;
	char *value;
	long mode;
	char *unset;
	struct strv none;
};

static const struct field fields[] = {
	{"path", FIELD_STRING, offsetof(struct wanted, path), .required = true},
	{"names", FIELD_STRING_LIST, offsetof(struct wanted, names)},
	{"on", FIELD_BOOL, offsetof(struct wanted, on)},
	{"number", FIELD_INT, offsetof(struct wanted, number)},
	{"mode", FIELD_MODE, offsetof(struct wanted, mode)},
	{"value", FIELD_JSON, offsetof(struct wanted, value)},
	{"choice", FIELD_ENUM, offsetof(struct wanted, choice)},
	{"unset", FIELD_STRING, offsetof(struct wanted, unset)},
	{"none", FIELD_STRING_LIST, offsetof(struct wanted, none)},
	{0},
};

static const struct module thing = {
	.name = "thing", .desired_size = sizeof(struct wanted), .fields = fields};
static const struct module other = {.name = "other"};
static const struct module *const table[] = {&thing, &other, NULL};

/* What is released, and that nothing else is, the address sanitizer says. */
static void test_free_desired_of_all_field_types(void **state)
{
	struct wanted *w = xcalloc(1, thing.desired_size);

	w->number = -1;
	w->path = xstrdup("/etc/docker");
	w->on = true;
	strv_add(&w->names, "a");
	strv_add(&w->names, "b");
	w->choice = -1;
	w->value = xstrdup("{\"a\":1}");
	w->mode = 0644;
	assert_null(w->unset);
	module_free_desired(&thing, w);
}

static void test_free_desired_of_nothing(void **state)
{
	struct wanted *w = xcalloc(1, thing.desired_size);

	assert_non_null(w);
	module_free_desired(&thing, w);
	module_free_desired(&thing, NULL);
}

static void test_find(void **state)
{
	static const struct module *const none[] = {NULL};

	assert_ptr_equal(module_find(table, "thing"), &thing);
	assert_ptr_equal(module_find(table, "other"), &other);
	assert_null(module_find(table, "thin"));
	assert_null(module_find(none, "thing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_free_desired_of_all_field_types),
		cmocka_unit_test(test_free_desired_of_nothing),
		cmocka_unit_test(test_find),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
