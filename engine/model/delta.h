#pragma once

/*
 * What a module answers about one resource: the verdict, the reason, and the edits and effects
 * that would bring the resource into its desired state. The planner owns and clears it; a
 * module only adds to a zeroed one.
 *
 * omissions: the same as the next two, of one path alone.
 * holds: what would break on this host (one line each, naming the containers, images, ...).
 *        The planner then holds the control back until it is acknowledged.
 * refusal: why the change cannot be made here at all; no acknowledgement helps.
 * first: what has to be done before, or the change is lost: it is one of the holds, and the control
 *        is refused when it is acknowledged nevertheless.
 * warnings: worth a line under "Checks before apply", but no reason to hold.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/macros.h"
#include "engine/base/strv.h"
#include "engine/model/edit.h"
#include "engine/model/effect.h"
#include "engine/model/verdict.h"

/* What speaks against touching one path of several, and nothing against the others. */
struct omission {
	char *path;
	char *why;
	bool refused; /* no acknowledgement helps */
};

struct delta {
	enum verdict verdict;
	char *reason; /* what was measured, for people; may be NULL for a plain pass */
	struct strv details; /* all reasons, where there are several; empty: the one above */
	char *fix; /* what a person can do, where harden does not */
	struct edits edits;
	struct effects effects;
	struct strv holds;
	struct omission *omissions; /* omit.h says what becomes of them */
	size_t nomissions;
	struct strv warnings;
	char *refusal;
	char *first;
	bool blocks; /* nothing of the plan may be applied while this is so */
	size_t unread; /* how often something was not measured */
	size_t in_place; /* of these: what is written is as wanted, only whether it is in force is not known */
};

void delta_clear(struct delta *d);
void delta_copy(struct delta *to, const struct delta *from);

/*
 * Raises the verdict to v if v is heavier, and takes the reason along (which may be NULL); the
 * reason of the lighter one goes. An equal v only gives a missing reason, a lighter one nothing.
 */
void delta_raise(struct delta *d, enum verdict v, const char *reason_fmt, ...) PRINTF_LIKE(3, 4);

/* Of what was raised, or noted, last as not measured: there is no more to be written. */
void delta_in_place(struct delta *d);

/* Whether nothing but what is in force was not measured. */
bool delta_is_in_place(const struct delta *d);

/* Speaks against the edits of that path alone. The same reason for one path is kept once. */
void delta_omit(struct delta *d, const char *path, bool refused, const char *why_fmt, ...)
	PRINTF_LIKE(4, 5);

/*
 * The module's short ways to ask: the planner fills in the control, and what is there before. All raise
 * the verdict to FAIL, without a reason: delta_raise(d, VERDICT_FAIL, ...), before or after, gives it.
 */
void delta_edit(struct delta *d, const char *path, struct subject subject, const char *after);

/* A mode takes away what `before` has more than `after`: several of one path narrow it together. */
void delta_mode(struct delta *d, const char *path, mode_t before, mode_t after);

struct effect *delta_effect(struct delta *d, enum handler handler, struct subject subject,
			    const char *before, const char *after);

/* It brings the delta's edits into force, those before the first-th left out: a module knows which. */
void delta_bring(const struct delta *d, struct effect *effect, size_t first);
