#pragma once

/*
 * The account and the id ranges behind userns-remap. dockerd makes user and group "dockremap"
 * by itself when they are missing; harden makes them first, as edits that are shown, recorded
 * and undone like all others.
 */

#include "engine/model/delta.h"
#include "engine/model/view.h"

/*
 * Asks for what is missing before dockerd can start with this value of userns-remap (JSON text).
 * Another name than "default" and "dockremap" must have its ranges: else a refusal.
 */
void docker_account(const struct view *v, const char *value, struct delta *delta);
