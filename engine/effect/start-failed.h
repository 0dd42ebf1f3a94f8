#pragma once

/*
 * What becomes of a unit whose own start fails, where a plan has it run. It may be nobody's fault
 * here, and may never end: a way back must not hang on it.
 */

#include "engine/effect/effector.h"

/*
 * The start of `unit` failed with `code`, and `err` says how. 0 where a person said that it stays down
 * then: it is noted, once. Else `code`, and e->starts says for whoever asks that this was why.
 */
int start_failed(struct effector *e, const char *unit, int code, struct error *err);
