#include "engine/base/address.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool range_has(const char *range, const char *address)
{
	char first[INET_ADDRSTRLEN];
	struct in_addr a, b;
	unsigned length;

	if (sscanf(range, "%15[0-9.]/%2u", first, &length) != 2 || length > 32 ||
	    inet_pton(AF_INET, first, &a) != 1 || inet_pton(AF_INET, address, &b) != 1)
		return false;
	return length == 0 || (ntohl(a.s_addr) ^ ntohl(b.s_addr)) >> (32 - length) == 0;
}

bool address_among(const struct strv *own, const char *address)
{
	if (strv_contains(own, address))
		return true;
	for (size_t i = 0; i < own->count; i++)
		if (range_has(own->items[i], address))
			return true;
	return false;
}
