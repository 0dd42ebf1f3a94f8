#pragma once

/*
 * Chains of the packet filter: from what nft(8) prints in JSON to the text of firewall.h, and
 * from that text to nft's commands.
 */

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/model/firewall.h"

/* The chains of our table in nft's answer to "list ruleset": 1, or 0 where there is no such table. */
int nft_parse(const char *json, struct firewall_facts *ret, struct error *err);

/*
 * Commands that make the chain this text, whatever it was before, or take it away (NULL). nft
 * carries them out all or none.
 */
void nft_chain_commands(const char *chain, const char *text, struct buf *ret);
