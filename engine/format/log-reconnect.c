#include "engine/format/log-reconnect.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/json-util.h"
#include "engine/format/url-host.h"

#define SYSLOG_SOCKET "/dev/log" /* where no address is given */
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

static bool is_address(const char *host)
{
	struct in6_addr bytes;

	return inet_pton(AF_INET, host, &bytes) == 1 || inet_pton(AF_INET6, host, &bytes) == 1;
}

/* Nobody has to answer a datagram, but a name has to be found: it fails like a connection. */
static bool find_datagrams(const char *url, struct log_endpoint *ret)
{
	CLEANUP(url_host_clear) struct url_host u = {0};

	url_host_parse(url, &u);
	if (!*u.host || strcmp(u.host, "localhost") == 0 || is_address(u.host))
		return false;
	ret->host = TAKE_PTR(u.host);
	return true;
}

static bool is_true(const json_t *options, const char *name)
{
	const char *text = json_text_of(options, name);

	return *text && strchr("1tT", *text);
}

static bool is_false(const json_t *options, const char *name)
{
	const char *text = json_text_of(options, name);

	return *text && strchr("0fF", *text);
}

static bool find_syslog(const json_t *options, struct log_endpoint *ret)
{
	const char *address = json_text_of(options, "syslog-address");

	if (skip_prefix_case(address, "udp://"))
		return find_datagrams(address, ret);
	if (!*address)
		ret->socket = xstrdup(SYSLOG_SOCKET);
	return true;
}

static bool find_gelf(const json_t *options, struct log_endpoint *ret)
{
	const char *address = json_text_of(options, "gelf-address");

	return !skip_prefix_case(address, "udp://") || find_datagrams(address, ret);
}

static bool find_fluentd(const json_t *options, struct log_endpoint *ret)
{
	return !is_true(options, "fluentd-async") && !is_true(options, "fluentd-async-connect");
}

static bool find_splunk(const json_t *options, struct log_endpoint *ret)
{
	return !is_false(options, "splunk-verify-connection");
}

/* Whether anybody takes it there is asked at each start, though a record needs no answer. */
static bool find_journald(const json_t *options, struct log_endpoint *ret)
{
	ret->socket = xstrdup(JOURNAL_SOCKET);
	return true;
}

static bool find_nothing(const json_t *options, struct log_endpoint *ret)
{
	return false;
}

/* All others speak with a service: awslogs, gcplogs, and what plugins bring. */
static const struct {
	const char *driver;
	bool (*find)(const json_t *options, struct log_endpoint *ret);
} drivers[] = {
	{"fluentd", find_fluentd},   {"gelf", find_gelf},     {"journald", find_journald},
	{"json-file", find_nothing}, {"local", find_nothing}, {"none", find_nothing},
	{"splunk", find_splunk},     {"syslog", find_syslog},
};

bool log_reconnect_find(const char *driver, const char *options, struct log_endpoint *ret)
{
	CLEANUP(json_decrefp) json_t *all = options ? json_loads(options, 0, NULL) : NULL;
	bool reaches = true;

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i].driver, driver) == 0)
			reaches = drivers[i].find(all, ret);
	if (reaches && !ret->host && !ret->socket)
		log_endpoint_find(driver, options, ret);
	return reaches;
}
