#include "engine/base/str.h"
#include "tests/unit/stub-server.h"

#include "engine/base/clock.h"
#include "engine/host/ask/engine-api-impl.h"

/*
 * Replies that no dockerd sends: cut off, malformed, endless, and some that never come. Each ends
 * in an error of its own, and the client goes on working.
 */

#define OK "HTTP/1.1 200 OK\r\n"

/* Until the client has had enough. */
static void repeat(int fd, const char *text, size_t n)
{
	while (write(fd, text, n) > 0)
		;
}

static void write_endless_body(int fd)
{
	static const char zeros[1 << 16];

	dprintf(fd, OK "\r\n");
	repeat(fd, zeros, sizeof(zeros));
}

static void write_endless_chunks(int fd)
{
	static char chunk[8 + (1 << 16) + 3] = "10000\r\n";

	memcpy(chunk + 7 + (1 << 16), "\r\n", 2);
	dprintf(fd, OK "Transfer-Encoding: chunked\r\n\r\n");
	repeat(fd, chunk, 7 + (1 << 16) + 2);
}

static void write_endless_header(int fd)
{
	dprintf(fd, OK "X: ");
	repeat(fd, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 32);
}

static void write_endless_headers(int fd)
{
	static const char lines[] = "X-One: 1111111111111111111111\r\nX-Two: 22222222222222222\r\n";

	dprintf(fd, OK);
	repeat(fd, lines, sizeof(lines) - 1);
}

static void write_endless_continue(int fd)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	for (int i = 0; i < 1000; i++)
		if (write(fd, text, sizeof(text) - 1) < 0)
			return;
}

static void write_nothing_yet(int fd)
{
	pause();
}

static void write_half_a_header(int fd)
{
	dprintf(fd, OK "Content-Le");
	pause();
}

static void write_drop_by_drop(int fd)
{
	dprintf(fd, OK "Content-Length: 1000000\r\n\r\n");
	while (write(fd, "x", 1) == 1)
		usleep(1000);
}

static void write_nul_bytes(int fd)
{
	static const char text[] = OK "Content-Length: 4\r\n\r\n{\0\0}";

	if (write(fd, text, sizeof(text) - 1) < 0)
		return;
}

#define RAW(path_, text)                                                                           \
	{                                                                                          \
		.path = (path_), .body = (text)                                                    \
	}
#define BY(path_, fn)                                                                              \
	{                                                                                          \
		.path = (path_), .write = (fn)                                                     \
	}

