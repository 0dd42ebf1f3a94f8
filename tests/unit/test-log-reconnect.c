#include "tests/test.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/log-reconnect.h"

/* What has to be reached for dockerd to take a container over that runs. */
static const struct {
	const char *driver, *options;
	bool reaches;
	const char *host, *port, *socket; /* NULL: none */
} rows[] = {
	{"json-file", "{\"max-size\":\"1m\"}", false, NULL, NULL, NULL},
	{"local", NULL, false, NULL, NULL, NULL},
	{"journald", NULL, true, NULL, NULL, "/run/systemd/journal/socket"},
	{"none", NULL, false, NULL, NULL, NULL},
	{"syslog", NULL, true, NULL, NULL, "/dev/log"},
	{"syslog", "{\"syslog-address\":\"tcp://127.0.0.1:5514\"}", true, "127.0.0.1", "5514",
	 NULL},
	{"syslog", "{\"syslog-address\":\"tcp+tls://h\"}", true, "h", "514", NULL},
	{"syslog", "{\"syslog-address\":\"unix:///run/l\"}", true, NULL, NULL, "/run/l"},
	{"syslog", "{\"syslog-address\":\"udp://127.0.0.1:5514\"}", false, NULL, NULL, NULL},
	{"syslog", "{\"syslog-address\":\"udp://[::1]:5514\"}", false, NULL, NULL, NULL},
	{"syslog", "{\"syslog-address\":\"udp://localhost\"}", false, NULL, NULL, NULL},
	{"syslog", "{\"syslog-address\":\"udp://logs.example:5514\"}", true, "logs.example", NULL,
	 NULL},
	{"syslog", "{\"syslog-address\":\"quic://h:1\"}", true, NULL, NULL, NULL},
	{"gelf", "{\"gelf-address\":\"udp://10.0.0.1:1\"}", false, NULL, NULL, NULL},
	{"gelf", "{\"gelf-address\":\"udp://logs:1\"}", true, "logs", NULL, NULL},
	{"gelf", "{\"gelf-address\":\"tcp://h:1\"}", true, "h", "1", NULL},
	{"fluentd", NULL, true, "127.0.0.1", "24224", NULL},
	{"fluentd", "{\"fluentd-async\":\"true\"}", false, NULL, NULL, NULL},
	{"fluentd", "{\"fluentd-async\":\"false\"}", true, "127.0.0.1", "24224", NULL},
	{"fluentd", "{\"fluentd-async-connect\":\"1\"}", false, NULL, NULL, NULL},
	{"splunk", "{\"splunk-url\":\"https://h:8088\"}", true, "h", "8088", NULL},
	{"splunk", "{\"splunk-url\":\"https://h\",\"splunk-verify-connection\":\"false\"}", false,
	 NULL, NULL, NULL},
	{"awslogs", NULL, true, NULL, NULL, NULL},
	{"gcplogs", NULL, true, NULL, NULL, NULL},
	{"acme/plugin:1", NULL, true, NULL, NULL, NULL},
};

static void test_reconnects(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(log_endpoint_clear) struct log_endpoint e = {0};
		bool reaches = log_reconnect_find(rows[i].driver, rows[i].options, &e);

		if (reaches != rows[i].reaches || strcmp_null(e.host, rows[i].host) != 0 ||
		    strcmp_null(e.port, rows[i].port) != 0 ||
		    strcmp_null(e.socket, rows[i].socket) != 0)
			fail_msg("%s %s: %s, %s %s %s", rows[i].driver,
				 rows[i].options ? rows[i].options : "", reaches ? "yes" : "no",
				 e.host ? e.host : "-", e.port ? e.port : "-",
				 e.socket ? e.socket : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_reconnects)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
