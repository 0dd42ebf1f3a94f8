#pragma once

/*
 * What a firewall resource writes: a chain of our own in a table of our own, in front of every
 * translation of addresses, so that it holds for sockets of the host and for ports that containers
 * publish alike, and whatever else filters packets here stays as it is. It accepts what is
 * established, loopback and the sources, and drops those ports; all else it lets pass.
 */

#include "engine/base/strv.h"
#include "engine/model/facts.h"

#define FIREWALL_NFT "/usr/sbin/nft"

/*
 * The chain as engine/model/firewall.h has it. `ports` are as firewall_ports() has them; `containers`: it limits
 * what containers publish, so the bridges are shut too where the engine leaves them open. The caller
 * frees it.
 */
char *firewall_chain_text(const struct facts *f, const struct strv *ports,
			  const struct strv *sources, bool containers);

/*
 * Whether a chain drops what comes to the port: a line of it is "tcp dport 8080 drop", or for
 * "8080/tcp on 10.0.0.9" "ip daddr 10.0.0.9 tcp dport 8080 drop".
 */
bool firewall_chain_drops(const char *chain, const char *port);

/* The file from which `unit` loads the chain of that name at boot, and that unit; the caller frees them. */
char *firewall_file_text(const char *name, const char *chain, const char *unit);
char *firewall_unit_text(const char *name, const char *file);
