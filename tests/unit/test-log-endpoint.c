#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/log-endpoint.h"

/* What has to answer for a container to start. */
static const struct {
	const char *driver, *options;
	const char *host, *port, *socket; /* NULL: none */
} rows[] = {
	{"json-file", NULL, NULL, NULL, NULL},
	{"acme/plugin", "{\"syslog-address\":\"tcp://h:1\"}", NULL, NULL, NULL},
	{"fluentd", NULL, "127.0.0.1", "24224", NULL},
	{"fluentd", "{\"fluentd-address\":\"logs\"}", "logs", "24224", NULL},
	{"fluentd", "{\"fluentd-address\":\"tls://logs:1\"}", "logs", "1", NULL},
	{"fluentd", "{\"fluentd-address\":\"tcp://[::1]:1\"}", "::1", "1", NULL},
	{"fluentd", "{\"fluentd-address\":\"tcp://[::1]\"}", "::1", "24224", NULL},
	{"fluentd", "{\"fluentd-address\":\"unix:///run/fl.sock\"}", NULL, NULL, "/run/fl.sock"},
	{"fluentd", "{\"fluentd-async\":\"true\"}", NULL, NULL, NULL},
	{"fluentd", "{\"fluentd-async-connect\":\"1\"}", NULL, NULL, NULL},
	{"fluentd", "{\"fluentd-async\":\"false\"}", "127.0.0.1", "24224", NULL},
	{"gelf", "{\"gelf-address\":\"udp://h:1\"}", NULL, NULL, NULL},
	{"gelf", "{\"gelf-address\":\"tcp://h:1\"}", "h", "1", NULL},
	{"syslog", NULL, NULL, NULL, NULL},
	{"syslog", "{\"syslog-address\":\"udp://h:1\"}", NULL, NULL, NULL},
	{"syslog", "{\"syslog-address\":\"tcp://h\"}", "h", "514", NULL},
	{"syslog", "{\"syslog-address\":\"tcp+tls://h:6514\"}", "h", "6514", NULL},
	{"syslog", "{\"syslog-address\":\"unixgram:///dev/log2\"}", NULL, NULL, "/dev/log2"},
	{"splunk", "{\"splunk-url\":\"https://h/services\"}", "h", "443", NULL},
	{"splunk", "{\"splunk-url\":\"http://h:8088\"}", "h", "8088", NULL},
	/* Whoever it is that connects, it is to what stands behind the last "@". */
	{"splunk", "{\"splunk-url\":\"https://u:p@127.0.0.1:8088\"}", "127.0.0.1", "8088", NULL},
	{"splunk", "{\"splunk-url\":\"https://u@localhost/\"}", "localhost", "443", NULL},
	{"splunk", "{\"splunk-url\":\"HTTPS://u:p@[::1]\"}", "::1", "443", NULL},
	{"splunk", "{\"splunk-url\":\"http://u:a@b@h?q\"}", "h", "80", NULL},
	{"syslog", "{\"syslog-address\":\"tcp://u@127.0.0.1:5514\"}", "127.0.0.1", "5514", NULL},
	{"syslog", "{\"syslog-address\":\"TCP+TLS://u:p@[::1]:1/\"}", "::1", "1", NULL},
	{"gelf", "{\"gelf-address\":\"TCP://u:p@h:1\"}", "h", "1", NULL},
	{"fluentd", "{\"fluentd-address\":\"u:p@h\"}", "h", "24224", NULL},
	{"fluentd", "{\"fluentd-address\":\"tcp://u:p@:1\"}", "localhost", "1", NULL},
	{"splunk", "{\"splunk-url\":\"http://h\",\"splunk-verify-connection\":\"false\"}", NULL,
	 NULL, NULL},
};

static void test_endpoints(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(log_endpoint_clear) struct log_endpoint e = {0};

		log_endpoint_find(rows[i].driver, rows[i].options, &e);
		if (strcmp_null(e.host, rows[i].host) != 0 ||
		    strcmp_null(e.port, rows[i].port) != 0 ||
		    strcmp_null(e.socket, rows[i].socket) != 0)
			fail_msg("%s %s: %s %s %s", rows[i].driver,
				 rows[i].options ? rows[i].options : "", e.host ? e.host : "-",
				 e.port ? e.port : "-", e.socket ? e.socket : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_endpoints)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
