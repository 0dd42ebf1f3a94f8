#pragma once

/* Whether dockerd can be asked and told anything now, as the facts have it. */

#include "engine/model/facts.h"

/* What speaks against telling dockerd anything: it runs and does not answer. NULL: nothing; the caller frees it. */
char *dockerd_mute(const struct facts *facts);
extern const char dockerd_mute_next[];

/* Whether dockerd can be asked beforehand if it would start (dockerd --validate, 23.0). */
bool start_can_be_asked(const struct facts *facts);

/*
 * Whether dockerd can be given live-restore while it runs, by the control of that name: it is asked,
 * takes its file anew, no flag of its keeps it from that, and the host is in no swarm.
 */
bool live_can_be_had(const struct facts *facts);

/*
 * What to do so that a reload takes live-restore away, by which no container stops: what keeps dockerd from one
 * (facts: no_reload) is others'. A clause that goes behind "where". NULL: nothing does. Static.
 */
const char *dockerd_reload_next(const struct facts *facts);
