#include "modules/common/firewall-ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/cidr.h"
#include "engine/format/url-host.h"
#include "engine/model/listening.h"

#define SSH "22/tcp"

static const char *const daemon_ports[] = {"2375/tcp", "2376/tcp"};
static const char *const swarm_ports[] = {"2377/tcp", "7946/tcp", "7946/udp", "4789/udp"};

bool firewall_port_is_valid(const char *item)
{
	char protocol[4];
	unsigned port;
	int end = 0;

	if (strcmp(item, "@api") == 0 || strcmp(item, "@published") == 0)
		return true;
	return sscanf(item, "%5u/%3[a-z]%n", &port, protocol, &end) == 2 && !item[end] &&
	       item[0] != '0' && port > 0 && port < 65536 &&
	       (strcmp(protocol, "tcp") == 0 || strcmp(protocol, "udp") == 0);
}

static bool is_at(const char *item, const char *port)
{
	const char *rest = starts_with(item, port) ? item + strlen(port) : NULL;

	return rest && (!*rest || starts_with(rest, FIREWALL_ON));
}

static void add(struct strv *ret, const char *port)
{
	if (!is_at(port, SSH))
		strv_add_once(ret, port);
}

/* " on 10.0.0.9", as the kernel writes it; empty where it is all addresses, or no single one. */
static char *on_address(const char *host)
{
	static const unsigned char any[16];
	CLEANUP(freep) char *text = NULL;
	struct cidr address;

	if (strchr(host, '/') || cidr_parse(host, &address, NULL) < 0 ||
	    memcmp(address.bytes, any, address.family == AF_INET ? 4 : 16) == 0)
		return xstrdup("");
	text = cidr_text(&address);
	return xasprintf(FIREWALL_ON "%s", text);
}

/* The port of "tcp://0.0.0.0:2376"; dockerd's own default where it names none. */
static void add_listener(const char *listener, struct strv *ret, size_t *count)
{
	CLEANUP(url_host_clear) struct url_host u = {0};
	CLEANUP(freep) char *address = url_host_of_api(listener), *port = NULL;
	CLEANUP(freep) char *on = NULL, *item = NULL;

	url_host_parse(address ? address : listener, &u);
	if (listening_is_loopback(u.host))
		return;
	(*count)++;
	if (!u.port)
		return;
	port = xasprintf("%.*s/tcp", (int)strspn(u.port, "0123456789"), u.port);
	if (!firewall_port_is_valid(port))
		return;
	on = on_address(u.host);
	item = xasprintf("%s%s", port, on);
	add(ret, item);
}

/* "tcp://10.0.0.9:2375 by x.socket" */
static void add_passed_on(const char *text, struct strv *ret, size_t *count)
{
	CLEANUP(freep) char *listener = xstrndup(text, strcspn(text, " "));

	add_listener(listener, ret, count);
}

static void add_api(const struct facts *f, struct strv *ret, struct tally *tally)
{
	const struct docker_facts *d = &f->docker;
	bool swarm = d->swarm && strcmp(d->swarm, "inactive") != 0;
	size_t exposed = 0;

	for (size_t i = 0; i < d->tcp_listeners.count; i++)
		add_listener(d->tcp_listeners.items[i], ret, &exposed);
	for (size_t i = 0; i < d->tcp_passed_on.count; i++)
		add_passed_on(d->tcp_passed_on.items[i], ret, &exposed);
	for (size_t i = 0; exposed && i < ARRAY_SIZE(daemon_ports); i++)
		add(ret, daemon_ports[i]);
	for (size_t i = 0; swarm && i < ARRAY_SIZE(swarm_ports); i++)
		add(ret, swarm_ports[i]);
	if (d->tcp_unknown)
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", d->tcp_unknown);
	if (d->running && d->sockets_unread)
		tally_note(tally, VERDICT_NOT_MEASURED, "%s", d->sockets_unread);
	for (size_t i = 0; i < d->api_passed_on.count; i++)
		tally_note(tally, VERDICT_NOT_MEASURED,
			   "from which ports %s passes on to the API, if it does, is not known",
			   d->api_passed_on.items[i]);
	if (exposed || swarm)
		return;
	if (d->elsewhere || (d->running && d->not_measured))
		tally_note(tally, VERDICT_NOT_MEASURED, "%s",
			   d->elsewhere ? d->elsewhere : d->not_measured);
	else if (!d->tcp_unknown && !(d->running && d->sockets_unread))
		tally_note(tally, VERDICT_NOT_APPLICABLE,
			   "nobody can reach dockerd by the network, and this is not a swarm node");
}

