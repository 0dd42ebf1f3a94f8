#include "tests/unit/stub-server.h"

#include "engine/host/ask/engine-api.h"
#include "engine/host/read/proc.h"

static const struct stub_reply rows[] = {
	{"/info", 200, "{\"Driver\":\"overlay2\"}", 0},
	{"/broken", 500, "{\"message\":\"no\"}", 0},
	{"/moved", 302, "", 0},
	{"/short", 200, "half", 100},
	{"/garbage", 0, "this is not HTTP\n", 0},
	{NULL, 0, NULL, 0, NULL},
};

static void test_replies(void **state)
{
	static const struct {
		const char *path;
		int want;
		const char *body;
	} cases[] = {
		{"/info", 0, "{\"Driver\":\"overlay2\"}"},
		{"/missing", -ENOENT, NULL},
		{"/broken", -EIO, NULL},
		{"/moved", -EIO, NULL},
		{"/short", -EIO, NULL},
		{"/garbage", -EIO, NULL},
		{"/info", 0, "{\"Driver\":\"overlay2\"}"},
	};
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(buf_clear) struct buf body = {0};

	assert_int_equal(engine_api_open(&api, s.socket, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(error_clear) struct error err = {0};

		assert_int_equal(engine_api_get(api, cases[i].path, &body, &err), cases[i].want);
		assert_int_equal(err.text != NULL, cases[i].want < 0);
		if (cases[i].body)
			assert_string_equal(buf_str(&body), cases[i].body);
	}
	stub_stop(&s);
}

static void test_only_gets_and_no_proxy(void **state)
{
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(buf_clear) struct buf body = {0}, log = {0};

	setenv("http_proxy", "http://127.0.0.1:9", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:9", 1);
	assert_int_equal(engine_api_open(&api, s.socket, NULL), 0);
	assert_int_equal(engine_api_get(api, "/info?x=1", &body, NULL), 0);
	assert_int_equal(proc_read(s.log, &log, NULL), 0);
	assert_string_equal(buf_str(&log), "GET /info?x=1 HTTP/1.1\n");
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	stub_stop(&s);
}

static void test_nobody_listens(void **state)
{
	const struct temp_directory *t = *state;
	CLEANUP(freep) char *socket = xasprintf("%s/none", t->path);
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(buf_clear) struct buf body = {0};
	CLEANUP(error_clear) struct error err = {0};

	assert_int_equal(engine_api_open(&api, socket, NULL), 0);
	assert_int_equal(engine_api_get(api, "/info", &body, &err), -ENOENT);
	assert_non_null(strstr(error_text(&err), socket));
}

#define MANY 100

struct many {
	int answers[MANY], errors[MANY];
};

/* Every seventh is not there, every 13th is broken. */
static char *many_path(void *data, size_t index)
{
	return xasprintf("%s?%zu",
			 index % 7 == 0    ? "/missing"
			 : index % 13 == 0 ? "/broken"
					   : "/info",
			 index);
}

static void many_answer(void *data, size_t index, const struct buf *body, const struct error *err)
{
	struct many *m = data;

	assert_true(index < MANY);
	m->answers[index]++;
	m->errors[index] = err ? err->code : 0;
	if (!err)
		assert_string_equal(buf_str(body), "{\"Driver\":\"overlay2\"}");
}

static void test_many(void **state)
{
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	CLEANUP(buf_clear) struct buf body = {0};

	assert_int_equal(engine_api_open(&api, s.socket, NULL), 0);
	for (int round = 0; round < 2; round++) {
		struct many m = {0};
		const struct engine_api_batch batch = {MANY, many_path, many_answer, &m};

		assert_int_equal(engine_api_get_many(api, &batch, NULL), 0);
		for (size_t i = 0; i < MANY; i++) {
			assert_int_equal(m.answers[i], 1);
			assert_int_equal(m.errors[i], i % 7 == 0    ? -ENOENT
						      : i % 13 == 0 ? -EIO
								    : 0);
		}
	}
	assert_int_equal(engine_api_get(api, "/info", &body, NULL), 0); /* goes on as before */
	stub_stop(&s);
}

static void test_few_and_none(void **state)
{
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(engine_api_freep) struct engine_api *api = NULL;
	struct many m = {0};
	struct engine_api_batch batch = {0, many_path, many_answer, &m};

	assert_int_equal(engine_api_open(&api, s.socket, NULL), 0);
	assert_int_equal(engine_api_get_many(api, &batch, NULL), 0);
	assert_int_equal(m.answers[0], 0);
	batch.count = 2;
	assert_int_equal(engine_api_get_many(api, &batch, NULL), 0);
	assert_true(m.answers[0] == 1 && m.answers[1] == 1 && m.answers[2] == 0);
	stub_stop(&s);
	assert_int_equal(engine_api_get_many(api, &batch, NULL), 0); /* each says that it failed */
	assert_true(m.answers[1] == 2 && m.errors[1] < 0);
}

/* How often it was asked, and from which question on it says no. */
struct guard {
	int asked, refuses_from;
};

static int may_connect(void *data, struct error *err)
{
	struct guard *g = data;

	return ++g->asked >= g->refuses_from ? error_set(err, -EPERM, "the guard refuses") : 0;
}

/* Once a connection; who is refused one never connects, and is told why, however often he asks. */
static void test_guard(void **state)
{
	for (int refuses = 1; refuses <= 2; refuses++) {
		struct stub_server s = stub_start(*state, rows);
		struct guard g = {.refuses_from = refuses};
		CLEANUP(engine_api_freep) struct engine_api *api = NULL;
		CLEANUP(buf_clear) struct buf body = {0}, log = {0};

		assert_int_equal(engine_api_open(&api, s.socket, NULL), 0);
		engine_api_guard(api, may_connect, &g);
		for (int i = 0; i < 2; i++) {
			CLEANUP(error_clear) struct error err = {0};

			assert_int_equal(engine_api_get(api, "/info", &body, &err),
					 refuses == 1 ? -EPERM : 0);
			if (refuses == 1)
				assert_string_equal(error_text(&err),
						    "GET /info: the guard refuses");
		}
		assert_int_equal(g.asked, refuses == 1 ? 2 : 1);
		proc_read(s.log, &log, NULL);
		assert_int_equal(log.len > 0, refuses == 2);
		stub_stop(&s); /* the next question needs another connection */
		assert_int_equal(engine_api_get(api, "/info", &body, NULL), -EPERM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_guard),
		TEMP_DIRECTORY_TEST(test_replies),
		TEMP_DIRECTORY_TEST(test_only_gets_and_no_proxy),
		TEMP_DIRECTORY_TEST(test_nobody_listens),
		TEMP_DIRECTORY_TEST(test_many),
		TEMP_DIRECTORY_TEST(test_few_and_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
