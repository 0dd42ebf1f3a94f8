#pragma once

/* What a trial of dockerd's next start is made of, from the facts. */

#include "engine/host/write/start-trial.h"
#include "engine/model/view.h"

/* The config file of the trial, where it is another than the host's. */
struct start_files {
	struct trial_file file;
	struct buf text;
};

/*
 * Fills in all of `ret` but its time; `files` has to live as long. NULL, or why no trial of that can be made
 * here, for people: the caller frees it.
 */
char *start_line_make(const struct view *v, struct start_trial *ret, struct start_files *files);
