#pragma once

/*
 * The rights on a path as entries, so that two changes of them meet entry by entry and bit by
 * bit: the owner's, the group's and others' of a mode, and those of an access list.
 */

#include "engine/model/edit.h"
#include "engine/model/node.h"

/*
 * What the step of others from `base` to `other` makes of ours: its mode, ACL and default ACL. An
 * entry that they narrowed, or whose owner or group they changed, stays as they have it: nothing
 * that we had closed opens there again. True where that kept something of ours from coming back;
 * with `ours_first` it comes back all the same.
 */
bool rights_follow(const struct node *base, const struct node *other, struct node *ours,
		   bool ours_first);

/* The same with the step that an edit of "mode" or of an ACL is. */
void rights_edit(const struct edit *edit, struct node *ours);

/* A mode as a step from one to another leaves it; all four are octal text. The caller frees it. */
char *rights_mode(const char *before, const char *after, const char *now);
