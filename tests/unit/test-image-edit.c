#include "tests/test.h"

#include <errno.h>
#include <string.h>

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

/*
 * A file that ends with the bytes that it has is the file that it was, also by way of others: who puts it back
 * puts its time back. What dockerd's file says of live-restore by itself is such a case, where that is borrowed.
 */
static void test_time_goes_with_content(void **state)
{
	static const struct {
		const char *was, *edits[2], *is;
		time_t time;
	} rows[] = {
		{"{\"live-restore\": false}", {"false"}, "{\"live-restore\": false}", 77},
		{"{\"live-restore\": false}", {"true"}, "{\"live-restore\": true}", 0},
		{"{\"live-restore\": false}", {"true", "false"}, "{\"live-restore\": false}", 0},
		{"{}", {"false"}, "{\"live-restore\": false}", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};
		struct image image = {.node.kind = NODE_FILE};

		image_set_content(&image, rows[i].was, strlen(rows[i].was));
		image.node.mtime.tv_sec = 77;
		for (size_t k = 0; k < 2 && rows[i].edits[k]; k++) {
			CLEANUP(edits_clear) struct edits edits = {0};
			const struct edit *e = edits_add(&edits, NULL, "/f",
							 subject_of(SCHEME_JSON, "/live-restore"),
							 NULL, rows[i].edits[k]);

			assert_int_equal(image_apply_edit(&image, e, &err), 0);
		}
		assert_string_equal(buf_str(&image.content), rows[i].is);
		if (image.node.mtime.tv_sec != rows[i].time)
			fail_msg("row %zu: %ld", i, (long)image.node.mtime.tv_sec);
		image_clear(&image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_goes_with_content),
		cmocka_unit_test(test_an_edit_that_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
