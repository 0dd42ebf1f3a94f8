#include "tests/test.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/log-values.h"

/* As 20.10.24 and 28.5.2 answered to 'docker run --log-driver DRIVER --log-opt ...'. */
static const struct {
	const char *driver, *options; /* "NAME=VALUE|..." */
	bool starts;
} rows[] = {
	{"json-file", "max-size=10x", false},
	{"json-file", "max-size=0", false},
	{"json-file", "max-size=-1", false},
	{"json-file", "max-size=1.5m", true},
	{"json-file", "max-size=10 m", true},
	{"json-file", "max-size=10mib", true},
	{"json-file", "max-size=", false},
	{"json-file", "max-size=10kb", true},
	{"json-file", "max-file=0", false},
	{"json-file", "max-file=2|max-size=1m", true},
	{"json-file", "max-file=2", true},
	{"json-file", "max-file=1", true},
	{"json-file", "max-file=+2", true},
	{"json-file", "max-file=x", false},
	{"json-file", "max-file=", false},
	{"json-file", "compress=yes", false},
	{"json-file", "compress=T|max-size=1m|max-file=2", true},
	{"json-file", "compress=true", false},
	{"json-file", "compress=true|max-file=2", false},
	{"json-file", "compress=", false},
	{"json-file", "mode=foo", false},
	{"json-file", "mode=", true},
	{"json-file", "max-buffer-size=1m", false},
	{"json-file", "mode=non-blocking|max-buffer-size=1x", false},
	{"json-file", "mode=non-blocking|max-buffer-size=0", true},
	{"json-file", "tag={{.Foo}}", false},
	{"json-file", "tag={{.Name", false},
	{"json-file", "tag={{.Name}}", true},
	{"json-file", "tag={{.ID}}}}", true},
	{"json-file", "cache-disabled=x", false},
	{"json-file", "cache-max-size=x", true},
	{"json-file", "cache-max-file=x", true},
	{"json-file", "cache-compress=x", true},
	{"local", "max-size=10x", false},
	{"local", "max-size=0", true},
	{"local", "max-size=-1", false},
	{"local", "max-file=0", false},
	{"local", "max-file=1", false},
	{"local", "max-file=1|compress=false", true},
	{"local", "max-file=-1", false},
	{"local", "compress=yes", false},
	{"local", "compress=", false},
	{"local", "max-size=", false},
	{"syslog", "syslog-address=udp://127.0.0.1:514|syslog-format=x", false},
	{"syslog", "syslog-address=udp://127.0.0.1:514|syslog-facility=x", false},
	{"syslog", "syslog-address=udp://127.0.0.1:514|syslog-facility=24", false},
	{"syslog", "syslog-address=udp://127.0.0.1:514|syslog-facility=99", false},
	{"syslog", "syslog-address=udp://127.0.0.1:514|syslog-facility=", true},
	{"syslog", "syslog-address=udp://127.0.0.1:514|syslog-format=", true},
	{"syslog", "syslog-address=udp://127.0.0.1:514|syslog-facility=LOCAL1", false},
	{"syslog", "syslog-address=udp://127.0.0.1:514|syslog-tls-skip-verify=x", true},
	{"syslog", "syslog-address=udp://127.0.0.1:514|cache-disabled=x", false},
	{"syslog", "syslog-address=udp://127.0.0.1:514|cache-disabled=", true},
	{"syslog", "syslog-address=udp://127.0.0.1:514|cache-compress=x", true},
	{"gelf", "gelf-address=udp://127.0.0.1:12201|gelf-compression-type=x", false},
	{"gelf", "gelf-address=udp://127.0.0.1:12201|gelf-compression-type=", false},
	{"gelf", "gelf-address=udp://127.0.0.1:12201|gelf-compression-level=x", false},
	{"gelf", "gelf-address=udp://127.0.0.1:12201|gelf-compression-level=10", false},
	{"gelf", "gelf-address=udp://127.0.0.1:12201|gelf-compression-level=-1", true},
	{"gelf", "gelf-address=udp://127.0.0.1:12201|gelf-compression-level=-2", false},
	{"gelf", "gelf-address=tcp://127.0.0.1:12201|gelf-tcp-max-reconnect=-1", false},
	{"gelf", "gelf-address=tcp://127.0.0.1:12201|gelf-tcp-reconnect-delay=x", false},
	{"fluentd", "fluentd-async=true|fluentd-buffer-limit=x", false},
	{"fluentd", "fluentd-async=true|fluentd-buffer-limit=0", true},
	{"fluentd", "fluentd-async=true|fluentd-retry-wait=x", false},
	{"fluentd", "fluentd-async=true|fluentd-retry-wait=3", false},
	{"fluentd", "fluentd-async=true|fluentd-max-retries=-1", false},
	{"fluentd", "fluentd-async=true|fluentd-max-retries=", true},
	{"fluentd", "fluentd-async=x", false},
	{"fluentd", "fluentd-async=true|fluentd-sub-second-precision=x", false},
	{"fluentd", "fluentd-async=true|fluentd-request-ack=x", false},
	{"fluentd", "fluentd-async=true|fluentd-async-reconnect-interval=x", false},
	{"fluentd", "fluentd-async=true|fluentd-async-reconnect-interval=10ms", false},
	{"fluentd", "fluentd-async=true|fluentd-async-reconnect-interval=11s", false},
	{"fluentd", "fluentd-async=true|fluentd-write-timeout=x", false},
	{"fluentd", "fluentd-async=true|fluentd-write-timeout=-1s", false},
	{"fluentd", "fluentd-async=true|fluentd-retry-wait=1.5s", true},
	{"awslogs", "awslogs-group=g|awslogs-region=eu-west-1|awslogs-create-group=x", false},
	{"awslogs",
	 "awslogs-group=g|awslogs-region=eu-west-1|awslogs-force-flush-interval-seconds=0", false},
	{"awslogs", "awslogs-group=g|awslogs-region=eu-west-1|awslogs-max-buffered-events=x",
	 false},
	{"awslogs", "awslogs-group=g|awslogs-region=eu-west-1|awslogs-format=x", false},
	{"splunk", "splunk-url=http://127.0.0.1|splunk-token=x|splunk-insecureskipverify=x", false},
	{"splunk",
	 "splunk-url=http://"
	 "127.0.0.1|splunk-token=x|splunk-format=x|splunk-verify-connection=false",
	 false},
	{"splunk", "splunk-url=http://127.0.0.1|splunk-token=x|splunk-verify-connection=x", false},
	{"splunk",
	 "splunk-url=http://127.0.0.1|splunk-token=x|splunk-gzip=x|splunk-verify-connection=false",
	 false},
	{"splunk",
	 "splunk-url=http://"
	 "127.0.0.1|splunk-token=x|splunk-gzip-level=10|splunk-verify-connection=false",
	 false},
	{"splunk",
	 "splunk-url=http://"
	 "127.0.0.1|splunk-token=x|splunk-index-acknowledgment=x|splunk-verify-connection=false",
	 false},
	{"journald", "tag={{.Foo}}", false},
};

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(strv_clear) struct strv given = {0}, names = {0}, values = {0};
		CLEANUP(freep) char *why = NULL;

		strv_split(&given, rows[i].options, "|");
		for (size_t k = 0; k < given.count; k++) {
			size_t n = strcspn(given.items[k], "=");

			strv_add_n(&names, given.items[k], n);
			strv_add(&values, given.items[k] + n + 1);
		}
		why = log_values_error(rows[i].driver, &names, &values);
		if (!why != rows[i].starts)
			fail_msg("%s with %s: %s", rows[i].driver, rows[i].options,
				 why ? why : "nothing");
	}
}

static void test_plugin(void **state)
{
	CLEANUP(strv_clear) struct strv names = {0}, values = {0};

	(void)state;
	strv_add(&names, "max-size");
	strv_add(&values, "as it likes");
	assert_null(log_values_error("acme/log", &names, &values));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_plugin),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
