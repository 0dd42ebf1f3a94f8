#pragma once

/*
 * Waivers: controls that a site sets aside, each with an owner, a reason and a last day.
 *
 *     waivers:
 *       - control: daemon.userland-proxy     # an id
 *         owner: ops@example.org
 *         reason: IPv6 hairpin
 *         until: 2027-01-31                  # the last day on which it counts
 *
 * A waiver is laid over a verdict and does not replace it; behind its last day the control is a
 * difference again. Of several for one control the last one read counts.
 */

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/baseline/baseline.h"
#include "engine/model/control.h"

struct waiver {
	char *control, *owner, *reason;
	char *until; /* YYYY-MM-DD */
	char *file; /* it stands in */
	size_t line;
	size_t name_line, name_column; /* of the control */
};

struct waivers {
	struct waiver *items;
	size_t count;
};

/* Adds what one file says; -EINVAL names file, line and column. */
int waivers_parse(struct waivers *w, const char *file, const void *bytes, size_t n,
		  struct error *err);

/*
 * One line for each that names no control of these: file, line and column, and what may be meant.
 * An alias is not a name: benchmarks give it to several.
 */
void waivers_find_lost(const struct waivers *w, const struct baseline *const *baselines,
		       size_t count, struct strv *ret);
void waivers_clear(struct waivers *w);

/* `w` may be NULL. */
const struct waiver *waivers_find(const struct waivers *w, const char *control);

/* `today` as YYYY-MM-DD. */
bool waiver_has_ended(const struct waiver *w, const char *today);