/* "8080/tcp on 0.0.0.0", "80-90/udp on ::" */
static void add_published(const char *text, struct strv *ret)
{
	CLEANUP(freep) char *on = NULL;
	unsigned first, last;
	char protocol[8], address[64];

	if (sscanf(text, "%u-%u/%7[a-z] on %63s", &first, &last, protocol, address) != 4) {
		if (sscanf(text, "%u/%7[a-z] on %63s", &first, protocol, address) != 3)
			return;
		last = first;
	}
	if (listening_is_loopback(address))
		return;
	on = on_address(address);
	for (unsigned port = first; port <= last; port++) {
		CLEANUP(freep) char *number = xasprintf("%u/%s", port, protocol);
		CLEANUP(freep) char *item = xasprintf("%s%s", number, on);

		if (firewall_port_is_valid(number))
			add(ret, item);
	}
}

/* Between two runs dockerd has not chosen yet which port of the host it will be. */
static void note_unchosen(const struct container *c, struct tally *tally)
{
	for (size_t i = 0; c->running && !container_lives(c) && i < c->ports.count; i++)
		if (starts_with(c->ports.items[i], "any/")) {
			tally_note(tally, VERDICT_NOT_MEASURED,
				   "at which port container %s is published is not known while it "
				   "waits for its next start",
				   container_label(c));
			return;
		}
}

static void add_containers(const struct facts *f, struct strv *ret, struct tally *tally)
{
	size_t before = ret->count, running;
	struct containers all;

	if (!containers_get(&f->docker.containers, &all)) {
		tally_note(tally, VERDICT_NOT_MEASURED, "%s",
			   containers_why(&f->docker.containers));
		return;
	}
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; all.items[i].running && k < all.items[i].ports.count; k++)
			add_published(all.items[i].ports.items[k], ret);
	for (size_t i = 0; i < all.count; i++)
		note_unchosen(&all.items[i], tally);
	for (size_t i = 0; i < f->firewall.ingress.count; i++)
		add(ret, f->firewall.ingress.items[i]);
	if (f->firewall.published_unknown)
		tally_note(tally, VERDICT_NOT_MEASURED, "what is published is not known: %s",
			   f->firewall.published_unknown);
	if (!containers_running(&f->docker.containers, &running))
		tally_note(tally, VERDICT_NOT_MEASURED,
			   "dockerd does not tell of every container what it publishes");
	else if (ret->count == before)
		tally_note(tally, VERDICT_NOT_APPLICABLE,
			   "no running container publishes a port to other hosts");
}

static int compare_ports(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	long p = strtol(x, NULL, 10), q = strtol(y, NULL, 10);

	return p != q ? (p > q) - (p < q) : strcmp(x, y);
}

bool firewall_ports_have(const struct strv *ports, const char *port, const char *address)
{
	CLEANUP(freep) char *on = on_address(address), *item = xasprintf("%s%s", port, on);

	return strv_contains(ports, port) || strv_contains(ports, item);
}

/* What is among them for all addresses is not named for one as well. */
static void keep_widest(struct strv *ports)
{
	for (size_t i = ports->count; i-- > 0;) {
		const char *on = strstr(ports->items[i], FIREWALL_ON);
		CLEANUP(freep)
		char *port = on ? xstrndup(ports->items[i], (size_t)(on - ports->items[i])) : NULL;

		if (port && strv_contains(ports, port))
			strv_remove(ports, i);
	}
}

void firewall_ports(const struct view *v, const struct strv *items, struct strv *ret,
		    struct tally *tally)
{
	for (size_t i = 0; i < items->count; i++) {
		if (strcmp(items->items[i], "@api") == 0)
			add_api(v->facts, ret, tally);
		else if (strcmp(items->items[i], "@published") == 0)
			add_containers(v->facts, ret, tally);
		else
			add(ret, items->items[i]);
	}
	keep_widest(ret);
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(char *), compare_ports);
}

/* "on 0.0.0.0" where the container publishes that port to other hosts; NULL: it does not. */
static const char *published_on(const struct container *c, const char *port)
{
	for (size_t i = 0; c->running && i < c->ports.count; i++) {
		CLEANUP(strv_clear) struct strv ports = {0};
		const char *on = strstr(c->ports.items[i], FIREWALL_ON);

		add_published(c->ports.items[i], &ports);
		for (size_t k = 0; on && k < ports.count; k++)
			if (is_at(ports.items[k], port))
				return on + 1;
	}
	return NULL;
}

char *firewall_port_name(const struct facts *f, const char *port)
{
	struct containers all;

	if (containers_get(&f->docker.containers, &all))
		for (size_t i = 0; i < all.count; i++) {
			const char *on = published_on(&all.items[i], port);

			if (on)
				return xasprintf("%.*s of container %s %s", (int)strcspn(port, " "),
						 port, container_label(&all.items[i]), on);
		}
	if (strv_contains(&f->firewall.ingress, port))
		return xasprintf("%s of a service of the swarm", port);
	if (is_among(port, swarm_ports, ARRAY_SIZE(swarm_ports)))
		return xasprintf("%s of the swarm", port);
	return is_among(port, daemon_ports, ARRAY_SIZE(daemon_ports))
		       ? xasprintf("%s of dockerd", port)
		       : xstrdup(port);
}
