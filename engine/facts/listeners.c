#include <jansson.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/url-host.h"

static void add_host(struct strv *ret, const json_t *host)
{
	const char *entry = json_string_value(host);
	CLEANUP(freep) char *address = entry ? url_host_of_api(entry) : NULL;

	if (address)
		strv_add_once(ret, entry);
}

/* The entries of TCP of a "hosts" setting (a JSON array, or a string). */
static void add_hosts(struct strv *ret, const struct setting *s)
{
	json_t *hosts = s && s->value ? json_loads(s->value, JSON_DECODE_ANY, NULL) : NULL;

	add_host(ret, hosts);
	for (size_t i = 0; i < json_array_size(hosts); i++)
		add_host(ret, json_array_get(hosts, i));
	json_decref(hosts);
}

/* ListenStream= is a path, an abstract name (@), or else an address (systemd.socket(5)). */
static void add_streams(const struct gather *g, struct strv *ret)
{
	const struct unit_facts *u = facts_unit(g->facts, "docker.socket");
	CLEANUP(strv_clear) struct strv streams = {0};

	if (u)
		unit_assignments(g, u, "Socket/ListenStream", &streams);
	for (size_t i = 0; i < streams.count; i++) {
		const char *s = streams.items[i];
		bool port = strspn(s, "0123456789") == strlen(s);

		if (*s && *s != '/' && *s != '@' && *s != '%') {
			CLEANUP(freep) char *entry = xasprintf("tcp://%s%s", port ? "*:" : "", s);

			strv_add_once(ret, entry);
		}
	}
}

void gather_listeners(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;

	add_hosts(&d->tcp_listeners, settings_find(&d->now, "hosts"));
	add_hosts(&d->tcp_listeners, settings_find(&d->next, "hosts"));
	add_streams(g, &d->tcp_listeners);
}
