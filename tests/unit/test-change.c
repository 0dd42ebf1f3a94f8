#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/model/change.h"
#include "tests/subject-text.h"

/* content: the bytes; NULL: the image has none. */
static void add_image(struct change *c, enum node_kind kind, mode_t mode, const char *data,
		      const char *content)
{
	struct image *image = array_append(&c->images, &c->nimages, sizeof(*image));

	image->node.kind = kind;
	image->node.mode = mode;
	image->node.data = xstrdup_null(data);
	if (content)
		buf_puts(&image->content, content);
	image->has_content = content != NULL;
}

static void test_what_is_exchanged(void **state)
{
	static const struct {
		enum node_kind kinds[3];
		const char *data[3], *contents[3];
		bool replaces;
	} rows[] = {
		{{NODE_FILE, NODE_FILE, NODE_FILE}, {"a", "a", "a"}, {0}, false},
		{{NODE_FILE, NODE_FILE, NODE_FILE}, {"a", "a", "b"}, {0}, true},
		{{NODE_FILE, NODE_FILE, NODE_FILE}, {"a", "b", "a"}, {0}, true}, /* only between */
		{{NODE_FILE, NODE_FILE, NODE_FILE}, {"a", NULL, "b"}, {0}, true},
		{{NODE_FILE, NODE_FILE, NODE_FILE}, {0}, {"x", "x", "x"}, false},
		{{NODE_FILE, NODE_FILE, NODE_FILE}, {0}, {"x", "x", "y"}, true},
		{{NODE_FILE, NODE_FILE, NODE_FILE}, {0}, {"x", NULL, NULL}, false},
		{{NODE_FILE, NODE_FILE, NODE_FILE}, {0}, {"", "", "y"}, true},
		{{NODE_ABSENT, NODE_FILE, NODE_FILE}, {0}, {0}, true},
		{{NODE_DIR, NODE_DIR, NODE_DIR}, {0}, {0}, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(change_clear) struct change c = {0};

		for (int k = 0; k < 3; k++) /* another mode each: not a reason to exchange */
			add_image(&c, rows[i].kinds[k], 0600U + (mode_t)k, rows[i].data[k],
				  rows[i].contents[k]);
		assert_int_equal(change_replaces(&c), rows[i].replaces);
	}
}

static void test_images_are_equal(void **state)
{
	CLEANUP(change_clear) struct change c = {0};

	add_image(&c, NODE_FILE, 0644, NULL, "x");
	add_image(&c, NODE_FILE, 0644, NULL, "y");
	add_image(&c, NODE_FILE, 0644, NULL, NULL);
	add_image(&c, NODE_FILE, 0600, NULL, "x");
	assert_true(image_equal(&c.images[0], &c.images[0]));
	assert_false(image_equal(&c.images[0], &c.images[1]));
	assert_true(image_equal(&c.images[0], &c.images[2])); /* one of them has no bytes */
	assert_false(image_equal(&c.images[0], &c.images[3]));
}

static void test_copy_shares_nothing(void **state)
{
	CLEANUP(change_clear) struct change c = {0};
	CLEANUP(image_clear) struct image copy = {0};

	add_image(&c, NODE_FILE, 0644, "d", "bytes");
	add_image(&c, NODE_FILE, 0600, NULL, NULL);
	image_copy(&copy, &c.images[0]);
	assert_true(image_equal(&copy, &c.images[0]));
	assert_true(copy.has_content);
	assert_ptr_not_equal(copy.content.data, c.images[0].content.data);
	image_copy(&copy, &copy);
	assert_string_equal(buf_str(&copy.content), "bytes");
	image_copy(&copy, &c.images[1]);
	assert_false(copy.has_content);
	assert_int_equal(copy.content.len, 0);
	assert_null(copy.node.data);
}

static void test_clear_of_nothing(void **state)
{
	struct change c = {0};

	change_clear(&c);
	change_clear(NULL);
	image_clear(NULL);
	assert_null(c.images);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_exchanged),
		cmocka_unit_test(test_images_are_equal),
		cmocka_unit_test(test_copy_shares_nothing),
		cmocka_unit_test(test_clear_of_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
