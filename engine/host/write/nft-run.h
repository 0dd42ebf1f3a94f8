#pragma once

/* Changes of the kernel's packet filter. Host, write side. */

#include "engine/base/error.h"

/* nft(8)'s commands, one a line: all of them come into force, or none. */
int nft_run(const char *commands, struct error *err);
