#include "engine/host/ask/bus-firewalld.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/bus-impl.h"

#define FIREWALLD "org.fedoraproject.FirewallD1"
#define ZONES FIREWALLD ".zone"
#define OBJECT "/org/fedoraproject/FirewallD1"

static int ask_daemon(sd_bus *bus, const char *method, sd_bus_message **ret, struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	int r = sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
				   "org.freedesktop.DBus", method, &e, ret, "s", FIREWALLD);

	return r < 0 ? bus_error(err, r, &e, "cannot ask the system bus for firewalld") : 0;
}

/* Its own name on the bus: by the well-known one a call would start it, should it end meanwhile. */
static int find_owner(sd_bus *bus, char **ret, struct error *err)
{
	sd_bus_message *reply = NULL;
	const char *name = NULL;
	int has = 0;
	int r = ask_daemon(bus, "NameHasOwner", &reply, err);

	if (r >= 0)
		r = sd_bus_message_read(reply, "b", &has);
	reply = sd_bus_message_unref(reply);
	if (r >= 0 && has)
		r = ask_daemon(bus, "GetNameOwner", &reply, err);
	if (r >= 0 && has)
		r = sd_bus_message_read(reply, "s", &name);
	if (r >= 0 && has)
		*ret = xstrdup(name);
	sd_bus_message_unref(reply);
	return r;
}

static int ask_zone(sd_bus *bus, const char *owner, const char *interface, struct strv *ret,
		    struct error *err)
{
	sd_bus_error e = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *zone;
	int r = sd_bus_call_method(bus, owner, OBJECT, ZONES, "getZoneOfInterface", &e, &reply, "s",
				   interface);

	if (r >= 0)
		r = sd_bus_message_read(reply, "s", &zone);
	if (r >= 0)
		strv_add(ret, zone);
	sd_bus_message_unref(reply);
	return r < 0 ? bus_error(err, r, &e, "cannot ask firewalld for the zone of '%s'", interface)
		     : 0;
}

int firewalld_zones(const struct strv *interfaces, bool *ret_runs, struct strv *ret,
		    struct error *err)
{
	CLEANUP(bus_freep) struct bus *b = NULL;
	CLEANUP(freep) char *owner = NULL;
	int r = bus_open_system(&b, err);

	*ret_runs = false;
	if (r == -ENOENT || r == -ECONNREFUSED) {
		/* it owns a name on that bus, or does not run */
		error_clear(err);
		return 0;
	}
	if (r >= 0)
		r = find_owner(b->sd, &owner, err);
	*ret_runs = owner != NULL;
	for (size_t i = 0; r >= 0 && owner && i < interfaces->count; i++)
		r = ask_zone(b->sd, owner, interfaces->items[i], ret, err);
	return r;
}
