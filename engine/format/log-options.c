#include "engine/format/log-options.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"

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
	 "fluentd-address fluentd-async fluentd-async-connect<28.0 "
	 "fluentd-async-reconnect-interval>=23.0 "
	 "fluentd-buffer-limit fluentd-max-retries fluentd-request-ack "
	 "fluentd-retry-wait fluentd-sub-second-precision fluentd-write-timeout>=27.0 " DETAILS,
	 NULL, NULL},
	{"awslogs",
	 "awslogs-region awslogs-endpoint awslogs-group awslogs-create-group awslogs-stream "
	 "awslogs-credentials-endpoint awslogs-datetime-format "
	 "awslogs-multiline-pattern awslogs-force-flush-interval-seconds "
	 "awslogs-max-buffered-events awslogs-format>=23.0 tag",
	 "awslogs-group", "awslogs-group=g awslogs-region=eu-west-1"},
	{"splunk",
	 "splunk-url splunk-token splunk-source splunk-sourcetype splunk-index splunk-capath "
	 "splunk-caname splunk-insecureskipverify splunk-format splunk-verify-connection "
	 "splunk-gzip "
	 "splunk-gzip-level splunk-index-acknowledgment " DETAILS,
	 "splunk-url splunk-token", "splunk-url=http://127.0.0.1 splunk-token=x"},
	{"gcplogs",
	 "gcp-project gcp-log-cmd gcp-meta-zone gcp-meta-name gcp-meta-id labels labels-regex env "
	 "env-regex",
	 NULL, "gcp-project=p", .some_builds = true},
};

/* Of every driver: how lines reach it, and what `docker logs` reads beside a remote one. */
#define COMMON "mode max-buffer-size cache-disabled cache-max-size cache-max-file cache-compress"

/* Whether a word of the table is that option, in that version. */
static bool is_option(const char *word, size_t len, const char *option, const char *version)
{
	size_t n = strcspn(word, "<> ");
	bool from = word[n] == '>', before = word[n] == '<';
	CLEANUP(freep) char *limit = NULL;

	if (!equals_n(word, n, option))
		return false;
	if (!version || (!from && !before))
		return true;
	n += from ? 2 : 1;
	limit = xstrndup(word + n, len - n);
	return (engine_version_compare(version, limit) < 0) == before;
}

static bool has_option(const char *words, const char *option, const char *version)
{
	for (const char *at = words; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");

		if (is_option(at, len, option, version))
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

bool log_driver_takes(const char *driver, const char *option, const char *version)
{
	const struct log_driver *d = log_driver_find(driver);

	return !d || has_option(d->options, option, version) || has_option(COMMON, option, version);
}
