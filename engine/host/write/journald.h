#pragma once

/* An entry of the host's journal (systemd-journald). */

#include "engine/base/strv.h"

/*
 * Sends one entry of these fields, "NAME=value"; a name may come more than once, and a value may be of several
 * lines. That no journald runs is no error: 0 then, too. Negative: it runs and did not take it.
 */
int journald_send(const struct strv *fields);
