#pragma once

/*
 * Enabling, disabling and masking a unit as what they are: links below /etc/systemd/system, by
 * the [Install] section of the unit's file. Reads through the view and answers with edits of
 * links. Links that packages brought, and those below /run, are looked at and left alone.
 */

#include "engine/model/delta.h"
#include "engine/model/view.h"

#define UNIT_ADMIN_DIRECTORY "/etc/systemd/system"
#define UNITS_OF_THIS_BOOT "/run/systemd/system"

/* A unit's file, found as systemd finds it at the next boot. */
struct unit_file {
	char *name; /* its own, where the one that was asked for is an alias */
	char *path; /* NULL: there is none */
	char *masked; /* the link (or the empty file) that masks it; NULL: none does */
	struct buf text;
};

int unit_file_find(struct unit_file *ret, const struct view *v, const char *name,
		   struct error *err);
void unit_file_clear(struct unit_file *u);

/* Whether a link to nowhere, or an empty file, is at the path. */
bool unit_is_mask(const struct view *v, const char *path);

/*
 * What is missing until the unit (and those in its Also=) is enabled, disabled or masked: edits
 * of links, none where it is so already. Why it cannot be had is the delta's refusal.
 */
int unit_enable(const struct unit_file *u, const struct view *v, struct delta *d,
		struct error *err);
int unit_disable(const struct unit_file *u, const struct view *v, struct delta *d,
		 struct error *err);
int unit_mask(const struct unit_file *u, const struct view *v, struct delta *d, struct error *err);
