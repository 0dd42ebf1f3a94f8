/* What more containers cost in requests to dockerd: one each, and a few whatever their number. */

#include "tests/test.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"

static size_t running, requests;

int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret,
			  struct error *err);
int __wrap_engine_api_get_many(struct engine_api *api, const struct engine_api_batch *batch,
			       struct error *err);

/* Each path has a number as its id, in as many digits as dockerd's have. */
int __wrap_engine_api_get(struct engine_api *api, const char *path, struct buf *ret,
			  struct error *err)
{
	requests++;
	if (!starts_with(path, "/containers/json"))
		return error_set(err, -ENOENT, "there is none");
	buf_puts(ret, "[");
	for (size_t i = 0; i < running; i++)
		buf_printf(ret, "%s{\"Id\":\"%064zx\"}", i ? "," : "", i);
	buf_puts(ret, "]");
	return 0;
}

int __wrap_engine_api_get_many(struct engine_api *api, const struct engine_api_batch *batch,
			       struct error *err)
{
	requests += batch->count;
	for (size_t i = 0; i < batch->count; i++) {
		CLEANUP(freep) char *path = batch->path(batch->data, i);
		CLEANUP(buf_clear) struct buf body = {0};

		buf_printf(&body, "{\"Id\":\"%.64s\",\"Name\":\"/c%zu\",\"State\":{}}",
			   path + strlen("/containers/"), i);
		batch->answer(batch->data, i, &body, NULL);
	}
	return 0;
}

static size_t requests_for(size_t n)
{
	CLEANUP(facts_clear) struct facts facts = {.parts = FACTS_CONTAINERS};
	char no_daemon;
	struct root root;
	struct gather g = {.facts = &facts, .root = &root, .api = (struct engine_api *)&no_daemon};

	assert_int_equal(root_open(&root, "/", NULL), 0);
	running = n;
	requests = 0;
	gather_containers(&g);
	assert_null(facts.docker.not_measured);
	assert_int_equal(facts.docker.containers.nseen, n);
	plugin_things_clear(&g.plugin_volumes);
	root_close(&root);
	return requests;
}

static void test_one_each(void **state)
{
	size_t none = requests_for(0);

	assert_true(none <= 5);
	for (size_t n = 1; n <= 1000; n *= 10)
		assert_int_equal(requests_for(n), none + n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_each)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
