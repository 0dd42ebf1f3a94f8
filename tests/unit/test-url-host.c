#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/url-host.h"

/* Each way of writing one; dockerd's hosts in the last column. */
static const struct {
	const char *url;
	const char *scheme, *host, *port; /* NULL: none */
	const char *api;
} rows[] = {
	{"tcp://h:1", "tcp", "h", "1", "h:1"},
	{"h:1", NULL, "h", "1", "h:1"},
	{"h", NULL, "h", NULL, "h:2375"},
	{":1", NULL, "", "1", "127.0.0.1:1"},
	{"", NULL, "", NULL, NULL},
	{"tcp://", "tcp", "", NULL, "127.0.0.1:2375"},
	{"tcp://h:", "tcp", "h", NULL, "h:2375"},
	{"TCP://h:1/", "tcp", "h", "1", "h:1"},
	{"tcp://h:1?a@b", "tcp", "h", "1", "h:1"},
	{"tcp://h:1#@b:2", "tcp", "h", "1", "h:1"},
	{"tcp://h:1/@b:2", "tcp", "h", "1", "h:1"},
	{"tcp://u@h:1", "tcp", "h", "1", "h:1"},
	{"tcp://u:p@h", "tcp", "h", NULL, "h:2375"},
	{"tcp://u:a@b@h:1", "tcp", "h", "1", "h:1"},
	{"tcp://@h:1", "tcp", "h", "1", "h:1"},
	{"tcp://[::1]:1", "tcp", "::1", "1", "[::1]:1"},
	{"tcp://[::1]", "tcp", "::1", NULL, "[::1]:2375"},
	{"tcp://u:p@[::1]:1/x", "tcp", "::1", "1", "[::1]:1"},
	{"[::1]:1", NULL, "::1", "1", "[::1]:1"},
	{"https://u:p@h:8088/services", "https", "h", "8088", NULL},
	{"fd://", "fd", "", NULL, NULL},
	{"unix:///run/d.sock", "unix", "", NULL, NULL},
	{"npipe:////./pipe/d", "npipe", "", NULL, NULL},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(url_host_clear) struct url_host u = {0};
		CLEANUP(freep) char *api = url_host_of_api(rows[i].url);

		url_host_parse(rows[i].url, &u);
		if (strcmp_null(u.scheme, rows[i].scheme) != 0 ||
		    strcmp_null(u.host, rows[i].host) != 0 ||
		    strcmp_null(u.port, rows[i].port) != 0 || strcmp_null(api, rows[i].api) != 0)
			fail_msg("%s: %s %s %s, %s", rows[i].url, u.scheme ? u.scheme : "-", u.host,
				 u.port ? u.port : "-", api ? api : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
