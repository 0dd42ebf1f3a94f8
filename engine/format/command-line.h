#pragma once

/*
 * Command lines as systemd writes them in ExecStart= (systemd.service(5), quoting and escapes):
 * to words and back, so that a flag can be taken out or changed and all else stays.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"

/* Words of a line; prefixes of the program (-, @, +, !) stay on the first word. */
int command_line_split(const char *line, struct strv *ret, struct error *err);

/* The line with the word `from` replaced by `to` (NULL: taken out), everything else as it was. */
char *command_line_replace(const char *line, const char *from, const char *to);
