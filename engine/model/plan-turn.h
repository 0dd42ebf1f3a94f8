#pragma once

/* A plan as its way back: what speaks against walking down is asked as of a way up. */

#include "engine/model/plan.h"

/*
 * Turns round what the plan leads to: the images of its changes, its effects, and which handlers run. The stages
 * stay in their places, and so do the edits: nothing is carried out by it. Done twice, it is as it was.
 */
void plan_turn(struct plan *p);
