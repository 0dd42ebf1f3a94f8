#pragma once

/*
 * Which of a plan's boundaries have live-restore in the daemon's config file. A dockerd that starts
 * on a file without it ends the containers that it finds, so a walk gives it up only where none
 * can be found so.
 */

#include "rollback/mover.h"

/* Whether a config file of dockerd's with these bytes sets live-restore. */
bool live_is_in(const struct image *image);

/*
 * Whether moving to boundary k takes live-restore out of a file that has it now, in a plan that
 * has to do with dockerd's process; then the file's path, else NULL. What others wrote is not moved.
 */
const char *live_given_up(const struct mover *m, size_t k);

/*
 * Where the file is as at boundary k, without live-restore, the next boundary that has it: a dockerd that
 * was not told yet has it in force. k: there is none such.
 */
size_t live_kept_above(const struct mover *m, size_t k);

/* The first boundary from k upwards at which the file keeps it; k where nothing is given up. */
size_t live_kept_from(const struct mover *m, size_t k);

/*
 * A config file that stays as others made it, with live-restore in it that was there for the time of a
 * restart alone: its path; NULL: none.
 */
const char *live_left_in(const struct mover *m);

/* Whether a config file of dockerd's is on the disk as at boundary k, and sets live-restore. */
bool live_is_at(const struct mover *m, size_t k);
