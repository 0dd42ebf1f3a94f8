#pragma once

/*
 * The packet filter as far as it is ours: the chains of the table inet harden, and who else keeps
 * rules here. A chain is text, one line for each rule, in the words of nft(8); the first line is
 * what the chain hooks into. Plain data.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/strv.h"

#define FIREWALL_TABLE "inet harden"

struct firewall_chain {
	char *name;
	char *text;
	bool foreign; /* it has rules that we do not write */
};

struct firewall_facts {
	char *not_measured; /* why the kernel was not asked; NULL: it was */
	char *manager; /* a program that keeps all rules of this host: "firewalld"; NULL: none */
	struct firewall_chain *chains;
	size_t nchains;
	struct strv bridges; /* Docker's, each with a network behind it: "docker0 172.17.0.0/16" */
	struct strv ingress; /* what services of the swarm publish on every node: "8080/tcp" */
	char *published_unknown; /* why one of the two is not known; NULL: both are */
	struct strv
		peers; /* who has a connection open to a port here: "2376 192.0.2.7 on 10.0.0.9" */
};

const struct firewall_chain *firewall_find(const struct firewall_facts *f, const char *name);
struct firewall_chain *firewall_add(struct firewall_facts *f, const char *name);
void firewall_clear(struct firewall_facts *f);
