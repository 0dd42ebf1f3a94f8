#pragma once

/* Addresses and networks of IP in both versions: "192.0.2.7", "192.0.2.0/24", "fd00::/8". */

#include <stdbool.h>

#include "engine/base/error.h"

struct cidr {
	int family; /* AF_INET, AF_INET6 */
	unsigned char bytes[16];
	unsigned length; /* of the prefix; 32 or 128: one address */
};

/* An address of IPv4 that is written as one of IPv6 (::ffff:192.0.2.7) is one of IPv4. */
int cidr_parse(const char *text, struct cidr *ret, struct error *err);

/* With the bits behind the prefix cleared, and no length where it is one address; the caller frees it. */
char *cidr_text(const struct cidr *c);

bool cidr_contains(const struct cidr *net, const struct cidr *address);
