#pragma once

/*
 * What a site says of controls that others wrote: values for their resources, and how they are
 * treated. Files of this shape are laid over baselines in their order; the later one wins:
 *
 *     site: web tier                         # what the file is for
 *     controls:
 *       daemon.default-ulimits:              # an id, or an alias that is one control's
 *         apply: auto                        # also: level, class, hold
 *         settings: { value: { ... } }       # fields of the control's resources
 *       daemon.log-level:
 *         settings:
 *           "docker-daemon[debug]": { value: true } # of one resource, where several have it
 *
 * What it sets is noted in the control's `origins`.
 */

#include "engine/baseline/baseline.h"

/*
 * Lays one file over all controls of `baselines`. -EINVAL names file, line and column. Controls that
 * none of them has are an error where ret_unknown is NULL; else they are passed over, and it has a line
 * for each, with its place.
 */
int site_apply(struct baseline *baselines, size_t count, struct strv *ret_unknown, const char *file,
	       const void *bytes, size_t n, struct error *err);
