#include "tests/test.h"

#include <errno.h>

#include "engine/plan/image.h"

/* Who reads the error finds the path and the control in it, not in its words. */
static void test_an_edit_that_fails(void **state)
{
	CLEANUP(edits_clear) struct edits edits = {0};
	CLEANUP(error_clear) struct error err = {0};
	struct image image = {.node.kind = NODE_FILE};

	edits_add(&edits, "a.b", "/etc/x", subject_path(SCHEME_MODE), NULL, "rw");
	assert_int_equal(image_apply_edit(&image, &edits.items[0], &err), -EINVAL);
	assert_string_equal(err.text, "cannot change '/etc/x': not a mode: 'rw'");
	assert_string_equal(err.path, "/etc/x");
	assert_string_equal(err.control, "a.b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_edit_that_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
