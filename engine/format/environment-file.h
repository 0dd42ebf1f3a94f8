#pragma once

/*
 * Files of variables as systemd reads them for EnvironmentFile= (systemd.exec(5)), which is not how a shell
 * does: a quote counts only where a value, or a part of it behind a closed quote, begins.
 *
 *	NOTE=it's rack 7	it's rack 7
 *	A="a"  'b'  c "d"	abc "d"
 */

#include <stdbool.h>

#include "engine/base/strv.h"

/*
 * Appends name and value of every assignment, in order, the names as they are written: which of them are
 * names of variables is the caller's to judge. `joins`: a backslash at the end of a comment makes the next line
 * part of it, as before systemd 254. -EILSEQ, and nothing appended, where a name or value is not UTF-8: then
 * systemd takes nothing of the file.
 */
int environment_file_read(const char *text, bool joins, struct strv *ret_names,
			  struct strv *ret_values);

/* The value that the line NAME=`text` alone would give, NULL where none; the caller frees it. */
char *environment_file_value(const char *text);
