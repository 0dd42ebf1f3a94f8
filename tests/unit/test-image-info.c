#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/image-info.h"

static const char list[] =
	"[{\"Id\":\"sha256:1\",\"RepoTags\":[\"web:1\",\"web:latest\"],\"Size\":5},"
	"{\"Id\":\"sha256:2\",\"RepoTags\":null,\"Size\":6},"
	"{\"Id\":\"sha256:3\",\"RepoTags\":[\"<none>:<none>\"],\"Size\":7}]";
static const char inspect[] =
	"{\"Os\":\"linux\",\"Architecture\":\"arm64\",\"Config\":{\"Env\":[\"A=b\"],"
	"\"Labels\":{\"l\":\"m\"},\"Cmd\":[\"nginx\",\"-g\",\"daemon off;\"],"
	"\"Healthcheck\":{\"Test\":[\"NONE\"]}},\"GraphDriver\":{\"Name\":\"overlay2\","
	"\"Data\":{\"LowerDir\":\"/o/c/diff:/o/b/diff\",\"UpperDir\":\"/o/d/diff\"}}}";
static const char other_driver[] =
	"{\"Os\":\"linux\",\"Architecture\":\"amd64\",\"Config\":{\"Healthcheck\":{\"Test\":[]}},"
	"\"GraphDriver\":{\"Name\":\"btrfs\",\"Data\":null}}";
static const char history[] =
	"[{\"Created\":2,\"CreatedBy\":\"CMD x\",\"Comment\":\"buildkit\",\"Size\":0},"
	"{\"Created\":1,\"CreatedBy\":\"\",\"Comment\":\"Imported from -\",\"Size\":9}]";

static struct buf text(const char *s)
{
	struct buf b = {0};

	buf_puts(&b, s);
	return b;
}

static void test_list(void **state)
{
	CLEANUP(docker_images_clear) struct docker_images images = {0};
	CLEANUP(buf_clear) struct buf body = text(list), bad = text("{}");
	CLEANUP(freep) char *name = NULL;

	assert_int_equal(image_info_read_list(&body, &images, NULL), 0);
	assert_int_equal(images.count, 3);
	assert_int_equal(images.items[0].tags.count, 2);
	assert_int_equal(images.items[1].tags.count, 0);
	assert_int_equal(images.items[2].tags.count, 0);
	assert_int_equal(images.items[2].size, 7);
	name = docker_image_name(&images.items[2]);
	assert_string_equal(name, "3");
	assert_int_equal(image_info_read_list(&bad, &images, NULL), -EINVAL);
}

static void test_inspect(void **state)
{
	CLEANUP(docker_images_clear) struct docker_images images = {0};
	CLEANUP(buf_clear) struct buf body = text(inspect), other = text(other_driver);
	CLEANUP(freep) char *layers = NULL;
	struct docker_image *image = docker_images_add(&images);

	assert_int_equal(image_info_read(&body, image, NULL), 0);
	assert_string_equal(image->platform, "linux/arm64");
	assert_string_equal(image->health, "NONE");
	assert_string_equal(image->command, "nginx -g daemon off;");
	assert_true(strv_contains(&image->env, "A=b"));
	assert_true(strv_contains(&image->labels, "l=m"));
	layers = strv_join(&image->layers, " ");
	assert_string_equal(layers, "/o/b/diff /o/c/diff /o/d/diff");
	image = docker_images_add(&images);
	assert_int_equal(image_info_read(&other, image, NULL), 0);
	assert_null(image->health);
	assert_null(image->command);
	assert_int_equal(image->layers.count, 0);
}

static void test_history(void **state)
{
	CLEANUP(docker_images_clear) struct docker_images images = {0};
	CLEANUP(buf_clear) struct buf body = text(history);
	struct docker_image *image = docker_images_add(&images);

	assert_int_equal(image_info_read_history(&body, image, NULL), 0);
	assert_int_equal(image->nsteps, 2);
	assert_string_equal(image->steps[0].comment, "Imported from -");
	assert_string_equal(image->steps[1].command, "CMD x");
	assert_int_equal(image->steps[0].size, 9);
	assert_null(image->not_measured);
}

/* No host's memory is for an image that somebody made to fill it. */
static void test_bound(void **state)
{
	CLEANUP(docker_images_clear) struct docker_images images = {0};
	CLEANUP(buf_clear) struct buf body = text("[{\"CreatedBy\":\"");
	struct docker_image *image = docker_images_add(&images);

	for (size_t i = 0; i < IMAGE_MAX_TEXT; i++)
		buf_putc(&body, 'x');
	buf_puts(&body, "y\"}]");
	assert_int_equal(image_info_read_history(&body, image, NULL), 0);
	assert_int_equal(image->nsteps, 0);
	assert_non_null(image->not_measured);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_inspect),
		cmocka_unit_test(test_history),
		cmocka_unit_test(test_bound),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
