#include "engine/host/ask/nft.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/late.h"
#include "engine/host/ask/nft-impl.h"

#define LIBNFTABLES "libnftables.so.1"

static struct {
	__typeof__(&nft_ctx_new) new;
	__typeof__(&nft_ctx_free) free;
	__typeof__(&nft_ctx_output_set_flags) set_flags;
	__typeof__(&nft_ctx_buffer_output) buffer_output;
	__typeof__(&nft_ctx_buffer_error) buffer_error;
	__typeof__(&nft_ctx_get_output_buffer) output;
	__typeof__(&nft_ctx_get_error_buffer) error;
	__typeof__(&nft_run_cmd_from_buffer) run;
} nft;

static const struct late_symbol symbols[] = {
	LATE_SYMBOL(nft.new, nft_ctx_new),
	LATE_SYMBOL(nft.free, nft_ctx_free),
	LATE_SYMBOL(nft.set_flags, nft_ctx_output_set_flags),
	LATE_SYMBOL(nft.buffer_output, nft_ctx_buffer_output),
	LATE_SYMBOL(nft.buffer_error, nft_ctx_buffer_error),
	LATE_SYMBOL(nft.output, nft_ctx_get_output_buffer),
	LATE_SYMBOL(nft.error, nft_ctx_get_error_buffer),
	LATE_SYMBOL(nft.run, nft_run_cmd_from_buffer),
};

/*
 * libnftables ends the whole process where it is loaded by one whose real and effective user
 * differ, and where it gets no netlink socket of its liking: what it would ask is asked before.
 */
static int check_process(struct error *err)
{
	int fd, r;

	if (getuid() != geteuid())
		return error_set(
			err, -EPERM,
			"'%s' does not serve a process with two users (real and effective)",
			LIBNFTABLES);
	/* the library says so on its own, on the program's standard error */
	if (geteuid() != 0)
		return error_set(err, -EPERM, "nftables answers root alone");
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	r = fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return r < 0 ? error_set(err, r, "cannot speak to nftables: %s", error_reason(r)) : 0;
}

static void free_context(struct nft_ctx **ctx)
{
	if (*ctx)
		nft.free(*ctx);
}

int nft_command(const char *commands, struct buf *ret_json, struct error *err)
{
	static struct late_library library = {LIBNFTABLES, symbols, ARRAY_SIZE(symbols)};
	CLEANUP(free_context) struct nft_ctx *ctx = NULL;
	const char *said;
	int r = check_process(err);

	if (r == 0)
		r = late_bind(&library, err);
	if (r < 0)
		return r;
	ctx = nft.new(NFT_CTX_DEFAULT);
	if (!ctx || nft.buffer_output(ctx) != 0 || nft.buffer_error(ctx) != 0)
		return error_set(err, -EIO, "cannot speak to nftables");
	if (ret_json)
		nft.set_flags(ctx, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_NUMERIC_PRIO);
	if (nft.run(ctx, commands) != 0) {
		said = nft.error(ctx);
		return error_set(err, -EIO, "nftables refuses: %.*s",
				 (int)strcspn(said ? said : "", "\n"), said ? said : "");
	}
	said = ret_json ? nft.output(ctx) : NULL; /* asking a second time gives nothing */
	if (said)
		buf_puts(ret_json, said);
	return 0;
}

int nft_list(struct buf *ret_json, struct error *err)
{
	return nft_command("list ruleset inet", ret_json, err);
}
