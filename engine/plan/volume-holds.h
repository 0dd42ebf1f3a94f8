#pragma once

/*
 * What the figures of --observe (engine/model/volume.h) do to a control: they lift a hold that is about nothing
 * else, or hold back what would be too loud. None of it is a consent: what else holds the control goes on holding it.
 */

#include "engine/model/control.h"
#include "engine/model/delta.h"
#include "engine/model/volume.h"

/* From how many events a minute on its rules are too loud. */
int volume_threshold(const struct control *control);

/* Whether it is opt-in for the sake of its volume (its per-minute says so), and was counted below its threshold. */
bool volume_lifts(const struct volumes *observed, const struct control *control);

/*
 * Holds back what wants something and was counted above it; `observed` may be NULL. An opt-in control is held by
 * more, if at all.
 */
void volume_hold(const struct volumes *observed, const struct control *control, struct delta *d);

/* Whether it is opt-in, and not lifted. */
bool volume_leaves_held(const struct volumes *observed, const struct control *control);

/* Appends what then holds what it wants: its own words, and the figure that does not lift it. */
void volume_tell(const struct volumes *observed, const struct control *control,
		 const struct delta *d, struct strv *ret);
