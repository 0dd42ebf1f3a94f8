#include "engine/base/str.h"
#include "engine/host/write/write.h"

#include <acl/libacl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/host/read/acl-text.h"
#include "engine/host/read/fd-path.h"
#include "engine/host/read/node-attributes.h"
#include "engine/host/read/observe.h"

#define FLAG_BITS (FS_IMMUTABLE_FL | FS_APPEND_FL)

/* What is being changed: the descriptor, its path for calls, and how it is now. */
struct target {
	int fd;
	struct fd_path path;
	struct node now;
};

static void target_clear(struct target *t)
{
	node_clear(&t->now);
}

static int fail(struct error *err, int code, const char *what, const struct target *t)
{
	CLEANUP(freep) char *name = fd_name(t->fd, NULL);

	return error_errno_at(err, code, name, "cannot change %s of '%s'", what, name);
}

static int refuse(const struct target *t, int r, struct error *err)
{
	CLEANUP(freep) char *name = fd_name(t->fd, NULL);

	return error_about(err, error_wrap(err, r, "cannot change '%s'", name), name);
}

static int look(struct target *t, struct error *err)
{
	int r;

	node_clear(&t->now);
	r = observe_fd(t->fd, 0, &t->now, err);
	if (r < 0)
		return refuse(t, r, err);
	if (r == 0 && t->now.kind == NODE_UNKNOWN)
		r = fail(err, t->now.error, "attributes", t);
	return r;
}

/* With an ACL the group's bits of the mode are its mask, so the two cannot be chosen freely. */
static int check_wanted(const struct target *t, const struct node *node, struct error *err)
{
	mode_t mode = node->mode & 0777;
	int r = 0;

	if (t->now.kind != node->kind)
		r = error_set(err, -EINVAL, "it is %s, not %s", node_kind_phrase(t->now.kind),
			      node_kind_phrase(node->kind));
	else if (node->acl)
		r = acl_text_mode(node->acl, &mode, err);
	if (r == 0 && mode != (node->mode & 0777))
		r = error_set(err, -EINVAL, "mode %04o does not go with access control list '%s'",
			      node->mode, node->acl);
	return r < 0 ? refuse(t, r, err) : 0;
}

