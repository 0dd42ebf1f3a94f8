#include "tests/subject-text.h"
#include "tests/unit/stub-server.h"

#include "engine/effect/docker-confirm.h"

#define SECRET "S3CR3T4711"

static void test_values(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"true", "true", true},
		{"true", "false", false},
		{"true", NULL, false},
		{NULL, NULL, true},
		{"[]", NULL, true},
		{"\"\"", NULL, true},
		{"null", NULL, true},
		{"false", NULL, false},
		{"[\"a\",\"b\"]", "[\"b\", \"a\"]", true},
		{"[\"a\",\"b\"]", "[\"b\"]", false},
		{"[\"a\",\"a\"]", "[\"b\",\"a\"]", false},
		{"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
		{"\"x\"", "\"y\"", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(docker_value_same(rows[i].a, rows[i].b), rows[i].same);
		assert_int_equal(docker_value_same(rows[i].b, rows[i].a), rows[i].same);
	}
}

static const struct stub_reply replies[] = {
	{"/info", 200, "{\"LiveRestoreEnabled\":true,\"ServerVersion\":\"20.10.24\"}", 0},
	{"/networks/bridge", 200,
	 "{\"Options\":{\"com.docker.network.bridge.enable_icc\":\"true\"}}", 0},
	{"/events", 200,
	 "{\"Action\":\"reload\",\"Actor\":{\"Attributes\":{\"max-concurrent-downloads\":\"3\"}}}\n"
	 "{\"Action\":\"reload\",\"Actor\":{\"Attributes\":{\"max-concurrent-downloads\":\"7\","
	 "\"labels\":\"[\\\"a=b\\\"]\",\"live-restore\":\"true\"}}}\n",
	 0},
	{"/_ping", 200, "OK", 0},
	{NULL, 0, NULL, 0, NULL},
};

/* One effect "docker:KEY" -> value. */
static int with_effect(struct engine_api *api, bool event, const char *key, const char *after,
		       const char *pending, struct error *err)
{
	struct effects effects = {0};
	CLEANUP(freep) char *subject = xasprintf("docker:%s", key);
	struct effect *e =
		effects_add(&effects, "c", HANDLER_DOCKER_RELOAD, subj(subject), NULL, after);
	int r;

	str_replace(&e->pending, pending);
	r = event ? docker_reload_event(api, 1, &effects, err) : docker_confirm(api, &effects, err);
	effects_clear(&effects);
	return r;
}

static void test_confirm(void **state)
{
	static const struct {
		bool event;
		const char *key, *after, *pending;
		int want;
	} rows[] = {
		{false, "live-restore", "true", NULL, 1},
		{false, "live-restore", "false", NULL, 0},
		{false, "live-restore", NULL, NULL, 0}, /* its default is false */
		{false, "icc", "false", NULL, 0},
		{false, "icc", "false", "containers run", 1},
		{false, "userland-proxy", "false", NULL, 1}, /* not told by the API */
		{true, "max-concurrent-downloads", "7", NULL, 1}, /* the last event counts */
		{true, "max-concurrent-downloads", "3", NULL, -EIO},
		{true, "labels", "[\"a=b\"]", NULL, 1},
		{true, "labels", "[\"token=" SECRET "\"]", NULL, -EIO},
		{true, "live-restore", "true", NULL, 1},
		{true, "live-restore", "false", NULL, -EIO},
	};
	struct stub_server s = stub_start(*state, replies);
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;

	assert_int_equal(engine_api_open(&api, s.socket, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(with_effect(api, rows[i].event, rows[i].key, rows[i].after,
					     rows[i].pending, &err),
				 rows[i].want);
		assert_int_equal(err.text != NULL, rows[i].want <= 0);
		assert_null(err.text ? strstr(err.text, SECRET) : NULL);
	}
	assert_int_equal(docker_wait_ping(api, 100, NULL, NULL), 0);
	stub_stop(&s);
}

static void test_no_event_yet(void **state)
{
	static const struct stub_reply quiet[] = {{"/events", 200, "", 0}, {NULL, 0, NULL, 0}};
	struct stub_server s = stub_start(*state, quiet);
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(engine_api_open(&api, s.socket, NULL), 0);
	assert_int_equal(with_effect(api, true, "debug", "true", NULL, &err), 0);
	assert_null(err.text);
	assert_int_equal(docker_wait_ping(api, 150, NULL, &err), -ENOENT);
	assert_non_null(err.text);
	stub_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		TEMP_DIRECTORY_TEST(test_confirm),
		TEMP_DIRECTORY_TEST(test_no_event_yet),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
