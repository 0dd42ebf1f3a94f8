#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/names.h"
#include "engine/base/str.h"
#include "engine/format/log-endpoint.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/url-host.h"
#include "modules/daemon/guards.h"
#include "modules/daemon/value.h"

/*
 * Addresses that dockerd listens on, and those that containers' logs go to: what has to be so on this
 * host for it to start, or for any container. A connection is not tried: looking sends nothing.
 */

static void refuse(struct delta *d, char *why)
{
	if (d->refusal)
		free(why);
	else
		d->refusal = why;
}

static void guard_address(const struct view *v, const char *key, const char *address,
			  struct delta *d)
{
	CLEANUP(freep) char *why = NULL;
	enum may_listen m;

	if (v->facts->offline)
		return;
	m = listening_may(&v->facts->docker.listening, address, &why);
	if (m == LISTEN_TAKEN)
		refuse(d,
		       xasprintf("dockerd would not start with '%s' in %s: %s", address, key, why));
	else if (m == LISTEN_UNSURE)
		strv_addf(&d->holds, "whether dockerd could start with '%s' in %s is not known: %s",
			  address, key, why);
}

/* From 20.10 on an address without a host ends it at its start, too. */
void docker_guards_metrics(const struct view *v, const char *value, struct delta *d)
{
	CLEANUP(freep) char *address = value ? json_value_to_string(value) : NULL;

	if (!address || !*address)
		return;
	if (*address == ':')
		refuse(d, xasprintf("dockerd would not start with '%s' in metrics-addr: it has no "
				    "host before the port, such as 127.0.0.1",
				    address));
	else
		guard_address(v, "metrics-addr", address, d);
}

/*
 * Who uses the API over TCP, and would be refused from then on. Nobody there now may come tomorrow: only who is there is
 * a reason to hold, and that it could not be looked at. So they stand in the reason itself, not behind a
 * "seen now", which no consent is held against: it covers these clients, and no others.
 */
static void hold_clients(const struct view *v, const char *what, struct delta *d)
{
	const struct docker_facts *docker = &v->facts->docker;
	CLEANUP(freep) char *list = names_join(&docker->tcp_clients);

	if (v->facts->offline || !docker->running || docker->tcp_listeners.count == 0)
		return;
	if (!docker->tcp_clients_read)
		strv_addf(&d->holds,
			  "who is connected to dockerd's API over TCP, and %s, is not known", what);
	else if (docker->tcp_clients.count > 0)
		strv_addf(&d->holds, "clients of dockerd's API over TCP %s: %s", what, list);
}

/* Whether it listens somewhere now where it would not any more. */
static bool leaves_a_port(const struct docker_facts *docker, const struct strv *next)
{
	for (size_t i = 0; i < docker->tcp_listeners.count; i++) {
		CLEANUP(freep) char *address = url_host_of_api(docker->tcp_listeners.items[i]);

		if (address && !strv_contains(next, address))
			return true;
	}
	return false;
}

void docker_guards_tls(const struct view *v, const char *value, struct delta *d)
{
	if (value && strcmp(value, "true") == 0)
		hold_clients(v, "would have to bring a certificate", d);
}

void docker_guards_tcp_hosts(const struct view *v, const char *value, struct delta *d)
{
	CLEANUP(strv_clear) struct strv items = {0}, next = {0};

	url_hosts_read(value, &items);
	for (size_t i = 0; i < items.count; i++) {
		CLEANUP(freep) char *address = url_host_of_api(items.items[i]);

		if (!address)
			continue;
		guard_address(v, "hosts", address, d);
		strv_add(&next, address);
	}
	if (leaves_a_port(&v->facts->docker, &next))
		hold_clients(v, "would not reach it there any more", d);
}

/* A container that publishes the port answers, whoever forwards to it. */
static bool is_published(const struct docker_facts *docker, const char *port)
{
	CLEANUP(freep) char *prefix = xasprintf("%s/tcp on ", port);
	struct containers all;

	if (!containers_get(&docker->containers, &all))
		return false;
	for (size_t i = 0; i < all.count; i++)
		for (size_t p = 0; all.items[i].running && p < all.items[i].ports.count; p++)
			if (starts_with(all.items[i].ports.items[p], prefix))
				return true;
	return false;
}

static void guard_tcp(const struct docker_facts *docker, const char *driver,
		      const struct log_endpoint *e, struct delta *d)
{
	const struct listening *l = &docker->listening;

	if (l->unknown || !listening_is_here(l, e->host)) {
		strv_addf(&d->holds,
			  "with the log driver '%s' no container starts while nobody answers at "
			  "%s port %s, which is not tried%s%s",
			  driver, e->host, e->port, l->unknown ? ": " : "",
			  l->unknown ? l->unknown : "");
		return;
	}
	if (!listening_answers(l, e->host, e->port) && !is_published(docker, e->port))
		refuse(d,
		       xasprintf("with the log driver '%s' no container would start: nobody "
				 "listens at %s port %s; start what takes the logs first%s",
				 driver, e->host, e->port,
				 strcmp(driver, "fluentd") == 0 ? ", or set fluentd-async" : ""));
}

static void guard_socket(const struct view *v, const char *driver, const struct log_endpoint *e,
			 struct delta *d)
{
	CLEANUP(node_clear) struct node node = {0};

	if (view_node(v, e->socket, &node, NULL) < 0 || node.kind != NODE_ABSENT)
		return;
	refuse(d, xasprintf("the log driver '%s' needs '%s', which is not there: %s", driver,
			    e->socket,
			    e->at_start ? "dockerd would not start" : "no container would start"));
}

void docker_guards_log_endpoint(const struct view *v, const struct log_choice *was,
				const struct log_choice *is, struct delta *d)
{
	CLEANUP(log_endpoint_clear) struct log_endpoint before = {0}, after = {0};

	if (v->facts->offline)
		return;
	log_endpoint_find(was->driver, was->options, &before);
	log_endpoint_find(is->driver, is->options, &after);
	if (log_endpoint_same(&before, &after))
		return;
	if (after.host)
		guard_tcp(&v->facts->docker, is->driver, &after, d);
	else if (after.socket)
		guard_socket(v, is->driver, &after, d);
}
