#pragma once

/* What is read of the packet filter for dockerd's start. Only forward*.c include this. */

#include "engine/facts/parts.h"
#include "engine/format/nft-dump.h"

/* The filter of one family as it is now. */
struct filter_view {
	unsigned family;
	const char *program; /* that shows it: "iptables" */
	bool all_jumps; /* dockerd is one that moves DOCKER-FORWARD to the top */
	struct nft_rules forward, own; /* chains FORWARD and DOCKER of the table filter */
};

/* The rules of a chain, read again where they change meanwhile. */
int filter_rules(unsigned family, const char *table, const char *chain, struct nft_rules *ret,
		 struct error *err);

/* Whether it jumps to a chain of dockerd. */
bool rule_is_dockers(const struct nft_rule *rule);

/*
 * Rules of others in dockerd's own chains, and rules of dockerd that somebody took out: a sentence
 * each, appended. Of a container that began or ended meanwhile nothing is said.
 */
int filter_find_own(const struct gather *g, const struct filter_view *v, struct strv *ret,
		    struct error *err);
