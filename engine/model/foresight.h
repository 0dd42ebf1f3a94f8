#pragma once

/*
 * What is known beforehand of the next boot: one line for each thing that was looked at, and what comes of it
 * for dockerd, its containers, images and volumes. Plain data.
 */

#include <stddef.h>

#include "engine/base/enum-table.h"
#include "engine/base/macros.h"
#include "engine/base/strv.h"

enum foresight_state {
	FORESIGHT_FAIL, /* it would not come back, or not with all that it has */
	FORESIGHT_NOT_MEASURED,
	FORESIGHT_PASS,
	FORESIGHT_STATE_COUNT,
};

ENUM_TABLE_DECLARE(foresight_state, enum foresight_state);

struct foresight {
	const char *id; /* "next.start": static */
	enum foresight_state state;
	char *text; /* for people */
	char *file; /* whose line it is about; NULL: none */
	size_t line; /* from 1; 0: not told */
};

struct foresights {
	struct foresight *items;
	size_t count;
};

/* `file` may be NULL. The same text of one id is kept once. */
void foresight_add(struct foresights *f, const char *id, enum foresight_state state,
		   const char *file, size_t line, const char *fmt, ...) PRINTF_LIKE(6, 7);

/* That this was looked at, and nothing speaks against it: only where nothing else was said of the id. */
void foresight_pass(struct foresights *f, const char *id, const char *fmt, ...) PRINTF_LIKE(3, 4);
void foresights_clear(struct foresights *f);

/* The worst first; of one state in the order in which they came. */
void foresights_sort(struct foresights *f);
