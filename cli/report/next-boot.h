#pragma once

/* What `check --next-boot` found, as text and JSON. Each returns an exit code of the printing itself. */

#include "cli/context.h"
#include "engine/model/foresight.h"
#include "rollback/history.h"

int next_boot_print_text(const struct context *c, const struct foresights *all);
int next_boot_print_json(const struct context *c, const struct history *ledger,
			 const struct foresights *all, int code);
