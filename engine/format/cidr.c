#include "engine/format/cidr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};

static unsigned bits_of(int family)
{
	return family == AF_INET ? 32 : 128;
}

static void unmap(struct cidr *c)
{
	if (c->family != AF_INET6 || c->length < 96 ||
	    memcmp(c->bytes, mapped, sizeof(mapped)) != 0)
		return;
	c->family = AF_INET;
	c->length -= 96;
	memmove(c->bytes, c->bytes + sizeof(mapped), 4);
}

static void clear_host_bits(struct cidr *c)
{
	for (unsigned i = c->length; i < bits_of(c->family); i++)
		c->bytes[i / 8] &= (unsigned char)~(0x80U >> i % 8);
}

int cidr_parse(const char *text, struct cidr *ret, struct error *err)
{
	const char *slash = strchr(text, '/');
	CLEANUP(freep)
	char *address = xstrndup(text, slash ? (size_t)(slash - text) : strlen(text));
	char *end = NULL;

	*ret = (struct cidr){.family = strchr(address, ':') ? AF_INET6 : AF_INET};
	ret->length = bits_of(ret->family);
	if (slash && slash[1] >= '0' && slash[1] <= '9')
		ret->length = (unsigned)strtoul(slash + 1, &end, 10);
	if ((slash && (!end || *end)) || ret->length > bits_of(ret->family) ||
	    inet_pton(ret->family, address, ret->bytes) != 1)
		return error_set(err, -EINVAL, "'%s' is not an address or network of IP", text);
	unmap(ret);
	clear_host_bits(ret);
	return 0;
}

char *cidr_text(const struct cidr *c)
{
	char address[INET6_ADDRSTRLEN];

	inet_ntop(c->family, c->bytes, address, sizeof(address));
	if (c->length == bits_of(c->family))
		return xstrdup(address);
	return xasprintf("%s/%u", address, c->length);
}

bool cidr_contains(const struct cidr *net, const struct cidr *address)
{
	if (net->family != address->family || address->length < net->length)
		return false;
	for (unsigned i = 0; i < net->length; i++)
		if ((net->bytes[i / 8] ^ address->bytes[i / 8]) & 0x80U >> i % 8)
			return false;
	return true;
}
