#pragma once

/*
 * Access lists in their canonical text ("user::rw-,user:1000:rwx,group::r--,mask::rwx,
 * other::r--", acl(5)), capped by a mode so that nobody has more than it says.
 */

#include <sys/types.h>

/*
 * The list with each entry cut down: the owner to the owner's bits of `mask`, the owning group
 * and the mask entry to the group's, others and every named user and group to those of others.
 * No entry is taken away, since whoever it names would then fall into a wider class. NULL when
 * the text is not understood; the caller frees it.
 */
char *acl_cap(const char *text, mode_t mask);
