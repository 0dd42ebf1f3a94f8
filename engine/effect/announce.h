#pragma once

/*
 * What the host's journal is told of a transaction: what came of it, its id and its controls. No value of a setting
 * and no word of a failure is in it, so no secret can be: those are shown by `harden show`.
 */

#include "engine/base/enum-table.h"
#include "engine/base/strv.h"
#include "engine/model/plan.h"

/* Each has a MESSAGE_ID of its own, which packaging/harden.catalog explains; neither ever changes. */
enum announced {
	ANNOUNCED_APPLIED, /* an apply was kept */
	ANNOUNCED_ROLLED_BACK, /* a rollback was kept */
	ANNOUNCED_WAITING, /* it is applied, and waits to be confirmed */
	ANNOUNCED_CONFIRMED,
	ANNOUNCED_PUT_BACK, /* it failed, and the host is as before */
	ANNOUNCED_TRIED, /* it was to be put back in any case: a try of a search for a culprit */
	ANNOUNCED_RECOVERED, /* it was broken off or not confirmed, and the host is as before */
	ANNOUNCED_STUCK, /* something could not be put back, or is in doubt */
	ANNOUNCED_COUNT,
};

ENUM_TABLE_DECLARE(announced, enum announced);

struct announcement {
	enum announced what;
	const char *id, *kind, *of; /* of: NULL unless it is a rollback */
	const struct plan *plan;
};

/* 32 hexadecimal digits. */
const char *announced_message_id(enum announced what);

/* The entry's fields, "NAME=value". */
void announcement_fields(const struct announcement *a, struct strv *ret);
