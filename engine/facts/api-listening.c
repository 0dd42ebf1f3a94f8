#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/url-host.h"

/*
 * A dockerd that was started with an address listens there until it ends, whatever became of the line
 * in its file. What it listens on beside its API: metrics, and a swarm's own ports.
 */

static const char *const api_ports[] = {"2375", "2376"}; /* registered for it */
static const char *const swarm_ports[] = {"2377", "7946"};

static bool is_known(const struct setting *s)
{
	return !s || s->source != SOURCE_UNKNOWN;
}

static bool is_at_port(const char *entry, const char *port)
{
	CLEANUP(url_host_clear) struct url_host u = {0};
	CLEANUP(freep) char *address = url_host_of_api(entry);

	if (!address)
		return false;
	url_host_parse(address, &u);
	return strcmp_null(u.port, port) == 0;
}

/* Whether dockerd was told to listen at that port when it started. */
static bool is_told(const struct gather *g, const char *port)
{
	const struct setting *hosts = settings_find(&g->facts->docker.now, "hosts");
	CLEANUP(strv_clear) struct strv entries = {0};

	url_hosts_read(hosts ? hosts->value : NULL, &entries);
	socket_streams(g, &entries, NULL);
	for (size_t i = 0; i < entries.count; i++)
		if (is_at_port(entries.items[i], port))
			return true;
	return false;
}

static bool is_metrics(const struct docker_facts *d, const char *port)
{
	const struct setting *s = settings_find(&d->now, "metrics-addr");
	CLEANUP(freep) char *text = s && s->value ? json_value_to_string(s->value) : NULL;
	const char *colon = text ? strrchr(text, ':') : NULL;

	return colon && strcmp(colon + 1, port) == 0;
}

/* NULL: there is none. */
static char *doubt(const struct docker_facts *d, const char *address)
{
	bool swarm = !d->swarm || strcmp(d->swarm, "inactive") != 0;

	if (swarm)
		return xasprintf("dockerd listens on %s, which may be its API or its swarm's",
				 address);
	if (!is_known(settings_find(&d->now, "metrics-addr")))
		return xasprintf("dockerd listens on %s, which may be its API or its metrics: %s",
				 address, settings_find(&d->now, "metrics-addr")->where);
	return NULL;
}

/* "ADDRESS PORT" */
static void take(struct gather *g, const char *listener)
{
	struct docker_facts *d = &g->facts->docker;
	const char *port = strchr(listener, ' ') + 1;
	CLEANUP(freep) char *host = xstrndup(listener, (size_t)(port - listener) - 1);
	bool v6 = strchr(host, ':') != NULL;
	CLEANUP(freep)
	char *entry = xasprintf("tcp://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
	CLEANUP(freep) char *why = NULL;

	if (is_told(g, port) || is_metrics(d, port) ||
	    (strcmp_null(d->swarm, "inactive") != 0 &&
	     is_among(port, swarm_ports, ARRAY_SIZE(swarm_ports))))
		return;
	why = is_among(port, api_ports, ARRAY_SIZE(api_ports))
		      ? NULL
		      : doubt(d, skip_prefix(entry, "tcp://"));
	if (why) {
		if (!d->tcp_unknown)
			d->tcp_unknown = TAKE_PTR(why);
		return;
	}
	strv_add_once(&d->tcp_unlisted, entry);
	strv_add_once(&d->tcp_listeners, entry);
}

void gather_api_listening(struct gather *g, pid_t dockerd, const struct strv *inodes)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv listeners = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf tables = {0};

	if (tcp_tables(dockerd, &tables, &err) < 0) {
		if (!d->tcp_unknown)
			d->tcp_unknown = xasprintf("at which addresses of TCP dockerd listens is "
						   "not known: %s",
						   error_text(&err));
		return;
	}
	tcp_table_of(buf_str(&tables), inodes, &listeners);
	for (size_t i = 0; i < listeners.count; i++)
		take(g, listeners.items[i]);
}
