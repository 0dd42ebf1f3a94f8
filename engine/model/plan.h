#pragma once

/*
 * A plan: the ordered changes of files, the effects, and the stages in which they are carried
 * out. It is data: it can be printed, saved, compared with the host, and turned round.
 *
 * Between two neighbouring stages' boundaries every change has an image (change.h). Walking
 * up, stage k takes all changes from images[k] to images[k + 1], then runs the handlers in
 * `up`; walking down it takes them from images[k + 1] to images[k] and runs those in `down`.
 * A stage that notifies nothing in the walked direction is merged with the next.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/strv.h"
#include "engine/model/change.h"
#include "engine/model/effect.h"
#include "engine/model/plan-check.h"
#include "engine/model/severity.h"
#include "engine/model/stopped.h"
#include "engine/model/verdict.h"

struct stage {
	unsigned up, down; /* HANDLER_BIT()s */
	struct effects effects; /* those that come into force by this stage's handlers */
};

/* What became of one control in this plan. */
enum finding_state {
	FINDING_OK, /* nothing to do (verdict says pass, not_applicable, manual, ...) */
	FINDING_PLANNED, /* part of this plan */
	FINDING_HELD, /* would be, but for what it would break; --ack decides */
	FINDING_REFUSED, /* cannot be done on this host */
	FINDING_WAIVED,
	FINDING_STATE_COUNT,
};

ENUM_TABLE_DECLARE(finding_state, enum finding_state);

struct finding {
	char *control;
	char *title;
	enum severity severity;
	enum finding_state state;
	enum verdict verdict; /* of the host as it is, whatever the plan would make of it */
	char *reason; /* what was measured there */
	bool blocks; /* apply is refused while it is so */
	struct strv details; /* all reasons, where there are several */
	char *refusal; /* REFUSED: why it cannot be mended here */
	char *mend;
	char *waiver_ended; /* that one is over, and where it stands; NULL: none */
	char *waiver; /* who set it aside, until when and why; NULL: nobody */
	struct strv holds;
	struct strv left_out; /* items that stay as they are where the others are mended, and why */
	struct strv warnings;
};

enum plan_kind {
	PLAN_APPLY,
	PLAN_ROLLBACK,
	PLAN_KIND_COUNT,
};

ENUM_TABLE_DECLARE(plan_kind, enum plan_kind);

struct plan {
	enum plan_kind kind;
	char *undoes; /* ROLLBACK: the transaction's id */
	char *harden_version;
	char *baseline; /* APPLY: "docker-host 1.0" */
	int level;
	char *hostname, *machine_id;
	char *docker_version;
	struct finding *findings; /* sorted by control id */
	size_t nfindings;
	struct change *changes; /* sorted by path: parents before children */
	size_t nchanges;
	struct stage *stages;
	size_t nstages;
	struct stopped_list stopped; /* containers that the plan's restart would stop */
	bool start_known; /* dockerd has started with its config file as this leaves it; not saved */
	struct plan_checks checks; /* of the preflight, before apply */
};

void plan_clear(struct plan *p);
bool plan_is_empty(const struct plan *p); /* no change and no effect */

/*
 * Adding keeps the order (changes by path, findings by control; stages as they come). A path or
 * control that is there already is returned as it is. Any pointer into the plan is good until the
 * next one of its sort is added.
 */
struct change *plan_add_change(struct plan *p, const char *path);

/* One that leaves the path as it is `now`, before and after: what edits are added to. */
struct change *plan_add_unchanged(struct plan *p, const char *path, const struct image *now);
struct change *plan_find_change(const struct plan *p,
				const char *path); /* of no path (NULL) none */
struct stage *plan_add_stage(struct plan *p);
struct finding *plan_add_finding(struct plan *p, const char *control);
const struct finding *plan_find_finding(const struct plan *p, const char *control);

/* The first effect on a subject in any of its stages; NULL: none. */
const struct effect *plan_find_effect(const struct plan *p, struct subject subject);

/* "docker-host 1.0", or "rollback of ID"; the caller frees it. NULL: it has no name. */
char *plan_title(const struct plan *p);

/* All HANDLER_BIT()s of all stages, upwards. */
unsigned plan_handlers(const struct plan *p);
