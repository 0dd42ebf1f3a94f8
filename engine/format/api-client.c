#include "engine/format/api-client.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/names.h"
#include "engine/base/str.h"
#include "engine/format/url-host.h"
#include "engine/model/listening.h"

#define AT " at "

/* Where it ends: "10.0.0.2 2375"; NULL: it has not this shape. */
static const char *end_of(const char *client)
{
	const char *at = strstr(client, AT);

	return at ? at + strlen(AT) : NULL;
}

/* Where a dockerd listens that is told a name, it has looked up IPv4 first. */
static bool covers(const char *entry, const char *host, const char *port)
{
	CLEANUP(url_host_clear) struct url_host u = {0};
	CLEANUP(freep) char *address = url_host_of_api(entry);
	CLEANUP(listening_clear) struct listening one = {0};

	if (!address)
		return false;
	url_host_parse(address, &u);
	if (strcmp_null(u.port, port) != 0)
		return false;
	if (listening_is_any(u.host))
		return true;
	strv_addf(&one.ports, "%s %s", host, port);
	return listening_answers(&one, strcasecmp(u.host, "localhost") == 0 ? "127.0.0.1" : u.host,
				 port);
}

bool api_hosts_cover(const struct strv *entries, const char *end)
{
	const char *space = strchr(end, ' ');
	CLEANUP(freep) char *host = space ? xstrndup(end, (size_t)(space - end)) : NULL;

	for (size_t i = 0; space && i < entries->count; i++)
		if (covers(entries->items[i], host, space + 1))
			return true;
	return false;
}

static bool has_handed(const struct strv *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		if (starts_with(entries->items[i], "fd://"))
			return true;
	return false;
}

static bool loses_its_listener(const char *end, const struct strv *now, const struct strv *then)
{
	return !api_hosts_cover(then, end) && (api_hosts_cover(now, end) || !has_handed(then));
}

/* A certificate is asked for at every listener: who asks about one asks about all clients. */
static bool is_asked_about(const struct api_move *move, const char *end)
{
	if (!move->asked || move->asked->count == 0)
		return false;
	return move->verifies || (end && api_hosts_cover(move->asked, end));
}

void api_clients_shut_out(const struct strv *clients, const struct api_move *move, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv now = {0}, then = {0};

	url_hosts_read(move->hosts_now, &now);
	url_hosts_read(move->hosts, &then);
	for (size_t i = 0; i < clients->count; i++) {
		const char *end = end_of(clients->items[i]);

		if (is_asked_about(move, end))
			continue;
		if (move->verifies || (move->moves && end && loses_its_listener(end, &now, &then)))
			strv_add(ret, clients->items[i]);
	}
}

static size_t length_of_peer(const char *client)
{
	const char *at = strstr(client, AT);

	return at ? (size_t)(at - client) : strlen(client);
}

static bool is_same_peer(const char *a, const char *b)
{
	size_t n = length_of_peer(a);

	return n == length_of_peer(b) && strncmp(a, b, n) == 0;
}

char *api_clients_text(const struct strv *clients)
{
	CLEANUP(strv_clear) struct strv parts = {0};

	for (size_t i = 0, n; i < clients->count; i += n) {
		const char *client = clients->items[i];
		int length = (int)length_of_peer(client);

		for (n = 1; i + n < clients->count && is_same_peer(client, clients->items[i + n]);)
			n++;
		if (n > 1)
			strv_addf(&parts, "%.*s (%zu)", length, client, n);
		else
			strv_addf(&parts, "%.*s", length, client);
	}
	return strv_join(&parts, ", ");
}

char *api_clients_at(const struct strv *clients, const char *end)
{
	CLEANUP(strv_clear) struct strv here = {0};

	for (size_t i = 0; i < clients->count; i++)
		if (strcmp_null(end_of(clients->items[i]), end) == 0)
			strv_add(&here, clients->items[i]);
	return here.count ? api_clients_text(&here) : NULL;
}

/* From where they come, each once: how many connections it has is another number by the next second. */
static char *peers_text(const struct strv *clients)
{
	CLEANUP(strv_clear) struct strv peers = {0};

	for (size_t i = 0; i < clients->count; i++) {
		const char *client = clients->items[i];
		CLEANUP(freep) char *peer = xstrndup(client, length_of_peer(client));

		strv_add_once(&peers, peer);
	}
	return names_join(&peers);
}

char *api_clients_objection(const struct strv *clients, const struct api_move *move)
{
	CLEANUP(strv_clear) struct strv out = {0};
	CLEANUP(freep) char *peers = NULL;

	api_clients_shut_out(clients, move, &out);
	if (out.count == 0)
		return NULL;
	peers = peers_text(&out);
	return xasprintf(
		"open connections to the API over TCP from %s would be refused when made again: %s",
		peers,
		move->verifies ? "it asks there for TLS or a client certificate, which it did not"
			       : "it listens no more where they come in");
}
