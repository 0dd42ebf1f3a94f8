#include "engine/model/view.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"

int view_resolve(const struct view *v, const char *path, char **ret_path, struct error *err)
{
	return v->ops->resolve(v, path, ret_path, err);
}

int view_node(const struct view *v, const char *path, struct node *ret_node, struct error *err)
{
	return v->ops->node(v, path, ret_node, err);
}

int view_link(const struct view *v, const char *path, char **ret_target, struct error *err)
{
	uid_t owner;

	return v->ops->link(v, path, ret_target, &owner, err);
}

int view_link_owner(const struct view *v, const char *path, char **ret_target, uid_t *ret_owner,
		    struct error *err)
{
	return v->ops->link(v, path, ret_target, ret_owner, err);
}

bool view_is_masked(const struct view *v, const char *path)
{
	CLEANUP(freep) char *canonical = NULL;

	return view_resolve(v, path, &canonical, NULL) >= 0 && path_is_mask(canonical);
}

bool view_is_there(const struct view *v, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};

	return view_node(v, path, &node, NULL) >= 0 && node.kind != NODE_ABSENT;
}

bool view_may_be_there(const struct view *v, const char *path)
{
	CLEANUP(node_clear) struct node node = {0};

	return view_node(v, path, &node, NULL) < 0 || node.kind != NODE_ABSENT;
}

int view_content(const struct view *v, const char *path, struct buf *ret, struct error *err)
{
	return v->ops->content(v, path, ret, err);
}

int view_content_if_any(const struct view *v, const char *path, struct buf *ret, struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	int r = view_content(v, path, ret, &why);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? error_set(err, r, "%s", error_text(&why)) : 1;
}

int view_children(const struct view *v, const char *path, struct strv *ret, struct error *err)
{
	return v->ops->children(v, path, ret, err);
}

int view_value(const struct view *v, enum handler handler, struct subject subject, char **ret,
	       struct error *err)
{
	return v->ops->value(v, handler, subject, ret, err);
}
