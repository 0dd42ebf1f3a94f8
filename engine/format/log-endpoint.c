#include "engine/format/log-endpoint.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/base/strv.h"
#include "engine/format/url-host.h"

void log_endpoint_clear(struct log_endpoint *e)
{
	free(e->host);
	free(e->port);
	free(e->socket);
	*e = (struct log_endpoint){0};
}

bool log_endpoint_same(const struct log_endpoint *a, const struct log_endpoint *b)
{
	return strcmp_null(a->host, b->host) == 0 && strcmp_null(a->port, b->port) == 0 &&
	       strcmp_null(a->socket, b->socket) == 0;
}

/* As Go's strconv.ParseBool() reads it. */
static bool is_bool(const char *text, bool wanted)
{
	static const char *const words[2][6] = {{"0", "f", "F", "false", "FALSE", "False"},
						{"1", "t", "T", "true", "TRUE", "True"}};

	for (size_t i = 0; text && i < ARRAY_SIZE(words[0]); i++)
		if (strcmp(words[wanted][i], text) == 0)
			return true;
	return false;
}

/* Of one of the schemes, or of none. */
static void take_url(const char *url, const char *schemes, const char *port,
		     struct log_endpoint *ret)
{
	CLEANUP(url_host_clear) struct url_host u = {0};
	CLEANUP(strv_clear) struct strv known = {0};
	const char *path = strstr(url, ":///");

	url_host_parse(url, &u);
	strv_split(&known, schemes, " ");
	if (u.scheme && starts_with(u.scheme, "unix") && path) {
		ret->socket = xstrdup(path + 3);
	} else if (!u.scheme || strv_contains(&known, u.scheme)) {
		ret->host = xstrdup(*u.host ? u.host : "localhost");
		ret->port = xstrdup(u.port ? u.port : port);
	}
}

static const char *text_of(const json_t *options, const char *name)
{
	return json_string_value(json_object_get(options, name));
}

static void find_fluentd(const json_t *options, struct log_endpoint *ret)
{
	const char *address = text_of(options, "fluentd-address");

	if (is_bool(text_of(options, "fluentd-async"), true) ||
	    is_bool(text_of(options, "fluentd-async-connect"), true))
		return;
	take_url(address && *address ? address : "127.0.0.1", "tcp tls", "24224", ret);
}

static void find_gelf(const json_t *options, struct log_endpoint *ret)
{
	const char *address = text_of(options, "gelf-address");

	if (address && skip_prefix_case(address, "tcp://"))
		take_url(address, "tcp", "12201", ret);
}

static void find_syslog(const json_t *options, struct log_endpoint *ret)
{
	const char *address = text_of(options, "syslog-address");

	if (address && strstr(address, "://"))
		take_url(address, "tcp tcp+tls", "514", ret);
	ret->at_start = ret->socket != NULL;
}

static void find_splunk(const json_t *options, struct log_endpoint *ret)
{
	const char *url = text_of(options, "splunk-url");

	if (!url || is_bool(text_of(options, "splunk-verify-connection"), false))
		return;
	take_url(url, "http https", skip_prefix_case(url, "https:") ? "443" : "80", ret);
}

static const struct {
	const char *driver;
	void (*find)(const json_t *options, struct log_endpoint *ret);
} drivers[] = {
	{"fluentd", find_fluentd},
	{"gelf", find_gelf},
	{"splunk", find_splunk},
	{"syslog", find_syslog},
};

void log_endpoint_find(const char *driver, const char *options, struct log_endpoint *ret)
{
	json_t *all = options ? json_loads(options, 0, NULL) : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (strcmp(drivers[i].driver, driver) == 0)
			drivers[i].find(all, ret);
	json_decref(all);
}
