#pragma once

/*
 * What systemd puts in the place of "%n" and its like in a unit's file (systemd.unit(5)), as far as the
 * file and the unit's name tell it; what hangs on the host or the boot is not among it.
 */

/* The text as systemd would have it, which the caller frees; NULL: it has one that is not known here. */
char *unit_specifiers_put(const char *text, const char *unit);
