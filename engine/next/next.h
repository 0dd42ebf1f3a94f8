#pragma once

/*
 * What the next boot takes of dockerd, as far as the host's files tell it beforehand: what no start in
 * namespaces shows. Each part is one file and says all that it looked at (engine/model/foresight.h). Nothing is
 * asked that could start something. What a boot makes anew (/run, what was set by hand) counts for nothing.
 */

#include "engine/model/foresight.h"
#include "engine/model/view.h"

/* The host as its files are; the view's facts say what runs now. */
void next_look(const struct view *v, struct foresights *ret);

/*
 * dockerd as it is on disk is started for a moment with what the next boot would give it, in namespaces that are
 * thrown away (engine/host/write/start-trial.h), and what comes of it is added. Needs root; where no such trial
 * can be made, or it would say something about the trial and not about the host, it is not measured, and why.
 */
void next_start(const struct view *v, struct foresights *ret);

/*
 * The line of the text in which the key of dockerd's config file stands, from 1; 0: nowhere at its top. Pure.
 */
size_t next_line_of_key(const struct buf *text, const char *key);

/*
 * Where the next start takes a setting of dockerd's from: the file, which the caller frees, and its line (0: not
 * told); NULL: from none.
 */
char *next_place_of_key(const struct view *v, const char *key, size_t *ret_line);

/* The setting's text at the next start; NULL: not set, or not a string. The caller frees it. */
char *next_text(const struct docker_facts *d, const char *key);

/* Where dockerd would keep everything at its next start; the caller frees it. */
char *next_data_root(const struct docker_facts *d);
