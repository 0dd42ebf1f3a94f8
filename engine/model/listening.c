#include "engine/model/listening.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/address.h"
#include "engine/base/alloc.h"
#include "engine/base/str.h"

void listening_clear(struct listening *l)
{
	strv_clear(&l->ports);
	strv_clear(&l->addresses);
	strv_clear(&l->proxies);
	free(l->unknown);
	*l = (struct listening){0};
}

bool listening_split(const char *text, char **ret_host, char **ret_port)
{
	const char *colon = strrchr(text, ':');
	bool brackets = text[0] == '[' && colon && colon > text + 1 && colon[-1] == ']';

	if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	*ret_host = brackets ? xstrndup(text + 1, (size_t)(colon - text) - 2)
			     : xstrndup(text, (size_t)(colon - text));
	*ret_port = xstrdup(colon + 1);
	return true;
}

static bool is_localhost(const char *host)
{
	return strcasecmp(host, "localhost") == 0 || strcasecmp(host, "localhost.") == 0;
}

/*
 * An address in the one way that the kernel writes it, one of IPv4 within IPv6 as that of IPv4; a
 * name is left as it is. "localhost" may be either loopback. The caller frees it.
 */
static char *address_of(const char *host)
{
	struct in6_addr bytes;
	int family = strchr(host, ':') ? AF_INET6 : AF_INET;
	const void *from = &bytes;
	char text[INET6_ADDRSTRLEN];

	if (is_localhost(host))
		return xstrdup("127.0.0.1");
	if (inet_pton(family, host, &bytes) != 1)
		return xstrdup(host);
	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&bytes)) {
		family = AF_INET;
		from = &bytes.s6_addr[12];
	}
	return xstrdup(inet_ntop(family, from, text, sizeof(text)) ? text : host);
}

static bool is_v6(const char *host)
{
	return strchr(host, ':') != NULL;
}

static bool is_any(const char *host)
{
	return !*host || strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 ||
	       strcmp(host, "::") == 0;
}

static bool is_address(const char *host)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool is_loopback(const char *host)
{
	return (starts_with(host, "127.") && is_address(host)) || strcmp(host, "::1") == 0;
}

bool listening_is_loopback(const char *host)
{
	CLEANUP(freep) char *address = address_of(host);

	return is_loopback(address);
}

/* "0", "0x0", "00.0": so libc reads what inet_pton() does not. */
static bool is_zero(const char *host)
{
	return strchr(host, '0') && strspn(host, "0xX.") == strlen(host);
}

bool listening_is_any(const char *host)
{
	const char *inside = host + (host[0] == '[');
	/* without brackets, and of one interface */
	CLEANUP(freep) char *bare = xstrndup(inside, strcspn(inside, "%]"));
	CLEANUP(freep) char *address = address_of(bare);

	return is_any(address) || is_zero(address);
}

bool listening_is_here(const struct listening *l, const char *host)
{
	CLEANUP(freep) char *address = address_of(host);

	return is_any(address) || is_loopback(address) || address_among(&l->addresses, address);
}

bool listening_has(const struct listening *l, const char *host)
{
	return is_address(host) &&
	       (listening_is_here(l, host) || strv_contains(&l->addresses, "*"));
}

/* The address of a listener at that port; NULL: it is one of another port. */
static const char *at_port(const struct listening *l, size_t i, const char *port, char **ret)
{
	const char *space = strchr(l->ports.items[i], ' ');

	if (!space || strcmp(space + 1, port) != 0)
		return NULL;
	free(*ret);
	*ret = xstrndup(l->ports.items[i], (size_t)(space - l->ports.items[i]));
	return *ret;
}

/* One that connects to no address in particular reaches this host's loopback. */
static char *reached(const char *host)
{
	char *address = address_of(host);
	bool v6 = is_v6(address);

	if (!is_any(address))
		return address;
	free(address);
	return xstrdup(v6 ? "::1" : "127.0.0.1");
}

bool listening_answers(const struct listening *l, const char *host, const char *port)
{
	CLEANUP(freep) char *wanted = reached(host), *buffer = NULL;

	for (size_t i = 0; i < l->ports.count; i++) {
		const char *has = at_port(l, i, port, &buffer);

		if (has && ((is_any(has) && (is_v6(has) || !is_v6(wanted))) ||
			    strcmp(has, wanted) == 0 || (is_localhost(host) && is_loopback(has))))
			return true;
	}
	return false;
}

/* One for all addresses of IPv6 is mostly one for those of IPv4, too; whether it is, nobody tells. */
static enum may_listen beside(const char *wanted, const char *has)
{
	if (strcmp(wanted, has) == 0)
		return LISTEN_TAKEN;
	if (is_any(wanted))
		return is_any(has) || !is_v6(has) || is_v6(wanted) || !*wanted ? LISTEN_TAKEN
									       : LISTEN_UNSURE;
	if (is_any(has) && is_v6(has) == is_v6(wanted))
		return LISTEN_TAKEN;
	return is_any(has) && is_v6(has) ? LISTEN_UNSURE : LISTEN_FREE;
}

static enum may_listen among_ports(const struct listening *l, const char *host, const char *port,
				   char **ret_why)
{
	enum may_listen worst = LISTEN_FREE;
	CLEANUP(freep) char *buffer = NULL;

	for (size_t i = 0; i < l->ports.count; i++) {
		const char *has = at_port(l, i, port, &buffer);
		enum may_listen m = has ? beside(host, has) : LISTEN_FREE;

		if (m == LISTEN_FREE || worst == LISTEN_TAKEN)
			continue;
		worst = m;
		free(*ret_why);
		*ret_why = xasprintf("another process listens on %s port %s already "
				     "(ss -ltnp sport = %s)",
				     has, port, port);
	}
	return worst;
}

enum may_listen listening_may(const struct listening *l, const char *text, char **ret_why)
{
	CLEANUP(freep) char *host = NULL, *port = NULL, *address = NULL;

	if (!listening_split(text, &host, &port) || strcmp(port, "0") == 0)
		return LISTEN_FREE;
	if (l->unknown) {
		*ret_why = xasprintf("who listens on port %s is not known: %s", port, l->unknown);
		return LISTEN_UNSURE;
	}
	address = address_of(host);
	if (!is_any(address) && !is_address(address)) {
		*ret_why = xasprintf("which address '%s' has is not looked up", host);
		return LISTEN_UNSURE;
	}
	if (!is_any(address) && !listening_has(l, address)) {
		*ret_why = xasprintf("no interface of this host has the address %s", address);
		return LISTEN_TAKEN;
	}
	return among_ports(l, address, port, ret_why);
}
