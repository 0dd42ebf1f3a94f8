#pragma once

/*
 * What speaks against what a plan has done to the host: what a restart or a reload of dockerd,
 * systemd's reading its units again, or the mere writing of a file brings beside what is planned.
 * It is one list, for the way up (of one control, which the planner then holds back) and for the
 * way back (of a whole rollback, which is then refused). A row of its table says where they differ.
 */

#include "engine/model/effect.h"
#include "engine/model/facts.h"
#include "engine/model/out-of-sight.h"
#include "engine/model/plan.h"
#include "engine/model/stopped.h"

enum objection_weight {
	OBJECTION_ASKS, /* it is done where somebody consents to it by name */
	OBJECTION_TELLS, /* it is done, and named */
	OBJECTION_FORBIDS, /* no consent helps */
};

struct objection {
	const char *kind; /* objection_kind(): the first by which it comes */
	char *text; /* for people */
	enum objection_weight weight;
	unsigned handlers; /* whose running brings it; 0: none */
	struct strv paths; /* whose being written brings it */
	struct strv keys; /* of dockerd, which alone bring it; none: all that the two above say */
	const char *next; /* of what is forbidden: what to do; NULL: nothing is known */
};

struct objections {
	struct objection *items;
	size_t count;
};

/* What is done to the host, by a control or by a plan. */
struct deed {
	bool back; /* by a rollback */
	const char *undoes; /* the transaction's id; NULL: not known. Borrowed */
	unsigned handlers; /* that run */
	struct strv paths; /* that are written, or whose attributes are */
	struct strv touched; /* those of which the attributes alone are */
	bool config; /* the contents of dockerd's config file are among it */
	struct strv own; /* keys of dockerd that are its own, and not others' */
	bool own_known;
	bool leaves_root; /* its restart has dockerd look into another data root for its containers */
	bool may_leave_root;
	bool loses_live; /* its restart takes live-restore away (compose-stopped.h) */
	enum out_of_sight hides; /* what dockerd does not see any more then, ... */
	struct strv hides_by; /* ... by these of its keys */
	struct strv down; /* units that it has stopped */
	struct strv states; /* units whose state is its own */
	bool start_known; /* dockerd's next start is no trial */
	const struct stopped_list *stopped; /* by its restart; NULL: not known yet. Borrowed */
	bool moves_api; /* it has dockerd listen where `hosts` says; NULL: where it does unasked */
	char *hosts;
	bool asks_certificate; /* of clients of the API over TCP, who had not to show one */
};

/*
 * An effect on live-restore says whether the restart takes it away; one on userns-remap, whether the restart leaves the
 * data root of now; those on hosts and on TLS, whom the API lets in.
 */
void deed_take_effect(struct deed *d, const struct facts *f, const struct effect *e);
void deed_take_unit(struct deed *d, const struct effect *e);

/* Of a way back: where its keys of dockerd have that look elsewhere. (On the way up their kind of resource says it.) */
void deed_take_sight(struct deed *d, const struct plan *plan, const struct facts *f);
void deed_clear(struct deed *d);
void objections_clear(struct objections *o);

void objections_find(const struct facts *facts, const struct deed *deed, struct objections *ret);

/* The kinds of objections by their names, from 0 on; NULL behind the last. */
const char *objection_kind(size_t index);

/*
 * What goes behind the advice to apply something before a rollback: that apply is the newest then, and
 * whoever names no transaction undoes it. "" for NULL; the caller frees it.
 */
char *undo_goes_on(const char *id);
