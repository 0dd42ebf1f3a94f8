#pragma once

/* The kernel's packet filter, as far as it can be ours. Host, read side; nft-run.h writes. */

#include "engine/base/buf.h"
#include "engine/base/error.h"

/* The tables of the family inet in nft's JSON (engine/format/nft-text.h reads it). */
int nft_list(struct buf *ret_json, struct error *err);
