#include "engine/model/node.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

ENUM_TABLE(node_kind, enum node_kind, NODE_KIND_COUNT, [NODE_ABSENT] = "absent",
	   [NODE_FILE] = "file", [NODE_DIR] = "dir", [NODE_SYMLINK] = "symlink",
	   [NODE_SOCKET] = "socket", [NODE_OTHER] = "other", [NODE_UNKNOWN] = "unknown");

static const char *const phrases[NODE_KIND_COUNT] = {
	[NODE_ABSENT] = "nothing",
	[NODE_FILE] = "a file",
	[NODE_DIR] = "a directory",
	[NODE_SYMLINK] = "a symbolic link",
	[NODE_SOCKET] = "a socket",
	[NODE_OTHER] = "a device or a pipe",
	[NODE_UNKNOWN] = "something that could not be looked at",
};

const char *node_kind_phrase(enum node_kind kind)
{
	return kind < NODE_KIND_COUNT ? phrases[kind] : phrases[NODE_UNKNOWN];
}

char *node_describe(const struct node *n)
{
	if (n->kind == NODE_SYMLINK && n->data)
		return xasprintf("%s to '%s'", node_kind_phrase(n->kind), n->data);
	return xstrdup(node_kind_phrase(n->kind));
}

void node_clear(struct node *n)
{
	if (!n)
		return;
	free(n->acl);
	free(n->default_acl);
	for (size_t i = 0; i < n->nxattrs; i++) {
		free(n->xattrs[i].name);
		free(n->xattrs[i].value);
	}
	free(n->xattrs);
	free(n->data);
	*n = (struct node){0};
}

static struct xattr *copy_xattrs(const struct node *from)
{
	struct xattr *copies;

	if (from->nxattrs == 0)
		return NULL;
	copies = xcalloc(from->nxattrs, sizeof(*copies));
	for (size_t i = 0; i < from->nxattrs; i++) {
		const struct xattr *x = &from->xattrs[i];

		copies[i].name = xstrdup(x->name);
		copies[i].value = xmemdup(x->value, x->len);
		copies[i].len = x->len;
	}
	return copies;
}

void node_copy(struct node *to, const struct node *from)
{
	struct node copy = *from;

	if (to == from)
		return;
	copy.acl = xstrdup_null(from->acl);
	copy.default_acl = xstrdup_null(from->default_acl);
	copy.xattrs = copy_xattrs(from);
	copy.data = xstrdup_null(from->data);
	node_clear(to);
	*to = copy;
}

static bool same_xattrs(const struct node *a, const struct node *b)
{
	if (a->nxattrs != b->nxattrs)
		return false;
	for (size_t i = 0; i < a->nxattrs; i++) {
		const struct xattr *x = &a->xattrs[i], *y = &b->xattrs[i];

		if (strcmp(x->name, y->name) != 0 || x->len != y->len)
			return false;
		if (x->len && memcmp(x->value, y->value, x->len) != 0)
			return false;
	}
	return true;
}

static bool same_kind(const struct node *a, const struct node *b)
{
	return a->kind == b->kind && (a->kind != NODE_UNKNOWN || a->error == b->error);
}

static bool same_mode(const struct node *a, const struct node *b)
{
	return a->mode == b->mode;
}

static bool same_owner(const struct node *a, const struct node *b)
{
	return a->uid == b->uid;
}

static bool same_group(const struct node *a, const struct node *b)
{
	return a->gid == b->gid;
}

static bool same_acl(const struct node *a, const struct node *b)
{
	return strcmp_null(a->acl, b->acl) == 0;
}

static bool same_default_acl(const struct node *a, const struct node *b)
{
	return strcmp_null(a->default_acl, b->default_acl) == 0;
}

static bool same_flags(const struct node *a, const struct node *b)
{
	return a->flags == b->flags;
}

static bool same_data(const struct node *a, const struct node *b)
{
	return !a->data || !b->data || strcmp(a->data, b->data) == 0;
}

static const struct {
	const char *name;
	bool (*same)(const struct node *a, const struct node *b);
	bool right; /* who may do what with it */
} aspects[] = {
	{"kind", same_kind},
	{"mode", same_mode, .right = true},
	{"owner", same_owner, .right = true},
	{"group", same_group, .right = true},
	{"acl", same_acl, .right = true},
	{"default-acl", same_default_acl},
	{"xattrs", same_xattrs},
	{"flags", same_flags},
	{"content", same_data},
};

