#pragma once

/*
 * The keys of subjects are in their scheme's own terms: they are made and taken apart here, and
 * nowhere else.
 */

#include <stdbool.h>

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/model/subject.h"

/* "/key", or "/key/member": RFC 6901, with its escapes. The caller frees it. */
char *json_pointer(const char *key, const char *member);

/* The names of a pointer, unescaped. -EINVAL: it is not one. */
int json_pointer_split(const char *pointer, struct strv *ret, struct error *err);

/* Of JSON's "/log-opts/max-size": "/log-opts"; NULL where nothing is above it. The caller frees it. */
char *json_pointer_parent(const char *pointer);

/* Whether `name` (no "/" or "~" in it) is the first name of a pointer. */
bool json_pointer_begins(const char *pointer, const char *name);

/* The first name of a subject in JSON; NULL: it is about something else. The caller frees it. */
char *subject_json_first(struct subject s);

/* What the setting itself is called: JSON's last name, a unit's key; NULL elsewhere. Likewise. */
char *subject_setting(struct subject s);

/*
 * Of unit:SECTION/NAME and member:GROUP/NAME: the part before, which the caller frees, and the name,
 * which is part of the key. False: there are not both.
 */
bool subject_key_split(const char *key, char **ret_part, const char **ret_name);
