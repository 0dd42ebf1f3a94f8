#pragma once

/*
 * POSIX ACLs as canonical text, and as the kernel keeps them in an extended attribute:
 *
 *     user::rw-,user:1000:rwx,group::r--,mask::rwx,other::r--
 *
 * Numbers instead of names, entries in the kernel's order, those of one kind by number. Two
 * ACLs are equal when their texts are. Private to engine/host.
 */

#include <sys/types.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"

#define ACL_ACCESS_XATTR "system.posix_acl_access"
#define ACL_DEFAULT_XATTR "system.posix_acl_default"

/*
 * The text of an attribute's value; NULL when it is an access ACL that says no more than the
 * mode (only user::, group:: and other::), or empty. -EINVAL when it is no ACL.
 */
int acl_text_from_xattr(const void *value, size_t len, bool access, char **ret_text,
			struct error *err);

/*
 * The attribute's value for a text, which must be a complete ACL; it need not be canonical:
 * entries may be in any order, tags short ("u:1000:r-x") and permissions too ("r"). Names are
 * not known here. -EINVAL.
 */
int acl_text_to_xattr(const char *text, struct buf *ret_value, struct error *err);

/* The permission bits that a file with this ACL shows: owner, mask (or group), others. -EINVAL. */
int acl_text_mode(const char *text, mode_t *ret_mode, struct error *err);
