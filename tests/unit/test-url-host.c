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
	{"0.0.0.0:2375 ", NULL, "0.0.0.0", "2375 ", "0.0.0.0:2375"},
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

/* dockerd takes blanks off (opts/hosts.go); what is neither of TCP nor local is not known. */
static void test_entries_of_dockerd(void **state)
{
	static const struct {
		const char *entry, *api; /* NULL: not of TCP */
		bool local;
	} entries[] = {
		{" tcp://0.0.0.0:2375", "0.0.0.0:2375", false},
		{"\ttcp://0.0.0.0:2375\n", "0.0.0.0:2375", false},
		{"  0.0.0.0:2375", "0.0.0.0:2375", false},
		{" unix:///run/d.sock", NULL, true},
		{" fd:// ", NULL, true},
		{"fd://docker.socket", NULL, true},
		{"  ", NULL, true},
		{"", NULL, true},
		{"npipe://", NULL, true},
		{"UNIX:///run/d.sock", NULL, false},
		{"http://0.0.0.0:2375", NULL, false},
		{"vsock://2:1", NULL, false},
		{"\xc2\xa0tcp://0.0.0.0", NULL, false}, /* a blank to dockerd */
		{"\xc2\xa0"
		 "0.0.0.0:1",
		 "\xc2\xa0"
		 "0.0.0.0:1",
		 false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		CLEANUP(freep) char *api = url_host_of_api(entries[i].entry);

		if (strcmp_null(api, entries[i].api) != 0 ||
		    url_host_is_local(entries[i].entry) != entries[i].local)
			fail_msg("'%s': %s", entries[i].entry, api ? api : "not of TCP");
	}
}

static void test_lists(void **state)
{
	static const struct {
		const char *json, *want;
	} lists[] = {
		{"[\" tcp://a \", \"fd://\", 3]", "tcp://a,fd://"},
		{"\" tcp://a\"", "tcp://a"},
		{"[]", ""},
		{"{", ""},
		{NULL, ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		CLEANUP(strv_clear) struct strv all = {0};
		CLEANUP(freep) char *text = NULL;

		url_hosts_read(lists[i].json, &all);
		text = strv_join(&all, ",");
		assert_string_equal(text, lists[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows),
					   cmocka_unit_test(test_entries_of_dockerd),
					   cmocka_unit_test(test_lists)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
