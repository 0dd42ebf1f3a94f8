#pragma once

/*
 * The units that a boot starts, by the files on disk: default.target and all that is wanted or required from
 * there (systemd.unit(5)). What stands in /run is of this boot alone, but for what generators write, who run
 * again with the next one.
 */

#include <stdbool.h>

#include "engine/base/map.h"
#include "engine/base/strv.h"
#include "engine/model/view.h"

struct boot_set {
	struct strv units; /* in the order in which they were found */
	struct map places; /* the same by name */
	char *unknown; /* why it is not known; NULL: it is */
};

void boot_set_read(const struct view *v, struct boot_set *ret);
bool boot_set_has(const struct boot_set *s, const char *unit);
void boot_set_clear(struct boot_set *s);

/* The file that the next boot has for the unit, of the first directory that has one; the caller frees it. NULL: none. */
char *boot_unit_file(const struct view *v, const char *unit);

/* Whether the next boot has it masked, and by which file, which the caller frees; NULL: it is not. */
char *boot_unit_mask(const struct view *v, const char *unit);

/*
 * The assignments of a key ("Socket/ListenStream") in the unit's file and its drop-ins, in their order, appended;
 * ret_files (may be NULL) gets the file of each. An empty one takes back those before it.
 */
void boot_unit_values(const struct view *v, const char *unit, const char *key, struct strv *ret,
		      struct strv *ret_files);
