#pragma once

/* Commands of a unit: systemd tells them word by word, and what reads unit files wants a line. */

#include "engine/base/strv.h"

/*
 * A command as systemd keeps it (program, argv, ExecStartEx flags) as one ExecStart= line:
 * words quoted where they need it, % doubled, prefixes in front. The caller frees it.
 */
char *bus_command_line(const char *program, const struct strv *argv, const struct strv *flags);
