#pragma once

/*
 * Rules of the packet filter as the kernel sends them (netlink, nf_tables): as much as tells whose
 * a rule is. Those of iptables-nft are among them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"

/* What a rule asks of a packet's interface; NULL: nothing. */
struct nft_interface {
	char *name;
	bool negated; /* any but this one */
};

struct nft_rule {
	char *to; /* the chain that it jumps or goes to; NULL: none */
	bool by_interface_out; /* it asks where a packet leaves */
	bool accepts; /* its verdict is accept: it forbids nothing */
	bool returns; /* to whence its chain was jumped to */
	bool goes; /* to the chain without coming back */
	bool drops;
	struct nft_interface in, out;
	char *target; /* of iptables, "DNAT", "MASQUERADE"; NULL: none */
	char *destination; /* one address that it asks for; NULL: none */
	unsigned protocol, port; /* that it asks for, the port of the destination; 0: none */
	char *sent_to; /* the address that DNAT puts in; NULL: none */
	unsigned sent_port;
	bool by_address_type; /* it asks what kind of address it has (iptables -m addrtype) */
	bool by_subnet; /* it asks for all but one address or network */
	bool asks_more; /* than what is told here */
};

/* In their order. */
struct nft_rules {
	struct nft_rule *items;
	size_t count;
};

/*
 * Adds the rules of one datagram: 1 where more comes, 0 at the end, -EBADMSG for what cannot be
 * understood, or what the kernel refuses with.
 */
int nft_dump_read(const void *data, size_t n, struct nft_rules *ret, struct error *err);

void nft_rules_clear(struct nft_rules *rules);
