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

#include "engine/base/map.h"
#include "engine/base/strv.h"
#include "engine/model/change.h"
#include "engine/model/effect.h"
#include "engine/model/plan-check.h"
#include "engine/model/severity.h"
#include "engine/model/stopped.h"
#include "engine/model/verdict.h"
#include "engine/model/volume.h"

/*
 * Of a stage whose reload is about live-restore, which the plan has for the time of a restart alone:
 * no control's effect, and so not among the stage's. Walked down each does what the other does up.
 */
enum stage_borrow {
	BORROW_NONE,
	BORROW_TAKE, /* false -> true */
	BORROW_RETURN, /* true -> false */
	STAGE_BORROW_COUNT,
};

ENUM_TABLE_DECLARE(stage_borrow, enum stage_borrow);

struct stage {
	unsigned up, down; /* HANDLER_BIT()s */
	enum stage_borrow borrow;
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
	bool in_place; /* not measured is only whether what is written is in force; not in the JSON */
	char *reason; /* what was measured there */
	bool blocks; /* apply is refused while it is so */
	struct strv details; /* all reasons, where there are several */
	char *refusal; /* REFUSED: why it cannot be fixed here; HELD: what no consent replaces */
	char *fix;
	char *waiver_ended; /* that one is over, and where it stands; NULL: none */
	char *waiver; /* who set it aside, until when and why; NULL: nobody */
	struct strv holds;
	struct strv left_out; /* items that stay as they are where the others are fixed, and why */
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
	struct strv acknowledged; /* controls that were planned, and consented to by name */
	char *hostname, *machine_id;
	char *docker_version;
	bool offline; /* made for an image (--root), and not for a host that runs */
	struct finding *findings; /* sorted by control id */
	size_t nfindings;
	struct change *changes; /* sorted by path: parents before children */
	size_t nchanges;
	struct stage *stages;
	size_t nstages;
	bool borrows; /* live-restore, for the time of its restart: two of the stages say so */
	struct stopped_list stopped; /* containers that the plan's restart would stop */
	struct strv consented; /* ROLLBACK: what comes beside it, acknowledged; not saved */
	struct strv asked; /* ROLLBACK: whose consent would let it through; not saved */
	/* Where userns-remap would have dockerd's things, for people; NULL: nobody looked; not saved */
	char *remapped_root;
	bool start_known; /* dockerd has started with its config file as this leaves it; not saved */
	struct plan
		*found; /* ROLLBACK: the apply's files as it found them; NULL: none; not saved */
	struct plan_checks checks; /* of the preflight, before apply */
	struct volumes
		observed; /* APPLY: what its audit rules would record, where that was counted */
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

/* For who adds many: at the end, not searched for; none is found until all are sorted. */
struct finding *plan_append_finding(struct plan *p, const char *control);
void plan_sort_findings(struct plan *p);

/* The last edit of a subject of the path; NULL: none. */
const struct edit *plan_last_edit(const struct plan *p, const char *path, struct subject subject);

/* The first effect on a subject in any of its stages; NULL: none. */
const struct effect *plan_find_effect(const struct plan *p, struct subject subject);

/* The one control whose effects have these handlers, or that edits the path; NULL: it is not one. */
const char *plan_only_control(const struct plan *p, unsigned handlers);
const char *change_only_control(const struct change *c);

/* Whether an edit or an effect of it is for the control. */
bool plan_has_control(const struct plan *p, const char *control);

/*
 * For who asks that of many: control -> struct plan_part, of those that it is true of. It holds until
 * a change is added.
 */
struct plan_part {
	size_t *changes; /* that it has an edit in, by place, upwards; an effect has none */
	size_t nchanges;
};

void plan_parts(const struct plan *p, struct map *ret);
void plan_parts_clear(struct map *parts);

/* "docker-host 1.0", or "rollback of ID"; the caller frees it. NULL: it has no name. */
char *plan_title(const struct plan *p);

/* All HANDLER_BIT()s of all stages, upwards. */
unsigned plan_handlers(const struct plan *p);
