#include "engine/model/node.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

ENUM_TABLE(node_kind, enum node_kind, NODE_KIND_COUNT, [NODE_ABSENT] = "absent",
	   [NODE_FILE] = "file", [NODE_DIR] = "dir", [NODE_SYMLINK] = "symlink",
	   [NODE_SOCKET] = "socket", [NODE_OTHER] = "other", [NODE_UNKNOWN] = "unknown");

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
} aspects[] = {
	{"kind", same_kind},     {"mode", same_mode},   {"owner", same_owner},
	{"group", same_group},   {"acl", same_acl},     {"default-acl", same_default_acl},
	{"xattrs", same_xattrs}, {"flags", same_flags}, {"content", same_data},
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

/* A change of owner takes the setuid and setgid bits away until the mode is set again. */
static bool mode_in_between(const struct node *n, const struct node *known)
{
	return n->mode == (known->mode & ~(mode_t)06000);
}

static bool aspect_is_known(size_t aspect, const struct node *n, const struct node *const *known,
			    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (aspects[aspect].same(n, known[i]))
			return true;
		if (aspects[aspect].same == same_mode && mode_in_between(n, known[i]))
			return true;
	}
	return false;
}

char *node_foreign_aspects(const struct node *n, const struct node *const *known, size_t count)
{
	CLEANUP(buf_clear) struct buf text = {0};

	for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
		if (!aspect_is_known(i, n, known, count))
			buf_printf(&text, "%s%s", text.len ? ", " : "", aspects[i].name);
	return buf_take(&text);
}
