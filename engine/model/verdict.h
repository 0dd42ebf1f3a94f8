#pragma once

/*
 * What was found about a control or a resource. In the order of weight: a control carries the
 * heaviest verdict of its resources.
 */

#include "engine/base/enum-table.h"

enum verdict {
	VERDICT_NOT_APPLICABLE, /* the host has no such thing */
	VERDICT_PASS,
	VERDICT_MANUAL, /* a person must look, or must decide first */
	VERDICT_PENDING, /* written, not in force yet */
	VERDICT_NOT_MEASURED, /* could not be read; never a pass */
	VERDICT_FAIL,
	VERDICT_COUNT,
};

ENUM_TABLE_DECLARE(verdict, enum verdict);
