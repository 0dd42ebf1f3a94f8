#include "engine/plan/after-view.h"

#include <errno.h>
#include <stddef.h>

#include "engine/base/alloc.h"

static const struct after_view *after_of(const struct view *v)
{
	return (const struct after_view *)((const char *)v - offsetof(struct after_view, base));
}

/* As the plan leaves the path; NULL: it leaves it alone. */
static const struct image *image_of(const struct after_view *a, const char *path)
{
	CLEANUP(freep) char *canonical = NULL;
	const struct change *c;

	view_resolve(a->below, path, &canonical, NULL);
	c = plan_find_change(a->plan, canonical ? canonical : path);
	return c && c->nimages ? &c->images[c->nimages - 1] : NULL;
}

static int after_resolve(const struct view *v, const char *path, char **ret_path, struct error *err)
{
	return view_resolve(after_of(v)->below, path, ret_path, err);
}

static int after_node(const struct view *v, const char *path, struct node *ret, struct error *err)
{
	const struct image *image = image_of(after_of(v), path);

	if (!image)
		return view_node(after_of(v)->below, path, ret, err);
	node_copy(ret, &image->node);
	return 0;
}

static int after_link(const struct view *v, const char *path, char **ret_target, uid_t *ret_owner,
		      struct error *err)
{
	return view_link_owner(after_of(v)->below, path, ret_target, ret_owner, err);
}

static int after_content(const struct view *v, const char *path, struct buf *ret, struct error *err)
{
	const struct image *image = image_of(after_of(v), path);

	if (image && image->node.kind == NODE_ABSENT)
		return error_set_at(err, -ENOENT, path, "there is no '%s' then", path);
	if (!image || !image->has_content)
		return view_content(after_of(v)->below, path, ret, err);
	buf_append(ret, image->content.data, image->content.len);
	return 0;
}

static int after_children(const struct view *v, const char *path, struct strv *ret,
			  struct error *err)
{
	return view_children(after_of(v)->below, path, ret, err);
}

static int after_value(const struct view *v, enum handler handler, struct subject subject,
		       char **ret, struct error *err)
{
	return view_value(after_of(v)->below, handler, subject, ret, err);
}

void after_view_init(struct after_view *a, const struct view *below, const struct plan *plan)
{
	static const struct view_ops ops = {
		.resolve = after_resolve,
		.node = after_node,
		.link = after_link,
		.content = after_content,
		.children = after_children,
		.value = after_value,
	};

	*a = (struct after_view){
		.base = {&ops, below->facts, below->closed}, .below = below, .plan = plan};
}
