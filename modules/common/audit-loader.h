#pragma once

/* Who loads a rule file beside those of augenrules, at boot. */

#include <stdbool.h>

#include "engine/model/view.h"

/*
 * Whether a service that something pulls in at boot names the file: one that is enabled, that only others can
 * start, as it has no [Install], or that another unit starts (a timer, Wants=). One that is masked, or disabled
 * and started by nobody, does not. What cannot be looked at may.
 */
bool audit_file_is_loaded(const struct view *v, const char *path);
