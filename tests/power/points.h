#pragma once

/*
 * The points at which the transaction code makes something durable, each with a name. This
 * program is linked so that the calls between the product's files, and its sync calls, come
 * here first (--wrap of the linker): the product is built as always, and still any one of the
 * points can be left out, can lie, or can be where the process is killed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "rollback/journal.h"

enum point {
	POINT_NONE,
	POINT_STAGED_LIST, /* the list of staged names, before the first of them */
	POINT_SNAPSHOT_TARGETS, /* staged files, before INTENT */
	POINT_SNAPSHOT_STATE, /* blobs, before INTENT */
	POINT_JOURNAL_FILE,
	POINT_JOURNAL_DIRECTORY,
	POINT_LATE_STAGE, /* what is staged only when its directory is there */
	POINT_MOVE_UP,
	POINT_MOVE_DOWN,
	POINT_SWEEP, /* staged files are gone, before SWEPT says so */
	POINT_RECOVER, /* the first act of recovery */
	POINT_RECORD, /* + enum record_type */
	POINT_RECOVERY_RECORD = POINT_RECORD + RECORD_TYPE_COUNT, /* the same, by recovery */
	POINT_CONFIRM_RECORD = POINT_RECOVERY_RECORD + RECORD_TYPE_COUNT, /* ..., by confirm */
	POINT_COUNT = POINT_CONFIRM_RECORD + RECORD_TYPE_COUNT,
	POINT_ALL = POINT_COUNT, /* for `skip` */
};

struct points {
	bool skip[POINT_COUNT]; /* makes nothing durable, and says that it did */
	enum point lie; /* makes it durable, and says that it failed */
	enum point kill; /* dies in front of it */
	bool other_boot; /* as after a power cut */
	int mark_fd; /* told of each durable record; -1: not */
	unsigned *hits; /* by point, shared with who looks at them; NULL: none */
};

extern struct points points;

/* A text for each point: "journal-directory", "COMMIT", "recover:SWEPT". The caller frees it. */
char *point_name(enum point p);
void points_mark(const char *text);
