#pragma once

/*
 * Whether the running dockerd has what effects want, by what its API says. What the API does
 * not tell counts as had: a restart takes the whole file or fails, and a reload is confirmed by
 * its event.
 */

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/error.h"
#include "engine/base/interrupt.h"
#include "engine/host/ask/engine-api.h"
#include "engine/model/effect.h"
#include "engine/model/facts.h"

/* 1: it has; 0: it has not, and err says what; negative: it could not be asked. */
int docker_confirm(struct engine_api *api, const struct effects *towards, struct error *err);

/*
 * The "reload" event of the daemon since then (CLOCK_REALTIME): 1 when there was one whose
 * values are those of the effects, 0 when there was none yet; -EIO when it says otherwise.
 */
int docker_reload_event(struct engine_api *api, uint64_t since_usec, const struct effects *towards,
			struct error *err);

/* Waits until the API answers, at most timeout_ms. */
int docker_wait_ping(struct engine_api *api, int timeout_ms, const struct interrupt *interrupt,
		     struct error *err);

/* Whether two values of a setting mean the same: JSON by meaning, lists in any order, "" and [] as not set. */
bool docker_value_same(const char *a, const char *b);

/* Whether one of the effects is known to be otherwise. */
bool docker_contradicts(const struct settings *now, const struct effects *towards);
