#include "engine/host/ask/nft.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/ask/nft-impl.h"

#define LIBNFTABLES "libnftables.so.1"
#define OUTPUT_JSON (1U << 4) /* NFT_CTX_OUTPUT_JSON, NFT_CTX_OUTPUT_NUMERIC_PRIO */
#define OUTPUT_NUMERIC_PRIO (1U << 8)

static struct {
	void *(*new)(uint32_t flags);
	void (*free)(void *ctx);
	void (*set_flags)(void *ctx, unsigned flags);
	int (*buffer_output)(void *ctx);
	int (*buffer_error)(void *ctx);
	const char *(*output)(void *ctx);
	const char *(*error)(void *ctx);
	int (*run)(void *ctx, const char *commands);
} nft;

static int bind_library(struct error *err)
{
	const struct {
		const char *name;
		void *slot;
	} symbols[] = {{"nft_ctx_new", &nft.new},
		       {"nft_ctx_free", &nft.free},
		       {"nft_ctx_output_set_flags", &nft.set_flags},
		       {"nft_ctx_buffer_output", &nft.buffer_output},
		       {"nft_ctx_buffer_error", &nft.buffer_error},
		       {"nft_ctx_get_output_buffer", &nft.output},
		       {"nft_ctx_get_error_buffer", &nft.error},
		       {"nft_run_cmd_from_buffer", &nft.run}};
	void *lib;

	if (nft.run)
		return 0;
	lib = dlopen(LIBNFTABLES, RTLD_LAZY | RTLD_LOCAL);
	if (!lib)
		return error_set(err, -ENOSYS, "cannot load '%s': %s", LIBNFTABLES, dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		void *fn = dlsym(lib, symbols[i].name);

		if (!fn)
			return error_set(err, -ENOSYS, "'%s' has no '%s'", LIBNFTABLES,
					 symbols[i].name);
		*(void **)symbols[i].slot = fn;
	}
	return 0;
}

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
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	r = fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return r < 0 ? error_set(err, r, "cannot speak to nftables: %s", error_reason(r)) : 0;
}

static void free_context(void **ctx)
{
	if (*ctx)
		nft.free(*ctx);
}

int nft_command(const char *commands, struct buf *ret_json, struct error *err)
{
	CLEANUP(free_context) void *ctx = NULL;
	const char *said;
	int r = check_process(err);

	if (r == 0)
		r = bind_library(err);
	if (r < 0)
		return r;
	ctx = nft.new(0);
	if (!ctx || nft.buffer_output(ctx) != 0 || nft.buffer_error(ctx) != 0)
		return error_set(err, -EIO, "cannot speak to nftables");
	if (ret_json)
		nft.set_flags(ctx, OUTPUT_JSON | OUTPUT_NUMERIC_PRIO);
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
