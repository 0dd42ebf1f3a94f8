#include "engine/model/severity.h"

ENUM_TABLE(severity, enum severity, SEVERITY_COUNT, [SEVERITY_CRITICAL] = "critical",
	   [SEVERITY_HIGH] = "high", [SEVERITY_MEDIUM] = "medium", [SEVERITY_LOW] = "low");
