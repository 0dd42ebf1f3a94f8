#pragma once

/*
 * What dockerd set in the kernel for a setting of ours and does not take back when the setting goes:
 * with userland-proxy=false it switches on route_localnet of all its bridges, so that packets for
 * 127.0.0.0/8 that come from containers are taken; it stays so until a bridge is made anew (seen with
 * 20.10, 26.1 and 28.5). What it was before nobody knows, so it is named, not put back.
 */

#include "engine/base/strv.h"
#include "engine/format/nft-dump.h"
#include "engine/host/read/root.h"
#include "engine/model/plan.h"

/* What is there now, a line each, with the command that takes it back; of an image nothing. */
void left_behind(const struct root *root, struct strv *ret);

/* Of the rules of nat's POSTROUTING those that 20.10 left there. */
void left_behind_rules(const struct nft_rules *rules, struct strv *ret);

/* After a plan was put back that may have had dockerd set something so. */
void left_behind_by(const struct plan *plan, const struct root *root, struct strv *ret);