/* Only what differs is handed in: an ordinary user may change his group and not his owner. */
static int set_owner(struct target *t, const struct node *node, struct error *err)
{
	uid_t uid = t->now.uid == node->uid ? (uid_t)-1 : node->uid;
	gid_t gid = t->now.gid == node->gid ? (gid_t)-1 : node->gid;

	if (t->now.uid == node->uid && t->now.gid == node->gid)
		return 0;
	if (fchownat(t->fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		return fail(err, -errno, "the owner", t);
	return look(t, err); /* setuid bits and capabilities may be gone */
}

static int set_mode(struct target *t, mode_t mode, struct error *err)
{
	struct stat st;

	if (fstat(t->fd, &st) < 0)
		return fail(err, -errno, "the mode", t);
	if ((st.st_mode & 07777) == mode)
		return 0;
	return chmod(t->path.text, mode) < 0 ? fail(err, -errno, "the mode", t) : 0;
}

static int set_acl(struct target *t, acl_type_t type, acl_t acl, struct error *err)
{
	if (acl_set_file(t->path.text, type, acl) < 0)
		return fail(err, -errno, "the access control list", t);
	return 0;
}

static int remove_xattr(struct target *t, const char *name, struct error *err)
{
	if (removexattr(t->path.text, name) == 0 || errno == ENODATA)
		return 0;
	return fail(err, -errno, name, t);
}

/* The ACL of the node, or the one that says what its mode says. */
static int access_acl(const struct node *node, acl_t *ret, struct error *err)
{
	if (node->acl)
		return acl_text_to_acl(node->acl, ret, err);
	*ret = acl_from_mode(node->mode);
	return *ret ? 0 : error_errno(err, -errno, "no access control list for %04o", node->mode);
}

/*
 * Mode and access ACL together, in one step: the kernel takes the permissions from an ACL, and
 * keeps none that says no more than they do. (Removing an ACL by itself would leave its mask as
 * the group's permissions, which may be more than the group had.) What is left for chmod() are
 * the bits above them.
 */
static int set_access(struct target *t, const struct node *node, struct error *err)
{
	CLEANUP(acl_freep) acl_t acl = NULL;
	int r;

	if (strcmp_null(t->now.acl, node->acl) == 0)
		return set_mode(t, node->mode, err);
	r = access_acl(node, &acl, err);
	if (r == 0)
		r = set_acl(t, ACL_TYPE_ACCESS, acl, err);
	return r < 0 ? r : set_mode(t, node->mode, err);
}

/*
 * Where the new mode only takes away, it goes first: otherwise the new owner would have the old
 * permissions for a moment. Nowhere is a mode set that is neither the old nor the new one, since
 * recovery would take it for somebody else's.
 */
static int narrow_mode(struct target *t, const struct node *node, struct error *err)
{
	if (t->now.acl || node->acl || node->mode & ~t->now.mode)
		return 0;
	return set_mode(t, node->mode, err);
}

static int set_default_acl(struct target *t, const struct node *node, struct error *err)
{
	CLEANUP(acl_freep) acl_t acl = NULL;
	int r;

	if (node->kind != NODE_DIR || strcmp_null(t->now.default_acl, node->default_acl) == 0)
		return 0;
	if (!node->default_acl)
		return acl_delete_def_file(t->path.text) < 0
			       ? fail(err, -errno, "the default access control list", t)
			       : 0;
	r = acl_text_to_acl(node->default_acl, &acl, err);
	return r < 0 ? r : set_acl(t, ACL_TYPE_DEFAULT, acl, err);
}

static const struct xattr *find_xattr(const struct node *node, const char *name)
{
	for (size_t i = 0; i < node->nxattrs; i++)
		if (strcmp(node->xattrs[i].name, name) == 0)
			return &node->xattrs[i];
	return NULL;
}

/* A label that the security module gives to each new file; it cannot be taken away, only changed. */
static bool is_label(const char *name)
{
	return strcmp(name, "security.selinux") == 0 || starts_with(name, "security.SMACK64");
}

static bool same_value(const struct xattr *a, const struct xattr *b)
{
	return b && a->len == b->len && (a->len == 0 || memcmp(a->value, b->value, a->len) == 0);
}

static int set_xattrs(struct target *t, const struct node *node, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < t->now.nxattrs && r == 0; i++) {
		const char *name = t->now.xattrs[i].name;

		if (!find_xattr(node, name) && !is_label(name))
			r = remove_xattr(t, name, err);
	}
	for (size_t i = 0; i < node->nxattrs && r == 0; i++) {
		const struct xattr *x = &node->xattrs[i];

		if (is_acl_xattr(x->name) || same_value(x, find_xattr(&t->now, x->name)))
			continue;
		if (setxattr(t->path.text, x->name, x->value, x->len, 0) < 0)
			r = fail(err, -errno, x->name, t);
	}
	return r;
}

int write_attributes(int fd, const struct node *node, struct error *err)
{
	CLEANUP(target_clear) struct target t = {.fd = fd, .path = fd_path(fd)};
	bool is_link = node->kind == NODE_SYMLINK;
	int r;

	r = look(&t, err);
	if (r == 0)
		r = check_wanted(&t, node, err);
	if (r == 0 && !is_link)
		r = narrow_mode(&t, node, err);
	if (r == 0)
		r = set_owner(&t, node, err);
	if (r < 0 || is_link)
		return r;
	r = set_access(&t, node, err);
	if (r == 0)
		r = set_default_acl(&t, node, err);
	if (r == 0)
		r = set_xattrs(&t, node, err);
	return r;
}

static int change_flags(int fd, unsigned flags)
{
	int now, wanted;

	if (ioctl(fd, FS_IOC_GETFLAGS, &now) < 0)
		return errno == ENOTTY || errno == EOPNOTSUPP ? (flags ? -EOPNOTSUPP : 0) : -errno;
	wanted = now & ~FLAG_BITS;
	wanted |= flags & NODE_IMMUTABLE ? FS_IMMUTABLE_FL : 0;
	wanted |= flags & NODE_APPEND_ONLY ? FS_APPEND_FL : 0;
	if (wanted == now)
		return 0;
	return ioctl(fd, FS_IOC_SETFLAGS, &wanted) < 0 ? -errno : 0;
}

int write_flags(int fd, unsigned flags, struct error *err)
{
	const struct target t = {.fd = fd};
	CLEANUP(close_fd) int opened = -1;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return fail(err, -errno, "the flags", &t);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return flags ? fail(err, -EOPNOTSUPP, "the flags", &t) : 0;
	opened = fd_reopen_quietly(fd, 0);
	r = opened < 0 ? opened : change_flags(opened, flags);
	return r < 0 ? fail(err, r, "the flags", &t) : 0;
}
