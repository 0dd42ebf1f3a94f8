#pragma once

/*
 * Containers that run on without a dockerd, or beside one that cannot be asked: its next start ends
 * them where its config file has no live-restore any more. A plan that takes it away, and has nobody
 * to tell, is refused before anything is written. CODE_OK, or the code to end
 * with; `ret_why` is why it is refused, the caller frees it; NULL: it is not, or that is said.
 */

#include "cli/context.h"

int unattended(const struct context *c, char **ret_why);
