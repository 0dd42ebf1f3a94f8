#include "engine/model/control.h"

ENUM_TABLE(control_class, enum control_class, CONTROL_CLASS_COUNT, [CLASS_REMEDIATE] = "remediate",
	   [CLASS_CHECK] = "check", [CLASS_MANUAL] = "manual");

ENUM_TABLE(control_apply, enum control_apply,
	   CONTROL_APPLY_COUNT, [APPLY_AUTO] = "auto", [APPLY_OPT_IN] = "opt-in");
