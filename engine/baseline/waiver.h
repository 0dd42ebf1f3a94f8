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
#include "engine/model/control.h"

struct waiver {
	char *control, *owner, *reason;
	char *until; /* YYYY-MM-DD */
	char *file; /* it stands in */
	size_t line;
};

struct waivers {
	struct waiver *items;
	size_t count;
};

/* Adds what one file says; -EINVAL names file, line and column. */
int waivers_parse(struct waivers *w, const char *file, const void *bytes, size_t n,
		  struct error *err);
void waivers_clear(struct waivers *w);

/* `w` may be NULL. */
const struct waiver *waivers_find(const struct waivers *w, const char *control);

/* `today` as YYYY-MM-DD. */
bool waiver_has_ended(const struct waiver *w, const char *today);
