#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/facts/containers.h"
#include "engine/format/published-info.h"

/*
 * Where the ports of containers without a process would be published that name no address: each network
 * that somebody made has an address of its own for them, whatever the daemon's "ip" is. Of one that is in
 * several dockerd chooses at its start: what they do not agree on stays "default", which is not known.
 */

#define DEFAULT " on default"

/* Whether all networks of that name have the same address as those before; a name may be there twice. */
static bool agree(const struct strv *addresses, const char *network, const char **address)
{
	bool found = false;

	for (size_t i = 0; i < addresses->count; i++) {
		const char *row = addresses->items[i];
		const char *rest = starts_with(row, network) ? row + strlen(network) : "";

		if (*rest != ' ')
			continue;
		if (*address && strcmp(*address, rest + 1) != 0)
			return false;
		*address = rest + 1;
		found = true;
	}
	return found;
}

/* NULL: it is not known, or the default bridge's, which is the daemon's own. */
static const char *address_of(const struct strv *addresses, const struct container *c)
{
	const char *address = NULL;

	for (size_t i = 0; i < c->networks.count; i++)
		if (network_is_dockerds(c->networks.items[i]) ||
		    !agree(addresses, c->networks.items[i], &address))
			return NULL;
	return address;
}

void container_addresses_put(const struct strv *addresses, struct container *c)
{
	const char *address = container_lives(c) ? NULL : address_of(addresses, c);

	for (size_t i = 0; address && i < c->ports.count; i++) {
		const char *port = c->ports.items[i], *on = strstr(port, DEFAULT);
		char *text;

		if (!on || on[strlen(DEFAULT)])
			continue;
		text = xasprintf("%.*s on %s", (int)(on - port), port, address);
		free(c->ports.items[i]);
		c->ports.items[i] = text;
	}
}
