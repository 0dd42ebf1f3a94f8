#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/url-host.h"
#include "engine/next/parts.h"

/* Where dockerd would listen over TCP at its next start, and who is there before it. */

/* A port on which a socket unit of the boot listens: systemd has it before any service starts. */
struct boot_port {
	char *unit, *file;
	char *host, *port;
};

struct boot_ports {
	struct boot_port *items;
	size_t count;
};

static void boot_ports_clear(struct boot_ports *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].unit);
		free(p->items[i].file);
		free(p->items[i].host);
		free(p->items[i].port);
	}
	free(p->items);
}

/* ListenStream= is a path, a port, or an address with a port (systemd.socket(5)). */
static void take_stream(struct boot_ports *p, const char *unit, const char *file, const char *text)
{
	CLEANUP(freep) char *host = NULL, *port = NULL;

	if (text[strspn(text, "0123456789")] == '\0') {
		host = xstrdup("");
		port = xstrdup(text);
	} else if (!strchr("/@", text[0]) && !listening_split(text, &host, &port)) {
		return;
	}
	if (port)
		*(struct boot_port *)array_append(&p->items, &p->count, sizeof(*p->items)) =
			(struct boot_port){xstrdup(unit), xstrdup(file), TAKE_PTR(host),
					   TAKE_PTR(port)};
}

static void read_ports(const struct next *n, struct boot_ports *ret)
{
	for (size_t i = 0; i < n->boot.units.count; i++) {
		const char *unit = n->boot.units.items[i];
		CLEANUP(strv_clear) struct strv lines = {0}, files = {0};
		CLEANUP(freep) char *mask = NULL;

		if (!ends_with(unit, ".socket"))
			continue;
		mask = boot_unit_mask(n->view, unit);
		if (!mask)
			boot_unit_values(n->view, unit, "Socket/ListenStream", &lines, &files);
		for (size_t k = 0; k < lines.count; k++)
			take_stream(ret, unit, files.items[k], lines.items[k]);
	}
}

/* "80" or "80-90" */
static bool has_port(const char *range, const char *port)
{
	unsigned long one = strtoul(port, NULL, 10), first = strtoul(range, NULL, 10), last = first;
	const char *to = strchr(range, '-');

	if (to)
		last = strtoul(to + 1, NULL, 10);
	return one >= first && one <= last;
}

static const struct boot_port *holder(const struct boot_ports *all, const char *host,
				      const char *range)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct boot_port *p = &all->items[i];

		if (has_port(range, p->port) &&
		    (listening_is_any(p->host) || listening_is_any(host) ||
		     strcmp(p->host, host) == 0))
			return p;
	}
	return NULL;
}

static void look_at(struct next *n, const struct boot_ports *all, const char *key,
		    const char *address)
{
	CLEANUP(freep) char *host = NULL, *port = NULL, *why = NULL, *place = NULL;
	const struct boot_port *taken = NULL;
	enum may_listen may = listening_may(&n->docker->listening, address, &why);
	size_t line;

	place = next_place_of_key(n->view, key, &line);
	if (listening_split(address, &host, &port))
		taken = holder(all, host, port);
	if (taken)
		foresight_add(n->ret, NEXT_PORTS, FORESIGHT_FAIL, taken->file,
			      next_line_with(n->view, taken->file, taken->port),
			      "%s is started by the boot and listens on port %s before dockerd, "
			      "which has '%s' in %s: dockerd would not start",
			      taken->unit, taken->port, address, key);
	else if (may == LISTEN_TAKEN)
		foresight_add(n->ret, NEXT_PORTS, FORESIGHT_FAIL, place, line,
			      "dockerd would not start with '%s' in %s: %s", address, key, why);
	else if (may == LISTEN_UNSURE)
		foresight_add(n->ret, NEXT_PORTS, FORESIGHT_NOT_MEASURED, place, line,
			      "whether dockerd would start with '%s' in %s is not known: %s",
			      address, key, why);
}

/* "8080/tcp on 10.0.0.9": a container that starts by itself and finds its port taken stays down. */
static void look_at_container(struct next *n, const struct boot_ports *all,
			      const struct container *c)
{
	bool starts =
		c->restart_policy && *c->restart_policy && strcmp(c->restart_policy, "no") != 0;

	for (size_t i = 0; starts && i < c->ports.count; i++) {
		const char *text = c->ports.items[i], *on = strstr(text, "/tcp on ");
		CLEANUP(freep) char *port = on ? xstrndup(text, (size_t)(on - text)) : NULL;
		const struct boot_port *taken =
			on ? holder(all, on + strlen("/tcp on "), port) : NULL;

		if (taken)
			foresight_add(n->ret, NEXT_PORTS, FORESIGHT_FAIL, taken->file,
				      next_line_with(n->view, taken->file, taken->port),
				      "%s is started by the boot and listens on port %s, which "
				      "container %s publishes: it would not start again",
				      taken->unit, taken->port, container_label(c));
	}
}

void next_ports(struct next *n)
{
	const struct setting *hosts = settings_find(&n->docker->next, "hosts");
	CLEANUP(boot_ports_clear) struct boot_ports all = {0};
	CLEANUP(freep) char *metrics = next_text(n->docker, "metrics-addr");
	CLEANUP(strv_clear) struct strv entries = {0};
	struct containers containers;

	read_ports(n, &all);
	url_hosts_read(hosts ? hosts->value : NULL, &entries);
	for (size_t i = 0; i < entries.count; i++) {
		CLEANUP(freep) char *address = url_host_of_api(entries.items[i]);

		if (address)
			look_at(n, &all, "hosts", address);
	}
	if (metrics && *metrics)
		look_at(n, &all, "metrics-addr", metrics);
	for (size_t i = 0;
	     containers_get(&n->docker->containers, &containers) && i < containers.count; i++)
		look_at_container(n, &all, &containers.items[i]);
	if (n->boot.unknown && entries.count)
		foresight_add(n->ret, NEXT_PORTS, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "which sockets the next boot opens is not known: %s",
			      n->boot.unknown);
	foresight_pass(n->ret, NEXT_PORTS, "nobody else listens where dockerd would");
}
