#pragma once

/* What the next start of dockerd has of a setting, and the line that it takes it from. */

#include "engine/model/view.h"

/* The line of the file in which the text stands first, from 1; 0: nowhere, or no file (NULL). */
size_t next_line_with(const struct view *v, const char *file, const char *text);

/*
 * Where the next start takes a setting of dockerd's from: the file, which the caller frees, and its line (0: not
 * told); NULL: from none.
 */
char *next_place_of_key(const struct view *v, const char *key, size_t *ret_line);

/* The setting's text at the next start; NULL: not set, or not a string. The caller frees it. */
char *next_text(const struct docker_facts *d, const char *key);

/* Whether it is set to that JSON text ("false") at the next start. */
bool next_is(const struct docker_facts *d, const char *key, const char *value);

/* Where dockerd would keep everything at its next start; the caller frees it. */
char *next_data_root(const struct docker_facts *d);
