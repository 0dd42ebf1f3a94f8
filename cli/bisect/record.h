#pragma once

/* What came of a search for the culprit of an apply that failed, for who tells it. Starts zeroed. */

#include "engine/base/enum-table.h"
#include "engine/base/strv.h"

enum bisect_end {
	BISECT_FOUND, /* the culprits are named; the rest is kept, where there is any */
	BISECT_NOT_THE_CHANGE, /* the host is not well without the change either, or is well with it now */
	BISECT_LIMIT, /* some are named, and there were no tries left to keep the rest */
	BISECT_STOPPED, /* `why` */
	BISECT_END_COUNT,
};

ENUM_TABLE_DECLARE(bisect_end, enum bisect_end);

enum bisect_result {
	BISECT_WELL,
	BISECT_BROKEN,
	BISECT_UNTOLD,
	BISECT_RESULT_COUNT,
};

ENUM_TABLE_DECLARE(bisect_result, enum bisect_result);

struct bisect_try {
	char *id; /* of the transaction; NULL: dockerd was only asked whether it would start */
	struct strv controls;
	enum bisect_result result;
	char *failure; /* NULL: none */
};

struct bisect_culprit {
	struct strv controls; /* several break the host only together */
	struct strv out; /* of these and of what needs them, what is left out */
	bool exact; /* false: some of the controls do, or all; there were no tries to tell which */
	char *failure; /* what broke, with as few others as it was tried with */
};

struct bisect {
	char *of; /* the apply that failed; NULL: it was refused by dockerd before it began */
	char *failure; /* of that one */
	size_t controls; /* that it planned */
	size_t most_tries, most_restarts; /* as was said beforehand */
	struct bisect_try *tries;
	size_t ntries;
	struct bisect_culprit *culprits;
	size_t nculprits;
	struct strv out, kept;
	bool kept_any; /* the rest is in force, or waits to be confirmed */
	enum bisect_end end;
	char *why; /* of NOT_THE_CHANGE and STOPPED */
};

/* NULL is none. */
void bisect_free(struct bisect *b);

/* What broke in the try of the fewest controls that had all of these; that of the apply where none had. */
const char *bisect_failure_of(const struct bisect *b, const struct strv *controls);
