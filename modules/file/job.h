#pragma once

/* What is wanted of files, and one run of the comparison: file.c has the paths, tree.c what is below them. */

#include <stdbool.h>

#include "engine/base/strv.h"
#include "engine/model/delta.h"
#include "engine/model/view.h"
#include "modules/common/file-rights.h"
#include "modules/common/tally.h"

struct file_desired {
	struct strv paths;
	char *owner;
	struct strv groups;
	long mode;
	int kind; /* enum node_kind; KIND_ANY */
	bool tree;
	struct strv match;
	long directory_mode;
	int must_exist; /* enum of "missing": 0 ok, 1 fail */
	bool of_users;
};

#define KIND_ANY ((int)NODE_KIND_COUNT)

/* One run of diff: what is wanted, and what was found on the way. */
struct file_job {
	const struct file_desired *want;
	const struct view *view;
	struct delta *delta;
	struct tally tally;
	struct file_rights rights;
	struct strv trees; /* that are walked: what a link in one leads to may be in another */
	struct strv closed; /* directories that this very resource gives to root */
	struct strv gaps; /* directories and links that others can write: each is told once */
};

/* Reads the node; false when it is absent or cannot be looked at, which is then noted. */
bool file_look_at(struct file_job *job, const char *path, struct node *ret);

bool file_kind_fits(const struct file_job *job, enum node_kind kind);
bool file_name_matches(const struct file_job *job, const char *path);

/* What cannot be handled must not keep the others of the same control from being so. */
void file_note_kind(struct file_job *job, const char *path, enum node_kind kind);

/*
 * Whether only root decides what is at that name. false: the place is somebody else's, and so is
 * what is in it: nothing there is given to root, since its owner could put another in its place.
 */
bool file_is_guarded(struct file_job *job, const char *path);

/* tree.c: the directory and all that is below it. */
void file_walk(struct file_job *job, const char *directory);
