#pragma once

/*
 * Owner, group, mode and access lists of one inode against what is wanted of it: what is too much
 * goes as edits into the delta, what was found into the tally. Rights are only ever taken away: a
 * mode is a mask, not a value, so 0400 under "0644" stays 0400.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/strv.h"
#include "engine/model/delta.h"
#include "engine/model/node.h"
#include "engine/model/view.h"
#include "modules/common/tally.h"

struct file_rights {
	/* all three are the caller's */
	const struct view *view;
	struct delta *delta;
	struct tally *tally;
	bool check_owner;
	uid_t uid;
	gid_t *gids; /* accepted; the first is the one to set */
	size_t ngids; /* 0: any */
};

/* Numbers for the names (`owner` NULL: any); false, and a note, when they cannot be found out. */
bool file_rights_resolve(struct file_rights *r, const char *owner, const struct strv *groups);
void file_rights_clear(struct file_rights *r);

/* `mask` is what the mode may have at most; negative: any mode will do. */
void file_rights_compare(struct file_rights *r, const char *path, const struct node *node,
			 long mask);

/* Whether all is as wanted: the same that file_rights_compare() would find, and note by the other. */
bool file_rights_fine(const struct file_rights *r, const struct node *node, long mask);
void file_rights_note_fine(struct file_rights *r, const char *path, const struct node *node);

/* A text that tells apart whatever these two answer differently to; the caller frees it. */
char *file_rights_key(const struct file_rights *r, const void *desired);