static const struct stub_reply rows[] = {
	{.path = "/info", .status = 200, .body = "{}"},
	RAW("/closes", ""),
	RAW("/status", "HTTP/1.1"),
	RAW("/no-number", "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"),
	RAW("/huge-number", "HTTP/1.1 99999999999 OK\r\nContent-Length: 0\r\n\r\n"),
	RAW("/old", "{\"Driver\":\"overlay2\"}"),
	RAW("/header-cut", OK "Content-Length: 2\r\nX"),
	RAW("/length", OK "Content-Length: -5\r\n\r\n{}"),
	RAW("/length-word", OK "Content-Length: many\r\n\r\n{}"),
	RAW("/length-huge", OK "Content-Length: 99999999999999999999999\r\n\r\n{}"),
	RAW("/length-cut", OK "Content-Length: 100\r\n\r\n{}"),
	RAW("/chunk", OK "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
	RAW("/chunk-huge", OK "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n"),
	RAW("/chunk-cut", OK "Transfer-Encoding: chunked\r\n\r\n10\r\n{}"),
	RAW("/chunk-no-end", OK "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
	BY("/endless-body", write_endless_body),
	BY("/endless-chunks", write_endless_chunks),
	BY("/endless-header", write_endless_header),
	BY("/endless-headers", write_endless_headers),
	BY("/endless-continue", write_endless_continue),
	BY("/nul", write_nul_bytes),
	/* from here on only time ends it */
	BY("/slow", write_nothing_yet),
	BY("/slow-header", write_half_a_header),
	BY("/slow-body", write_drop_by_drop),
	{NULL, 0, NULL, 0, NULL},
};

#define NSLOW 3
#define NPROMPT (ARRAY_SIZE(rows) - 1 - NSLOW)

static struct engine_api *open_client(const char *socket, bool patient)
{
	struct engine_api *api = NULL;

	assert_int_equal(engine_api_open(&api, socket, NULL), 0); /* binds libcurl */
	if (patient)
		return api;
	engine_api_free(api);
	assert_int_equal(engine_api_open(&api, socket, NULL), 0);
	engine_api_hurry(api, 700);
	return api;
}

/* What a row's name says of how it must end; 0: any error, 1: well. */
static int wanted(const char *path)
{
	if (strcmp(path, "/info") == 0 || strcmp(path, "/nul") == 0)
		return 1;
	if (strcmp(path, "/length-huge") == 0)
		return 1; /* no number: libcurl reads to the end of the connection */
	if (strcmp(path, "/endless-body") == 0 || strcmp(path, "/endless-chunks") == 0)
		return -EFBIG;
	return starts_with(path, "/slow") ? -ETIMEDOUT : 0;
}

static void check_answer(const char *path, int r, const struct error *err)
{
	int want = wanted(path);

	if (want == -EFBIG && r == -ETIMEDOUT)
		return; /* on a slow machine the other bound is met first */
	if (want == 1 ? r != 0 : r >= 0 || !err->text || (want && r != want))
		fail_msg("%s: %d (%s)", path, r, err && err->text ? err->text : "no message");
}

static void ask(struct engine_api *api, const char *path, struct buf *body)
{
	CLEANUP(error_clear) struct error err = {0};

	check_answer(path, engine_api_get(api, path, body, &err), &err);
}

static void test_one_by_one(void **state)
{
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(engine_api_freep) struct engine_api *api = open_client(s.socket, true);
	CLEANUP(buf_clear) struct buf body = {0};

	for (size_t i = 0; i < NPROMPT; i++) {
		ask(api, rows[i].path, &body);
		ask(api, "/info", &body); /* goes on as before */
		assert_string_equal(buf_str(&body), "{}");
	}
	ask(api, "/nul", &body);
	assert_int_equal(body.len, 4);
	stub_stop(&s);
}

static char *path_of(void *data, size_t index)
{
	return xstrdup(rows[index].path);
}

static void test_slow(void **state)
{
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(buf_clear) struct buf body = {0};

	for (size_t i = 0; i < NSLOW; i++) {
		CLEANUP(engine_api_freep)
		struct engine_api *api = open_client(s.socket, false);

		ask(api, rows[NPROMPT + i].path, &body);
	}
	stub_stop(&s);
}

/* Until it has answered once, a dockerd has as long as it is given; the message says how long. */
static void test_hurried(void **state)
{
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(engine_api_freep) struct engine_api *api = open_client(s.socket, true);
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf body = {0};
	double start = clock_ms();

	engine_api_hurry(api, 700);
	assert_int_equal(engine_api_get(api, "/slow", &body, &err), -ETIMEDOUT);
	assert_string_equal(strstr(err.text, "did not"), "did not answer within 1 s");
	assert_int_equal(engine_api_get(api, "/info", &body, NULL), -ETIMEDOUT);
	assert_true(clock_ms() - start < 5000);
	stub_stop(&s);
}

/* One that has answered is not frozen: from then on it has the time that a large host needs. */
static void test_hurried_no_more(void **state)
{
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(engine_api_freep) struct engine_api *api = open_client(s.socket, true);
	CLEANUP(buf_clear) struct buf body = {0};

	engine_api_hurry(api, 700);
	assert_int_equal(engine_api_get(api, "/info", &body, NULL), 0);
	assert_true(api->answered);
	engine_api_hurry(api, 1); /* nothing could be done in that */
	assert_int_equal(engine_api_get(api, "/nul", &body, NULL), 0);
	stub_stop(&s);
}

static void take_silence(void *data, size_t index, const struct buf *body, const struct error *err)
{
	assert_non_null(err);
	assert_int_equal(err->code, -ETIMEDOUT);
	++*(unsigned *)data;
}

/* One that let a request run out of time is frozen: what else there is to ask would wait as long, each. */
static void test_asked_no_more(void **state)
{
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(engine_api_freep) struct engine_api *api = open_client(s.socket, false);
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf body = {0};
	unsigned answers = 0;
	const struct engine_api_batch batch = {NPROMPT, path_of, take_silence, &answers};
	double start;

	ask(api, "/slow", &body);
	start = clock_ms();
	assert_int_equal(engine_api_get(api, "/info", &body, &err), -ETIMEDOUT);
	assert_string_equal(strstr(err.text, "did not"), "did not answer within 1 s");
	assert_int_equal(engine_api_get_many(api, &batch, NULL), 0);
	assert_int_equal(answers, NPROMPT);
	assert_true(clock_ms() - start < 250);
	stub_stop(&s);
}

static void take_answer(void *data, size_t index, const struct buf *body, const struct error *err)
{
	unsigned *answers = data;

	answers[index]++;
	check_answer(rows[index].path, err ? err->code : 0, err);
}

static void test_all_at_once(void **state)
{
	struct stub_server s = stub_start(*state, rows);
	CLEANUP(engine_api_freep) struct engine_api *api = open_client(s.socket, true);
	unsigned answers[NPROMPT] = {0};
	const struct engine_api_batch batch = {NPROMPT, path_of, take_answer, answers};

	assert_int_equal(engine_api_get_many(api, &batch, NULL), 0);
	for (size_t i = 0; i < NPROMPT; i++)
		assert_int_equal(answers[i], 1);
	stub_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEMP_DIRECTORY_TEST(test_one_by_one),    TEMP_DIRECTORY_TEST(test_slow),
		TEMP_DIRECTORY_TEST(test_hurried),       TEMP_DIRECTORY_TEST(test_hurried_no_more),
		TEMP_DIRECTORY_TEST(test_asked_no_more), TEMP_DIRECTORY_TEST(test_all_at_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
