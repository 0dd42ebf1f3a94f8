#pragma once

/*
 * A change of state that is not a file: a daemon's setting, a kernel rule, a sysctl. Like an
 * edit it is data that can be turned round. `subject` and values are the handler's own terms:
 *
 *   SYSTEMD_RELOAD  "unit:docker.service"    what the unit shall say (informative)
 *   UNIT_STATE      "state:cups.service"     "active", or "inactive" (NULL is that, too)
 *                   "restart:NAME"           "anew", where the unit runs
 *   SYSCTL          "sysctl:net.ipv4.ip_forward"   the value
 *   AUDIT_RULES     "rule:<canonical rule>"  NULL (not loaded) or "loaded"
 *   FIREWALL        "chain:api"              the chain's text (firewall.h), NULL: there is none
 *   DOCKER_RELOAD, DOCKER_RESTART  "docker:<key>"  JSON text of the value, NULL: the default
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/model/edit.h"
#include "engine/model/handler.h"
#include "engine/model/subject.h"

/* An edit of the effect's own control, by where it is. */
struct edit_ref {
	char *path;
	struct subject subject;
};

struct effect {
	char *control;
	enum handler handler;
	struct subject subject;
	char *before;
	char *after;
	bool along; /* a unit that goes down with another, and that nobody asked for */
	char *pending; /* why it will not be in force yet after the run; NULL: it will */
	struct edit_ref
		*brings; /* the edits that it brings into force; none: it stands for itself */
	size_t nbrings;
};

struct effects {
	struct effect *items;
	size_t count;
};

/* Copies what it is given; control may be NULL. The pointer is good until the next add. */
struct effect *effects_add(struct effects *effects, const char *control, enum handler handler,
			   struct subject subject, const char *before, const char *after);

/* Names an edit that it brings into force; each is named once. */
void effect_bring(struct effect *effect, const char *path, struct subject subject);
void effect_bring_as(struct effect *effect, const struct effect *other); /* those of the other */
void effect_bring_none(struct effect *effect);

bool effect_names(const struct effect *effect, const char *path, struct subject subject);

/* Whether it brings that edit into force: it names it, and is of the same control. */
bool effect_brings(const struct effect *effect, const struct edit *edit);

void effect_copy(struct effect *to, const struct effect *from);
void effect_invert(struct effect *effect); /* `pending` stays */
void effect_clear(struct effect *effect);
void effects_clear(struct effects *effects);

/* Something done, and no value: nothing but the files tells later whether it was. */
bool effect_is_deed(const struct effect *e);

/*
 * Whether by it dockerd begins a data root for remapped users (userns-remap), which it leaves with all
 * that is in it when the setting goes.
 */
bool effect_leaves_root(const struct effect *e);

/* Whether bringing it into force makes dockerd set something in the kernel that it never takes back. */
bool effect_leaves_behind(const struct effect *e);
