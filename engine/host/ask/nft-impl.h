#pragma once

/* libnftables, bound at its first use: what nft.c (reads) and nft-run.c (writes) share. */

#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

/* Runs commands; with ret_json what it prints, in JSON. -EIO with what it complained of. */
int nft_command(const char *commands, struct buf *ret_json, struct error *err);
