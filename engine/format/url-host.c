#include "engine/format/url-host.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/json-util.h"

/* Where dockerd listens that is told half of it (seen on 20.10.24, 26.1.5 and 28.5.2). */
#define API_HOST "127.0.0.1"
#define API_PORT "2375"

void url_host_clear(struct url_host *u)
{
	free(u->scheme);
	free(u->host);
	free(u->port);
	*u = (struct url_host){0};
}

static char *lowered(const char *text, size_t n)
{
	char *lower = xstrndup(text, n);

	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return lower;
}

void url_host_parse(const char *url, struct url_host *ret)
{
	const char *sep = strstr(url, "://"), *text = sep ? sep + 3 : url;
	CLEANUP(freep) char *authority = xstrndup(text, strcspn(text, "/?#"));
	const char *at = strrchr(authority, '@'), *host = at ? at + 1 : authority;
	const char *end = *host == '[' ? strchr(host, ']') : NULL;
	const char *colon = strrchr(end ? end : host, ':');

	url_host_clear(ret);
	if (sep)
		ret->scheme = lowered(url, (size_t)(sep - url));
	if (end)
		ret->host = xstrndup(host + 1, (size_t)(end - host) - 1);
	else
		ret->host = xstrndup(host, colon ? (size_t)(colon - host) : strlen(host));
	ret->port = colon && colon[1] ? xstrdup(colon + 1) : NULL;
}

/* What dockerd takes off an entry before it reads it (opts/hosts.go of its source). */
static char *trimmed(const char *entry)
{
	return trim(entry, " \t\n\v\f\r");
}

char *url_host_of_api(const char *entry)
{
	CLEANUP(url_host_clear) struct url_host u = {0};
	CLEANUP(freep) char *text = trimmed(entry);
	bool v6;

	url_host_parse(text, &u);
	if (!*text || (u.scheme && strcmp(u.scheme, "tcp") != 0))
		return NULL;
	v6 = strchr(u.host, ':') != NULL;
	return xasprintf("%s%s%s:%s", v6 ? "[" : "", *u.host ? u.host : API_HOST, v6 ? "]" : "",
			 u.port ? u.port : API_PORT);
}

bool url_host_is_local(const char *entry)
{
	CLEANUP(freep) char *text = trimmed(entry);

	return !*text || starts_with(text, "unix://") || starts_with(text, "fd://") ||
	       starts_with(text, "npipe://");
}

void url_hosts_read(const char *json, struct strv *ret)
{
	CLEANUP(json_decrefp) json_t *hosts = json ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
	CLEANUP(strv_clear) struct strv all = {0};

	if (json_is_string(hosts))
		strv_add(&all, json_string_value(hosts));
	json_take_strings(hosts, &all);
	for (size_t i = 0; i < all.count; i++)
		strv_add_owned(ret, trimmed(all.items[i]));
}
