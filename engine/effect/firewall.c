#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/effect/live.h"
#include "engine/format/nft-text.h"
#include "engine/host/ask/nft.h"
#include "engine/host/write/nft-run.h"

/* What the kernel has now: 1, or 0 where there is no table of ours. */
static int read_back(struct firewall_facts *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf json = {0};
	int r = nft_list(&json, err);

	return r < 0 ? r : nft_parse(buf_str(&json), ret, err);
}

static int confirm(const char *name, const char *text, struct error *err)
{
	CLEANUP(firewall_clear) struct firewall_facts now = {0};
	const struct firewall_chain *chain;
	int r = read_back(&now, err);

	if (r < 0)
		return r;
	chain = firewall_find(&now, name);
	if (strcmp_null(chain ? chain->text : NULL, text) != 0)
		return error_set(err, -EIO,
				 "the chain '%s' of the packet filter is not as it shall be", name);
	/* the last chain takes the table along, as it brought it */
	return r == 1 && now.nchains == 0 ? nft_run("delete table " FIREWALL_TABLE "\n", err) : 0;
}

static int make_true(const char *name, const char *text, struct error *err)
{
	CLEANUP(buf_clear) struct buf commands = {0};
	int r;

	nft_chain_commands(name, text, &commands);
	r = nft_run(buf_str(&commands), err);
	return r < 0 ? r : confirm(name, text, err);
}

int run_firewall(struct live *l, const struct effects *towards, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < towards->count && r >= 0; i++) {
		const struct effect *e = &towards->items[i];
		const char *name = effect_key(e, SCHEME_CHAIN);

		if (name && !e->pending)
			r = make_true(name, e->after, err);
	}
	return r < 0 ? r : 0;
}

int chain_now(const char *name, char **ret)
{
	CLEANUP(firewall_clear) struct firewall_facts now = {0};
	const struct firewall_chain *chain;
	int r = read_back(&now, NULL);

	if (r < 0)
		return r;
	chain = firewall_find(&now, name);
	*ret = xstrdup_null(chain ? chain->text : NULL);
	return chain != NULL;
}
