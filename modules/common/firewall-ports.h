#pragma once

/* The ports that a firewall resource is about, on this host as it is. */

#include "engine/model/view.h"
#include "modules/common/tally.h"

#define FIREWALL_ON " on "

/*
 * "2376/tcp" stands for itself, "@api" for the daemon's and the swarm's ports where anybody can
 * reach them, "@published" for those that running containers and the swarm's services publish. Appends "N/tcp" or "N/udp",
 * with " on ADDRESS" where it is published, or listened on, at that one address alone, which leaves the same port of
 * the host's other addresses to whoever has it; sorted, each once. What is not there, or not known,
 * is noted in the tally. ssh's port is never among them.
 */
void firewall_ports(const struct view *v, const struct strv *items, struct strv *ret,
		    struct tally *tally);

/* Whether a port ("8080/tcp") of that address of this host is one of them. */
bool firewall_ports_have(const struct strv *ports, const char *port, const char *address);

/*
 * For people, whose a port is and from where it is reached: "8081/tcp of container web on 0.0.0.0";
 * the port alone where nothing here tells. The caller frees it.
 */
char *firewall_port_name(const struct facts *f, const char *port);

/* Whether it is "@api", "@published", or a port of TCP or UDP. */
bool firewall_port_is_valid(const char *item);
