#include "engine/model/tree.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"

void view_tree(const struct view *v, const char *directory, const struct tree_visitor *visitor)
{
	if (v->ops->tree)
		v->ops->tree(v, directory, visitor);
	else
		tree_by_names(v, directory, visitor);
}

/* Whether a path leads elsewhere, or to what is another's; for all else the look says what is wrong. */
static bool is_link(const struct view *v, const char *path)
{
	CLEANUP(freep) char *canonical = NULL;
	int r = view_resolve(v, path, &canonical, NULL);

	return r >= 0 ? strcmp(canonical, path) != 0 : r == -ELOOP || r == -EMLINK || r == -ENOENT;
}

static void show(const struct view *v, const char *path, const struct tree_visitor *visitor)
{
	CLEANUP(node_clear) struct node node = {0};
	int r = 0;

	if (is_link(v, path))
		node.kind = NODE_SYMLINK;
	else
		r = view_node(v, path, &node, NULL);
	if (r < 0) {
		node_clear(&node);
		node = (struct node){.kind = NODE_UNKNOWN, .error = r};
	}
	if (node.kind == NODE_DIR)
		tree_by_names(v, path, visitor);
	else if (node.kind != NODE_ABSENT)
		visitor->entry(visitor->context, path, &node);
}

void tree_by_names(const struct view *v, const char *directory, const struct tree_visitor *visitor)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(node_clear) struct node node = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(buf_clear) struct buf path = {0};
	size_t stem;

	if (view_node(v, directory, &node, NULL) >= 0)
		visitor->entry(visitor->context, directory, &node);
	if (view_children(v, directory, &names, &why) < 0) {
		visitor->failed(visitor->context, &why);
		return;
	}
	buf_puts(&path, strcmp(directory, "/") == 0 ? "" : directory);
	buf_putc(&path, '/');
	stem = path.len;
	for (size_t i = 0; i < names.count; i++) {
		buf_splice(&path, stem, path.len - stem, names.items[i], strlen(names.items[i]));
		show(v, buf_str(&path), visitor);
	}
}
