#pragma once

/* A saved plan's stages with their effects; plan-parse.c reads all else, and the changes first. */

#include <jansson.h>

#include "engine/model/plan.h"

int plan_stage_from_json(struct plan *plan, const json_t *j, struct error *err);

/* What edits and effects have in common: who wants what of which value. */
int plan_wish_from_json(const json_t *j, char **control, struct subject *subject, char **before,
			char **after, struct error *err);
