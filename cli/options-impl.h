#pragma once

/* The table of options, for the two files of options.h. */

#include "cli/options.h"

enum value_kind {
	VALUE_NONE, /* bool */
	VALUE_TEXT, /* char * */
	VALUE_PROGRAM, /* the same, an absolute path */
	VALUE_LIST, /* strv; may repeat, and commas separate */
	VALUE_FILES, /* strv; may repeat */
	VALUE_CHOICE, /* int: index into the words of `value` */
	VALUE_LEVEL, /* int: 1 or 2 */
	VALUE_DURATION, /* int, milliseconds */
	VALUE_SPAN, /* the same, more than 0 */
	VALUE_WAIT, /* the same, of which not every one is possible; WAIT_USUAL_MS when it lacks */
	VALUE_COUNT, /* int, from 0 */
	VALUE_AGE, /* int, seconds */
};

struct option_row {
	struct option_info info;
	enum value_kind kind;
	size_t offset;
};

extern const struct option_row option_rows[OPTION_COUNT];