bool node_equal(const struct node *a, const struct node *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
		if (!aspects[i].same(a, b))
			return false;
	return true;
}

char *node_difference(const struct node *a, const struct node *b)
{
	CLEANUP(buf_clear) struct buf text = {0};

	for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
		if (!aspects[i].same(a, b))
			buf_printf(&text, "%s%s", text.len ? ", " : "", aspects[i].name);
	return buf_take(&text);
}

/*
 * The permissions of one known node, and no special bits that none of them has: a change of
 * owner takes the setuid and setgid bits away until the mode is set again, and an ACL changes
 * the permissions without them.
 */
static bool mode_in_between(const struct node *n, const struct node *const *known, size_t count)
{
	mode_t special = 0;
	bool permissions = false;

	for (size_t i = 0; i < count; i++) {
		special |= known[i]->mode & 07000;
		permissions |= (n->mode & 0777) == (known[i]->mode & 0777);
	}
	return permissions && (n->mode & 07000 & ~special) == 0;
}

static const struct xattr *find_xattr(const struct node *n, const char *name)
{
	for (size_t i = 0; i < n->nxattrs; i++)
		if (strcmp(n->xattrs[i].name, name) == 0)
			return &n->xattrs[i];
	return NULL;
}

static bool has_xattr(const struct node *n, const struct xattr *x)
{
	const struct xattr *found = find_xattr(n, x->name);

	return found && found->len == x->len &&
	       (x->len == 0 || memcmp(found->value, x->value, x->len) == 0);
}

/* Whether some known node lacks it, or the kernel may have taken it: a change of owner does. */
static bool xattr_may_lack(const char *name, const struct node *const *known, size_t count)
{
	if (strcmp(name, "security.capability") == 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (known[i]->kind == NODE_ABSENT || !find_xattr(known[i], name))
			return true;
	return false;
}

/* They are set one by one: each must be as some known node has it. */
static bool xattrs_in_between(const struct node *n, const struct node *const *known, size_t count)
{
	for (size_t i = 0; i < n->nxattrs; i++) {
		size_t k = 0;

		while (k < count && !has_xattr(known[k], &n->xattrs[i]))
			k++;
		if (k == count)
			return false;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < known[i]->nxattrs; k++) {
			const char *name = known[i]->xattrs[k].name;

			if (!find_xattr(n, name) && !xattr_may_lack(name, known, count))
				return false;
		}
	return true;
}

/* They are taken away for the time of a change. */
static bool flags_in_between(const struct node *n, const struct node *const *known, size_t count)
{
	unsigned all = 0;

	for (size_t i = 0; i < count; i++)
		all |= known[i]->flags;
	return (n->flags & ~all) == 0;
}

/* The aspects that a node on its way has in no known form, or only in parts. */
static bool aspect_in_between(size_t aspect, const struct node *n, const struct node *const *known,
			      size_t count)
{
	if (aspects[aspect].same == same_mode)
		return mode_in_between(n, known, count);
	if (aspects[aspect].same == same_xattrs)
		return xattrs_in_between(n, known, count);
	return aspects[aspect].same == same_flags && flags_in_between(n, known, count);
}

/* What is absent has no aspects that something there could share with it. */
static bool aspect_is_known(size_t aspect, const struct node *n, const struct node *const *known,
			    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((known[i]->kind != NODE_ABSENT || n->kind == NODE_ABSENT) &&
		    aspects[aspect].same(n, known[i]))
			return true;
	return aspect_in_between(aspect, n, known, count);
}

char *node_foreign_aspects(const struct node *n, const struct node *const *known, size_t count)
{
	CLEANUP(buf_clear) struct buf text = {0};

	for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
		if (!aspect_is_known(i, n, known, count))
			buf_printf(&text, "%s%s", text.len ? ", " : "", aspects[i].name);
	return buf_take(&text);
}

bool node_foreign_rights(const struct node *n, const struct node *const *known, size_t count)
{
	size_t rights = 0, others = 0;

	for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
		if (!aspect_is_known(i, n, known, count))
			*(aspects[i].right ? &rights : &others) += 1;
	return rights > 0 && others == 0;
}
