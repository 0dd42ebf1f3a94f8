#pragma once

/*
 * What a saved plan says beside its findings, changes and stages: what it is for, of which host, whom
 * it would stop and what was looked at. Sentences of older plans become data here.
 */

#include "engine/base/error.h"
#include "engine/format/json-util.h"
#include "engine/model/plan.h"

int plan_head_from_json(struct plan *plan, const json_t *j, struct error *err);
