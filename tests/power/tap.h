#pragma once

/* What was found, as TAP. */

#include <stdbool.h>

/* One line; takes the text over. */
void tap_say(bool ok, char *text);

/* The plan, behind the last line. The exit code. */
int tap_end(void);
