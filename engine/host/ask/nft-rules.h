#pragma once

/* The rules of a chain, asked of the kernel itself. Host, read side. */

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

/*
 * As the kernel sends them (engine/format/nft-dump.h reads it). `family` is NFPROTO_IPV4 or
 * NFPROTO_IPV6. A chain that is not there has none.
 */
int nft_chain_dump(unsigned family, const char *table, const char *chain, struct buf *ret,
		   struct error *err);

/* Whether rules stand in the older way of iptables (iptables-legacy), which is not read. */
bool legacy_filter(unsigned family);
