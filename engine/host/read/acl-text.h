#pragma once

/*
 * POSIX ACLs as canonical text, and as libacl has them:
 *
 *     user::rw-,user:1000:rwx,group::r--,mask::rwx,other::r--
 *
 * Numbers instead of names, entries in the kernel's order, those of one kind by number. Two
 * ACLs are equal when their texts are. Nothing here reaches for a file; reading and setting are
 * the caller's (node-attributes.c, write-attributes.c).
 */

#include <stdbool.h>
#include <sys/acl.h>
#include <sys/types.h>

#include "engine/base/error.h"

#define ACL_ACCESS_XATTR "system.posix_acl_access"
#define ACL_DEFAULT_XATTR "system.posix_acl_default"

/* For CLEANUP(); a NULL is fine. */
static inline UNUSED void acl_freep(acl_t *acl)
{
	if (*acl)
		acl_free(*acl);
}

/*
 * The text of an ACL; NULL when it is an access ACL that says no more than the mode (only
 * user::, group:: and other::), or empty. -EINVAL when it is not valid, or says what its text
 * would not bring back.
 */
int acl_text_from_acl(acl_t acl, bool access, char **ret_text, struct error *err);

/*
 * The ACL for a text, which must be complete; it need not be canonical: entries may be in any
 * order, tags short ("u:1000:r-x") and permissions too ("r"). Names are not known here. The
 * caller releases it with acl_free(). -EINVAL.
 */
int acl_text_to_acl(const char *text, acl_t *ret_acl, struct error *err);

/* As the text of its ACL is; NULL as acl_text_from_acl() says. -EINVAL. */
int acl_text_canonical(const char *text, bool access, char **ret_text, struct error *err);

/* The permission bits that a file with this ACL shows: owner, mask (or group), others. -EINVAL. */
int acl_text_mode(const char *text, mode_t *ret_mode, struct error *err);
