#pragma once

/* How bad it is where a control fails: what an attacker gains, not how hard the fixing is. */

#include "engine/base/enum-table.h"

enum severity { /* the worst first */
		SEVERITY_CRITICAL, /* whoever reaches it is root of the host */
		SEVERITY_HIGH, /* one step from there, or what the host is guarded by is lost */
		SEVERITY_MEDIUM, /* a layer of defence is missing */
		SEVERITY_LOW, /* good order: traces, limits, what makes the rest easier */
		SEVERITY_COUNT,
};

ENUM_TABLE_DECLARE(severity, enum severity);
