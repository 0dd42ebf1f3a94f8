#include "engine/host/ask/nft-rules.h"

#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/macros.h"
#include "engine/base/strv.h"
#include "engine/host/read/proc.h"
#include "engine/host/read/root.h"

#define ANSWER_SIZE 65536 /* of one datagram; the kernel sends what fits */
#define TRIES 3 /* the rules may change while they are read */

static void put_attribute(struct buf *b, unsigned short type, const char *text)
{
	struct nlattr head = {.nla_len = (unsigned short)(NLA_HDRLEN + strlen(text) + 1),
			      .nla_type = type};
	static const char zeros[NLA_ALIGNTO];
	size_t n = strlen(text) + 1;

	buf_append(b, &head, sizeof(head));
	buf_append(b, text, n);
	buf_append(b, zeros, NLA_ALIGN(n) - n);
}

static int ask(int fd, unsigned family, const char *table, const char *chain)
{
	struct nlmsghdr head = {.nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP};
	struct nfgenmsg to = {.nfgen_family = (unsigned char)family};
	CLEANUP(buf_clear) struct buf tail = {0}, all = {0};

	buf_append(&tail, &to, sizeof(to));
	put_attribute(&tail, NFTA_RULE_TABLE, table);
	put_attribute(&tail, NFTA_RULE_CHAIN, chain);
	head.nlmsg_len = (unsigned)(sizeof(head) + tail.len);
	buf_append(&all, &head, sizeof(head));
	buf_append(&all, tail.data, tail.len);
	return send(fd, all.data, all.len, 0) < 0 ? -errno : 0;
}

/* Whether the last message of the answer is in it: its end, or why there is none. */
static bool is_last(const char *answer, size_t n)
{
	struct nlmsghdr head;
	size_t at = 0;

	while (n - at >= sizeof(head)) {
		memcpy(&head, answer + at, sizeof(head));
		if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR)
			return true;
		if (head.nlmsg_len < sizeof(head) || head.nlmsg_len > n - at)
			return true; /* whoever reads it finds that it is cut off */
		at += (size_t)NLMSG_ALIGN(head.nlmsg_len) < n - at ? NLMSG_ALIGN(head.nlmsg_len)
								   : n - at;
	}
	return false;
}

static int receive(int fd, struct buf *ret, struct error *err)
{
	static char answer[ANSWER_SIZE];
	ssize_t n;
	int r;

	do {
		n = recv(fd, answer, sizeof(answer), MSG_TRUNC);
		if (n < 0 || (size_t)n > sizeof(answer)) {
			r = n < 0 ? -errno : -EMSGSIZE;
			return error_set(err, r, "the packet filter does not answer: %s",
					 strerror(-r));
		}
		buf_append(ret, answer, (size_t)n);
	} while (!is_last(answer, (size_t)n));
	return 0;
}

bool legacy_filter(unsigned family)
{
	CLEANUP(buf_clear) struct buf names = {0};
	CLEANUP(strv_clear) struct strv lines = {0};

	if (proc_read(family == NFPROTO_IPV6 ? "/proc/net/ip6_tables_names"
					     : "/proc/net/ip_tables_names",
		      &names, NULL) < 0)
		return false; /* the kernel has none of it loaded */
	strv_split(&lines, buf_str(&names), "\n");
	return strv_contains(&lines, "filter");
}

int nft_chain_dump(unsigned family, const char *table, const char *chain, struct buf *ret,
		   struct error *err)
{
	struct timeval most = {.tv_sec = 5};
	CLEANUP(close_fd) int fd = -1;
	int r = 0;

	/* to ask would load it */
	if (legacy_filter(family) && access("/sys/module/nf_tables", F_OK) < 0)
		return 0;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)) < 0)
		r = -errno;
	if (r == 0)
		r = ask(fd, family, table, chain);
	return r < 0 ? error_set(err, r, "cannot ask the packet filter: %s", strerror(-r))
		     : receive(fd, ret, err);
}
