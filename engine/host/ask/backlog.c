#include "engine/host/ask/backlog.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/proc.h"

#define ESTABLISHED 1
#define CLOSE_WAIT 8 /* its maker has closed it */
#define END_SIZE 40 /* 32 digits, a colon, 4 digits */

/* As the tables have it: words of memory, and the port as a number. */
static void end_text(const void *address, size_t words, in_port_t port, char ret[static END_SIZE])
{
	uint32_t word;
	size_t n = 0;

	for (size_t i = 0; i < words; i++) {
		memcpy(&word, (const char *)address + i * sizeof(word), sizeof(word));
		n += (size_t)snprintf(ret + n, END_SIZE - n, "%08X", word);
	}
	snprintf(ret + n, END_SIZE - n, ":%04X", ntohs(port));
}

/* `mapped`: an address of IPv4 as a socket of both families has it. */
static void end_of(const struct sockaddr_storage *a, bool mapped, char ret[static END_SIZE])
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)a;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)a;
	uint32_t words[4] = {0, 0, htonl(0xffff), v4->sin_addr.s_addr};

	if (a->ss_family == AF_INET6)
		end_text(&v6->sin6_addr, 4, v6->sin6_port, ret);
	else if (mapped)
		end_text(words, 4, v4->sin_port, ret);
	else
		end_text(&v4->sin_addr, 1, v4->sin_port, ret);
}

/* What nobody has taken has no inode yet; what was taken and closed is in another state. */
static bool lies_in(const struct buf *table, bool mapped, const struct sockaddr_storage *listener,
		    const struct sockaddr_storage *maker)
{
	char local[END_SIZE], remote[END_SIZE];
	CLEANUP(freep) char *ends = NULL;
	unsigned state;
	unsigned long inode;
	const char *at;

	end_of(listener, mapped, local);
	end_of(maker, mapped, remote);
	ends = xasprintf(" %s %s ", local, remote);
	at = table->len > 0 ? strstr(buf_str(table), ends) : NULL;
	return at && sscanf(at + strlen(ends), "%x %*s %*s %*s %*s %*s %lu", &state, &inode) == 2 &&
	       (state == ESTABLISHED || state == CLOSE_WAIT) && inode == 0;
}

void backlog_read(struct backlog *ret)
{
	backlog_clear(ret);
	proc_read("/proc/net/tcp", &ret->v4, NULL);
	proc_read("/proc/net/tcp6", &ret->v6, NULL);
}

bool backlog_has(const struct backlog *b, const struct sockaddr_storage *listener,
		 const struct sockaddr_storage *maker)
{
	if (listener->ss_family == AF_INET && lies_in(&b->v4, false, listener, maker))
		return true;
	return lies_in(&b->v6, true, listener, maker);
}

void backlog_clear(struct backlog *b)
{
	buf_clear(&b->v4);
	buf_clear(&b->v6);
}
