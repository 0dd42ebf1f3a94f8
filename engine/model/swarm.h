#pragma once

/*
 * What is known of the cluster that this host belongs to: its own part from the disk, the rest
 * from the Engine API of a manager. Part of the facts (facts.h), gathered only where a selected
 * control reads it. Whether the host is in a swarm at all is in docker_facts: `swarm`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct swarm_manager {
	char *name;
	char *reachability; /* "reachable", "unreachable", "unknown" */
};

struct overlay_network {
	char *name;
	bool encrypted, ingress;
};

struct swarm {
	bool manager; /* this node is one; a worker is told nothing of the cluster */
	char *not_measured; /* why the manager could not be asked; NULL: it was, or need not be */
	char *listen_address; /* "0.0.0.0:2377"; NULL: listen_unknown says why */
	char *listen_unknown;
	char *data_path_address; /* "" when it is that of the management */
	bool autolock;
	int64_t certificate_hours; /* lifetime of the nodes' certificates; 0: not known */
	struct swarm_manager *managers;
	size_t nmanagers;
	struct overlay_network *networks;
	size_t nnetworks;
	char *networks_unknown; /* why the list could not be read; NULL: it was */
};

struct swarm_manager *swarm_add_manager(struct swarm *s);
struct overlay_network *swarm_add_network(struct swarm *s);
void swarm_clear(struct swarm *s);
