#pragma once

/*
 * Waivers: controls that a site sets aside, each with an owner, a reason and a last day.
 *
 *     waivers:
 *       - control: daemon.userland-proxy     # an id, or an alias that is one control's
 *         owner: ops@example.org
 *         reason: IPv6 hairpin
 *         until: 2027-01-31                  # the last day on which it counts
 *
 * A waiver is laid over a verdict and does not replace it; behind its last day the control is a
 * difference again. Of several for one control the last one read counts that has not ended.
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
 * Gives each the id of the control that its name means: an alias is taken as --only takes it. Adds one line
 * for each that names none of these, or a number of several: file, line and column, and what may be meant.
 */
void waivers_resolve(struct waivers *w, const struct baseline *baselines, size_t count,
		     struct strv *ret);

/* Adds one line for each that is for a control that an earlier one is for; they are resolved. */
void waivers_find_doubles(const struct waivers *w, struct strv *ret);
void waivers_clear(struct waivers *w);

/*
 * That of the control which counts on that day: the last one read that has not ended; where all have, the one
 * that ended last. NULL: none. `w` may be NULL.
 */
const struct waiver *waivers_find(const struct waivers *w, const char *control, const char *today);

/* `today` as YYYY-MM-DD. */
bool waiver_has_ended(const struct waiver *w, const char *today);

/* Who, until when, why; NULL where nobody (NULL). The caller frees it. */
char *waiver_text(const struct waiver *w);
