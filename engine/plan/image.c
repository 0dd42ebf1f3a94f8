#include "engine/plan/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/format/format.h"
#include "engine/format/secret.h"
#include "engine/host/read/acl-text.h"
#include "engine/host/read/observe.h"

#define NEW_FILE_MODE 0644
#define NEW_DIR_MODE 0755
#define LINK_MODE 0777 /* of every link: the kernel ignores it */

int image_observe(const struct walk *walk, bool with_content, struct image *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf content = {0};
	struct timespec mtime;
	int r;

	image_clear(ret);
	r = observe_walk(walk, 0, &ret->node, err);
	if (r < 0 || !with_content || ret->node.kind != NODE_FILE)
		return r;
	r = observe_walk_content(walk, &content, err);
	if (r < 0)
		return r;
	mtime = ret->node.mtime;
	image_set_content(ret, content.data, content.len);
	ret->node.mtime = mtime;
	return 0;
}

/* The time goes with the content: what has the same bytes is the file that it was. */
void image_set_content(struct image *image, const void *bytes, size_t n)
{
	char *digest;

	buf_set(&image->content, bytes, n);
	image->has_content = true;
	digest = digest_new(image->content.data, image->content.len);
	if (strcmp_null(image->node.data, digest) != 0)
		image->node.mtime = (struct timespec){0};
	free(image->node.data);
	image->node.data = digest;
	image->node.size = (off_t)n;
}

/*
 * What a new file or directory is until an edit says otherwise: root's, as a umask of 022 gives it.
 */
static void become(struct image *image, enum node_kind kind, mode_t mode)
{
	image_clear(image);
	image->node.kind = kind;
	image->node.mode = mode;
}

static int apply_exists(struct image *image, const char *after)
{
	if (!after)
		become(image, NODE_ABSENT, 0);
	else if (image->node.kind == NODE_ABSENT && strcmp(after, "dir") == 0)
		become(image, NODE_DIR, NEW_DIR_MODE);
	else if (image->node.kind == NODE_ABSENT) {
		become(image, NODE_FILE, NEW_FILE_MODE);
		image_set_content(image, NULL, 0);
	}
	return 0;
}

/* A link that leads elsewhere is a new one with the old one's owner. */
static int apply_link(struct image *image, const char *after, struct error *err)
{
	struct node *node = &image->node;

	if (node->kind != NODE_ABSENT && node->kind != NODE_SYMLINK)
		return error_set(err, -EINVAL, "it is %s, not a symbolic link",
				 node_kind_phrase(node->kind));
	if (!after) {
		become(image, NODE_ABSENT, 0);
		return 0;
	}
	if (node->kind == NODE_ABSENT)
		become(image, NODE_SYMLINK, LINK_MODE);
	str_replace(&node->data, after);
	node->size = (off_t)strlen(after);
	node->mtime = (struct timespec){0};
	return 0;
}

static int apply_mode(struct node *node, const char *after, struct error *err)
{
	char *end;
	unsigned long mode;

	if (!after)
		return 0;
	mode = strtoul(after, &end, 8);
	if (*end || mode > 07777)
		return secret_refuse(subject_path(SCHEME_MODE), after, "not a mode", err);
	if (node->acl)
		node->mode = (node->mode & 0777) | (mode & 07000);
	else
		node->mode = (mode_t)mode;
	return 0;
}

static int apply_id(unsigned *id, const char *after, struct error *err)
{
	char *end;
	unsigned long value = strtoul(after ? after : "", &end, 10);

	if (!after || *end || end == after || value >= (unsigned)-1)
		return secret_refuse(subject_path(SCHEME_OWNER), after ? after : "",
				     "not the number of a user or group", err);
	*id = (unsigned)value;
	return 0;
}

static int apply_acl(struct node *node, const char *after, struct error *err)
{
	mode_t mode = node->mode & 0777;
	int r = 0;

	if (after)
		r = acl_text_mode(after, &mode, err);
	if (r < 0)
		return r;
	str_replace(&node->acl, after);
	node->mode = (node->mode & 07000) | mode;
	return 0;
}

static int apply_content(struct image *image, const struct edit *edit, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r;

	if (image->node.kind == NODE_ABSENT && !edit->after)
		return 0;
	if (image->node.kind == NODE_ABSENT)
		apply_exists(image, "file");
	if (image->node.kind != NODE_FILE || !image->has_content)
		return error_set(err, -EINVAL, "it is %s, not a file",
				 node_kind_phrase(image->node.kind));
	buf_copy(&text, &image->content);
	r = format_set(&text, edit->subject, edit->after, err);
	if (r < 0)
		return r;
	image_set_content(image, text.data, text.len);
	return 0;
}

static int apply(struct image *image, const struct edit *edit, struct error *err)
{
	switch (edit->subject.scheme) {
	case SCHEME_EXISTS:
		return apply_exists(image, edit->after);
	case SCHEME_LINK:
		return apply_link(image, edit->after, err);
	case SCHEME_MODE:
		return apply_mode(&image->node, edit->after, err);
	case SCHEME_OWNER:
		return apply_id(&image->node.uid, edit->after, err);
	case SCHEME_GROUP:
		return apply_id(&image->node.gid, edit->after, err);
	case SCHEME_ACL:
		return apply_acl(&image->node, edit->after, err);
	case SCHEME_DEFAULT_ACL:
		str_replace(&image->node.default_acl, edit->after);
		return 0;
	default:
		return apply_content(image, edit, err);
	}
}

int image_apply_edit(struct image *image, const struct edit *edit, struct error *err)
{
	int r = apply(image, edit, err);

	if (r >= 0)
		return 0;
	error_wrap(err, r, "cannot change '%s'", edit->path);
	return error_blame(err, error_about(err, r, edit->path), edit->control);
}

static char *exists_value(enum node_kind kind)
{
	if (kind == NODE_ABSENT)
		return NULL;
	return xstrdup(kind == NODE_DIR ? "dir" : "file");
}

/* What stands in the place of a link is a value of its own: nobody takes it for a missing link. */
static char *link_value(const struct node *n)
{
	return n->kind == NODE_SYMLINK ? xstrdup_null(n->data)
				       : xasprintf("(%s)", node_kind_phrase(n->kind));
}

static char *attribute_value(const struct node *n, enum scheme scheme)
{
	switch (scheme) {
	case SCHEME_LINK:
		return link_value(n);
	case SCHEME_MODE:
		return xasprintf("%04o", (unsigned)n->mode);
	case SCHEME_OWNER:
		return xasprintf("%u", n->uid);
	case SCHEME_GROUP:
		return xasprintf("%u", n->gid);
	case SCHEME_ACL:
		return xstrdup_null(n->acl);
	case SCHEME_DEFAULT_ACL:
		return xstrdup_null(n->default_acl);
	default:
		return NULL;
	}
}

int image_value(const struct image *image, struct subject subject, char **ret_value,
		struct error *err)
{
	const struct node *n = &image->node;

	*ret_value = NULL;
	if (subject.scheme == SCHEME_EXISTS)
		*ret_value = exists_value(n->kind);
	if (n->kind == NODE_ABSENT || subject.scheme == SCHEME_EXISTS)
		return 0;
	if (subject_is_content(subject))
		return image->has_content ? format_get(&image->content, subject, ret_value, err)
					  : 0;
	*ret_value = attribute_value(n, subject.scheme);
	return 0;
}

bool image_value_same(struct subject subject, const char *a, const char *b)
{
	return subject_is_content(subject) ? format_same(subject, a, b) : strcmp_null(a, b) == 0;
}
