#pragma once

/*
 * Texts of controls in one language, as gettext's msgfmt compiles them: the bytes of a .mo file
 * (GNU gettext manual, "The Format of GNU MO Files"), looked at where they lie. A message's
 * context is the control's id, its msgid the key of the text ("title", "impact", ...).
 */

#include <stddef.h>

struct catalog {
	const char *language; /* "zh_CN" */
	const void *bytes;
	size_t n;
};

/* The languages to look for a text in, the first one first. */
struct texts {
	const struct catalog *const *catalogs;
	size_t count;
};

/* The message, NUL-ended, inside the catalogue's bytes; NULL when it has none, or is no catalogue. */
const char *catalog_find(const struct catalog *c, const char *context, const char *id);

/* The first that has one and not an empty one; NULL. `texts` may be NULL. */
const char *texts_find(const struct texts *texts, const char *context, const char *id);
