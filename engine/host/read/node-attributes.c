#include "engine/host/read/node-attributes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/host/read/acl-text.h"
#include "engine/host/read/fd-path.h"

/* XFS shows its own form of the ACLs beside the common one; restoring both would be once too often. */
bool is_acl_xattr(const char *name)
{
	static const char *const names[] = {
		ACL_ACCESS_XATTR,
		ACL_DEFAULT_XATTR,
		"trusted.SGI_ACL_FILE",
		"trusted.SGI_ACL_DEFAULT",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The list of names, each with its NUL, appended; it may grow between asking its size and getting it. */
static int list_names(const char *path, struct buf *ret)
{
	for (;;) {
		ssize_t size = listxattr(path, NULL, 0);
		ssize_t n;

		if (size <= 0)
			return size < 0 ? -errno : 0;
		buf_reserve(ret, (size_t)size);
		n = listxattr(path, ret->data, (size_t)size);
		if (n < 0 && errno == ERANGE)
			continue;
		if (n < 0)
			return -errno;
		ret->len = (size_t)n;
		ret->data[n] = '\0';
		return 0;
	}
}

static int get_value(const char *path, const char *name, struct buf *ret)
{
	for (;;) {
		ssize_t size = getxattr(path, name, NULL, 0);
		ssize_t n;

		if (size < 0)
			return -errno;
		buf_reserve(ret, (size_t)size + 1);
		n = getxattr(path, name, ret->data, (size_t)size + 1);
		if (n < 0 && errno == ERANGE)
			continue;
		if (n < 0)
			return -errno;
		ret->len = (size_t)n;
		ret->data[n] = '\0';
		return 0;
	}
}

/*
 * Gone since the list was made, or not for this user's eyes (user.* of a file that he cannot
 * read): an ordinary user sees less of a host, and that is no reason to see nothing. Root is
 * told: who replaces a file must not lose what he was not shown.
 */
static bool is_unseen(int r)
{
	if (r == -EACCES || r == -EPERM)
		return geteuid() != 0;
	return r == -ENODATA || r == -EOPNOTSUPP;
}

/* How often to ask again for an ACL that grows while it is read; a file system may never agree. */
#define ACL_TRIES 8

static int read_acl(const char *path, acl_type_t type, char **ret_text, struct error *err)
{
	CLEANUP(acl_freep) acl_t acl = acl_get_file(path, type);

	for (int i = 1; !acl && errno == ERANGE && i < ACL_TRIES; i++)
		acl = acl_get_file(path, type);
	if (acl)
		return acl_text_from_acl(acl, type == ACL_TYPE_ACCESS, ret_text, err);
	if (is_unseen(-errno))
		return 0;
	return error_errno(err, -errno, "cannot read the access control list");
}

static void keep_xattr(struct node *node, const char *name, struct buf *value)
{
	struct xattr *x = array_append(&node->xattrs, &node->nxattrs, sizeof(*x));

	x->name = xstrdup(name);
	x->len = value->len;
	x->value = (unsigned char *)buf_take(value);
}

static int read_one(const char *path, const char *name, struct node *node, struct error *err)
{
	CLEANUP(buf_clear) struct buf value = {0};
	int r;

	if (strcmp(name, ACL_ACCESS_XATTR) == 0)
		return read_acl(path, ACL_TYPE_ACCESS, &node->acl, err);
	if (strcmp(name, ACL_DEFAULT_XATTR) == 0)
		return read_acl(path, ACL_TYPE_DEFAULT, &node->default_acl, err);
	if (is_acl_xattr(name))
		return 0;
	r = get_value(path, name, &value);
	if (is_unseen(r))
		return 0;
	if (r < 0)
		return error_errno(err, r, "cannot read attribute '%s'", name);
	keep_xattr(node, name, &value);
	return 0;
}

static int compare_xattrs(const void *a, const void *b)
{
	return strcmp(((const struct xattr *)a)->name, ((const struct xattr *)b)->name);
}

int node_read_xattrs(int fd, struct node *node, struct error *err)
{
	CLEANUP(buf_clear) struct buf names = {0};
	struct fd_path path = fd_path(fd);
	int r;

	r = list_names(path.text, &names);
	if (r == -EOPNOTSUPP)
		return 0;
	if (r < 0)
		return error_errno(err, r, "cannot list attributes");
	for (size_t at = 0; at < names.len; at += strlen(names.data + at) + 1) {
		r = read_one(path.text, names.data + at, node, err);
		if (r < 0)
			return r;
	}
	if (node->nxattrs > 1)
		qsort(node->xattrs, node->nxattrs, sizeof(*node->xattrs), compare_xattrs);
	return 0;
}
