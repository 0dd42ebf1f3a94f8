#pragma once

/*
 * A file that a transaction made, and that somebody moved away: who reads all files of its kind in the
 * directory reads it still, by its new name. To undo the transaction takes nothing of that back.
 */

#include "engine/base/strv.h"
#include "engine/host/read/root.h"
#include "engine/model/plan.h"

/*
 * Of one kind, for those who read all such files of a directory: "a.rules" and "b.rules", and ".rules", too. systemd
 * and augenrules pass over a name that begins with a dot; dockerd, in certs.d, does not: what may be read counts.
 */
bool renamed_same_ending(const char *a, const char *b);

/* The files beside `path`, with the same ending, that say what was applied there. */
void renamed_find(const struct root *root, const char *path, const struct image *applied,
		  struct strv *ret);

/* For people; the caller frees it. */
char *renamed_text(const char *path, const char *other);

/* Of all files that the plan made and that are gone: a line for each that says the same. Whether any does. */
bool renamed_name(const struct root *root, const struct plan *plan, struct strv *ret);
