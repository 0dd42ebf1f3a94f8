#pragma once

/*
 * --observe: for a while it is counted what the audit rules that the plan would add, those that are held back
 * among them, would record on this host. The figures (engine/model/volume.h) then lift the hold of an opt-in control
 * that is held for its volume alone, and hold back others; a saved plan carries them. docs/decisions/observe.md
 */

#include "cli/context.h"

/* Below that a counting says nothing of VOLUME_THRESHOLD (the rule of three), nor of the one rare event. */
#define OBSERVE_LEAST_MS 10000

/* CODE_USAGE, and said, where it cannot be what was meant. */
int observe_check(const struct options *o);

/*
 * Where it was asked for: counts, and fills c->observed. The facts must be there, and are gathered anew behind it.
 * CODE_SIGNAL and more, and said, where somebody ended it.
 */
int observe_host(struct context *c);
