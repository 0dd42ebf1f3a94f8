#include "engine/model/verdict.h"

ENUM_TABLE(verdict, enum verdict, VERDICT_COUNT, [VERDICT_NOT_APPLICABLE] = "not_applicable",
	   [VERDICT_PASS] = "pass", [VERDICT_MANUAL] = "manual", [VERDICT_PENDING] = "pending",
	   [VERDICT_NOT_MEASURED] = "not_measured", [VERDICT_FAIL] = "fail");
