#include "engine/format/log-options.h"

#include <string.h>

#include "engine/base/macros.h"

#define DETAILS "tag labels labels-regex env env-regex"

static const struct log_driver drivers[] = {
	{"json-file", "max-size max-file compress " DETAILS, NULL, NULL},
	{"local", "max-size max-file compress", NULL, NULL},
	{"journald", DETAILS, NULL, NULL},
	{"syslog",
	 "syslog-address syslog-facility syslog-tls-ca-cert syslog-tls-cert syslog-tls-key "
	 "syslog-tls-skip-verify syslog-format " DETAILS,
	 NULL, "syslog-address=udp://127.0.0.1:514"},
	{"gelf",
	 "gelf-address gelf-compression-type gelf-compression-level gelf-tcp-max-reconnect "
	 "gelf-tcp-reconnect-delay " DETAILS,
	 "gelf-address", "gelf-address=udp://127.0.0.1:12201"},
	{"fluentd",
	 "fluentd-address fluentd-async fluentd-async-connect fluentd-async-reconnect-interval "
	 "fluentd-buffer-limit fluentd-max-retries fluentd-request-ack "
	 "fluentd-retry-wait fluentd-sub-second-precision fluentd-write-timeout " DETAILS,
	 NULL, NULL},
	{"awslogs",
	 "awslogs-region awslogs-endpoint awslogs-group awslogs-create-group awslogs-stream "
	 "awslogs-create-stream awslogs-credentials-endpoint awslogs-datetime-format "
	 "awslogs-multiline-pattern awslogs-force-flush-interval-seconds "
	 "awslogs-max-buffered-events awslogs-format tag",
	 "awslogs-group", "awslogs-group=g awslogs-region=eu-west-1"},
	{"splunk",
	 "splunk-url splunk-token splunk-source splunk-sourcetype splunk-index splunk-capath "
	 "splunk-caname splunk-insecureskipverify splunk-format splunk-verify-connection "
	 "splunk-gzip "
	 "splunk-gzip-level splunk-index-acknowledgment " DETAILS,
	 "splunk-url splunk-token", "splunk-url=http://127.0.0.1 splunk-token=x"},
	{"gcplogs", "gcp-project gcp-log-cmd gcp-meta-zone gcp-meta-name gcp-meta-id " DETAILS,
	 NULL, NULL},
	{"logentries", "logentries-token line-only " DETAILS, NULL, NULL},
};

/* Of every driver: how lines reach it, and what `docker logs` reads beside a remote one. */
#define COMMON "mode max-buffer-size cache-disabled cache-max-size cache-max-file cache-compress"

static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = words; at && *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (len == n && memcmp(at, word, n) == 0)
			return true;
		at += len;
	}
	return false;
}

const struct log_driver *log_driver_at(size_t index)
{
	return index < ARRAY_SIZE(drivers) ? &drivers[index] : NULL;
}

const struct log_driver *log_driver_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i].name, name) == 0)
			return &drivers[i];
	return NULL;
}

bool log_driver_takes(const char *driver, const char *option)
{
	const struct log_driver *d = log_driver_find(driver);

	return !d || has_word(d->options, option) || has_word(COMMON, option);
}
