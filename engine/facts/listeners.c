#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/unit-specifiers.h"
#include "engine/format/url-host.h"

/* The entries of TCP of a "hosts" setting. */
static void add_hosts(struct docker_facts *d, const struct setting *s)
{
	CLEANUP(strv_clear) struct strv hosts = {0};

	url_hosts_read(s ? s->value : NULL, &hosts);
	for (size_t i = 0; i < hosts.count; i++) {
		CLEANUP(freep) char *address = url_host_of_api(hosts.items[i]);

		if (address)
			strv_add_once(&d->tcp_listeners, hosts.items[i]);
		else if (!url_host_is_local(hosts.items[i]) && !d->tcp_unknown)
			d->tcp_unknown = xasprintf("'%s' among the hosts of dockerd is no address "
						   "of a sort that is known",
						   hosts.items[i]);
	}
}

/* ListenStream= is a path, an abstract name (@), or else an address (systemd.socket(5)). */
void unit_streams(const struct gather *g, const struct unit_facts *u, struct strv *ret,
		  char **ret_unknown)
{
	CLEANUP(strv_clear) struct strv streams = {0};

	unit_assignments(g, u, "Socket/ListenStream", &streams);
	for (size_t i = 0; i < streams.count; i++) {
		CLEANUP(freep) char *put = unit_specifiers_put(streams.items[i], u->name);
		const char *s = put ? put : streams.items[i];
		bool port = strspn(s, "0123456789") == strlen(s);

		if (!*s || *s == '/' || *s == '@' || starts_with(s, "%t/"))
			continue;
		if (put) {
			CLEANUP(freep) char *entry = xasprintf("tcp://%s%s", port ? "*:" : "", s);

			strv_add_once(ret, entry);
		} else if (ret_unknown && !*ret_unknown) {
			*ret_unknown = xasprintf("systemd puts in a part of 'ListenStream=%s' of "
						 "%s",
						 s, u->name);
		}
	}
}

void socket_streams(const struct gather *g, struct strv *ret, char **ret_unknown)
{
	for (size_t i = 0; i < g->facts->nunits; i++)
		if (unit_opens_api(&g->facts->units[i]))
			unit_streams(g, &g->facts->units[i], ret, ret_unknown);
}

/* Of what no network leads to. */
static void gather_local(const struct gather *g, struct unit_facts *u)
{
	CLEANUP(strv_clear) struct strv streams = {0};

	unit_assignments(g, u, "Socket/ListenStream", &streams);
	for (size_t i = 0; i < streams.count; i++) {
		CLEANUP(freep) char *put = unit_specifiers_put(streams.items[i], u->name);

		if (put && (*put == '/' || *put == '@'))
			strv_add_once(&u->listens, put);
	}
}

void gather_listeners(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;

	add_hosts(d, settings_find(&d->now, "hosts"));
	add_hosts(d, settings_find(&d->next, "hosts"));
	if (!d->tcp_unknown && !d->running)
		d->tcp_unknown = xstrdup_null(d->start_unknown);
	socket_streams(g, &d->tcp_listeners, &d->tcp_unknown);
	for (size_t i = 0; i < g->facts->nunits; i++)
		if (unit_opens_api(&g->facts->units[i]))
			gather_local(g, &g->facts->units[i]);
}
