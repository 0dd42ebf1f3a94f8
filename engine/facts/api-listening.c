#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/parts.h"
#include "engine/facts/sockets.h"
#include "engine/format/published-info.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/url-host.h"
#include "engine/host/ask/engine-api.h"

/*
 * A dockerd that was started with an address listens there until it ends, whatever became of the line
 * in its file. What it listens on beside its API: metrics, a swarm's own ports, those that a swarm
 * publishes (ingress), and without docker-proxy the published ports of containers, which it only
 * holds so that nobody else gets them.
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

bool api_is_metrics(const struct docker_facts *d, const char *port)
{
	const struct setting *s = settings_find(&d->now, "metrics-addr");
	CLEANUP(freep) char *text = s && s->value ? json_value_to_string(s->value) : NULL;
	const char *colon = text ? strrchr(text, ':') : NULL;

	return colon && strcmp(colon + 1, port) == 0;
}

/* "8080/tcp on 0.0.0.0": it listens at every address of IPv6 for one at every address of IPv4. */
static bool is_published_at(const char *published, const char *host, const char *port)
{
	CLEANUP(freep) char *tcp = xasprintf("%s/tcp on ", port);
	const char *address = port_address(published);

	return starts_with(published, tcp) &&
	       (strcmp(address, "default") == 0 || strcmp(address, host) == 0 ||
		(listening_is_any(address) && listening_is_any(host)));
}

static bool is_published(const struct docker_facts *d, const char *host, const char *port)
{
	struct containers all;

	if (!containers_get(&d->containers, &all))
		return false;
	for (size_t i = 0; i < all.count; i++) {
		const struct container *c = &all.items[i];

		for (size_t k = 0; container_lives(c) && k < c->ports.count; k++)
			if (is_published_at(c->ports.items[k], host, port))
				return true;
	}
	return false;
}

/* Of every node of a swarm alone, and managers alone are told of them. */
static bool is_ingress(const struct strv *ingress, const char *host, const char *port)
{
	CLEANUP(freep) char *tcp = xasprintf("%s/tcp", port);

	return listening_is_any(host) && strv_contains(ingress, tcp);
}

/* Of a dockerd that has docker-proxy, that listens in its place. */
static bool holds_published(const struct docker_facts *d)
{
	const struct setting *s = settings_find(&d->now, "userland-proxy");

	return s && strcmp_null(s->value, "true") != 0;
}

/* Why it may be a container's; NULL: it is none's. The caller frees it. */
static char *doubt_of_published(const struct docker_facts *d, const char *address)
{
	size_t running;

	if (!holds_published(d) || containers_running(&d->containers, &running))
		return NULL;
	return xasprintf("dockerd listens on %s, which may be its API or a port that a container "
			 "publishes: %s",
			 address,
			 d->containers.known ? "not all containers were told of"
					     : containers_why(&d->containers));
}

/* NULL: there is none. */
static char *doubt(const struct docker_facts *d, const char *address)
{
	bool swarm = !d->swarm || strcmp(d->swarm, "inactive") != 0;

	if (swarm)
		return xasprintf(
			"dockerd listens on %s, which may be its API or its swarm's: a port "
			"that a service publishes looks the same",
			address);
	if (!is_known(settings_find(&d->now, "metrics-addr")))
		return xasprintf("dockerd listens on %s, which may be its API or its metrics: %s",
				 address, settings_find(&d->now, "metrics-addr")->where);
	return NULL;
}

/* What dockerd has open beside its API. */
static bool is_another(const struct docker_facts *d, const char *host, const char *port,
		       const struct strv *ingress)
{
	return api_is_metrics(d, port) || is_ingress(ingress, host, port) ||
	       (holds_published(d) && is_published(d, host, port)) ||
	       (strcmp_null(d->swarm, "inactive") != 0 &&
		is_among(port, swarm_ports, ARRAY_SIZE(swarm_ports)));
}

/* "ADDRESS PORT" */
static void take(struct gather *g, const char *listener, const struct strv *ingress)
{
	struct docker_facts *d = &g->facts->docker;
	const char *port = strchr(listener, ' ') + 1;
	CLEANUP(freep) char *host = xstrndup(listener, (size_t)(port - listener) - 1);
	bool v6 = strchr(host, ':') != NULL;
	CLEANUP(freep)
	char *entry = xasprintf("tcp://%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
	CLEANUP(freep) char *why = NULL;

	if (is_told(g, port)) {
		strv_add_once(&d->tcp_open, entry);
		return;
	}
	if (is_another(d, host, port, ingress))
		return;
	why = doubt_of_published(d, skip_prefix(entry, "tcp://"));
	if (!why && !is_among(port, api_ports, ARRAY_SIZE(api_ports)))
		why = doubt(d, skip_prefix(entry, "tcp://"));
	if (why) {
		if (!d->tcp_unknown)
			d->tcp_unknown = TAKE_PTR(why);
		return;
	}
	strv_add_once(&d->tcp_open, entry);
	strv_add_once(&d->tcp_unlisted, entry);
	strv_add_once(&d->tcp_listeners, entry);
}

/* Where it is not told, each of these ports stays in doubt. */
static void ask_ingress(const struct gather *g, struct strv *ret)
{
	CLEANUP(buf_clear) struct buf body = {0};

	if (g->api && g->facts->docker.swarm_manager &&
	    engine_api_get(g->api, "/services", &body, NULL) == 0)
		(void)published_info_read_ingress(&body, ret, NULL);
}

void gather_api_listening(struct gather *g, pid_t dockerd, const struct strv *inodes)
{
	struct docker_facts *d = &g->facts->docker;
	CLEANUP(strv_clear) struct strv listeners = {0}, ingress = {0};
	CLEANUP(error_clear) struct error err = {0};
	const char *tables;

	if (tcp_tables(g, dockerd, &tables, &err) < 0) {
		if (!d->tcp_unknown)
			d->tcp_unknown = xasprintf("at which addresses of TCP dockerd listens is "
						   "not known: %s",
						   error_text(&err));
		return;
	}
	tcp_table_of(tables, inodes, &listeners);
	if (listeners.count > 0)
		ask_ingress(g, &ingress);
	for (size_t i = 0; i < listeners.count; i++)
		take(g, listeners.items[i], &ingress);
}

void gather_api_tcp(struct gather *g)
{
	struct docker_facts *d = &g->facts->docker;
	pid_t dockerd = dockerds_pid(g);
	CLEANUP(strv_clear) struct strv inodes = {0};
	CLEANUP(error_clear) struct error err = {0};

	if (g->facts->offline || !d->running || d->sockets_unread || dockerd <= 0)
		return;
	if (sockets_of(g, dockerd, &inodes, &err) < 0) {
		d->sockets_unread = xasprintf("which sockets dockerd listens on is not known: %s",
					      error_text(&err));
		return;
	}
	g->tcp_of = 0; /* as they are now: containers may have taken long to tell of */
	gather_api_listening(g, dockerd, &inodes);
	if (restart_is_possible(g))
		gather_api_peers(g, dockerd, &inodes);
}
