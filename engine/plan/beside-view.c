#include "engine/plan/beside-view.h"

#include <stdlib.h>

#include "engine/base/alloc.h"
#include "engine/format/format.h"
#include "engine/model/tree.h"

static const struct beside_view *beside_of(const struct view *v)
{
	return (const struct beside_view *)((const char *)v - offsetof(struct beside_view, base));
}

static int beside_resolve(const struct view *v, const char *path, char **ret_path,
			  struct error *err)
{
	return view_resolve(beside_of(v)->below, path, ret_path, err);
}

static int beside_node(const struct view *v, const char *path, struct node *ret, struct error *err)
{
	return view_node(beside_of(v)->below, path, ret, err);
}

static int beside_link(const struct view *v, const char *path, char **ret_target, uid_t *ret_owner,
		       struct error *err)
{
	return view_link_owner(beside_of(v)->below, path, ret_target, ret_owner, err);
}

static int beside_content(const struct view *v, const char *path, struct buf *ret,
			  struct error *err)
{
	const struct beside_view *b = beside_of(v);
	const struct buf *text = map_get(&b->texts, path);

	if (!text)
		return view_content(b->below, path, ret, err);
	buf_append(ret, text->data, text->len);
	return 0;
}

static int beside_children(const struct view *v, const char *path, struct strv *ret,
			   struct error *err)
{
	return view_children(beside_of(v)->below, path, ret, err);
}

static int beside_value(const struct view *v, enum handler handler, struct subject subject,
			char **ret, struct error *err)
{
	return view_value(beside_of(v)->below, handler, subject, ret, err);
}

static void beside_tree(const struct view *v, const char *directory,
			const struct tree_visitor *visitor)
{
	view_tree(beside_of(v)->below, directory, visitor);
}

void beside_view_init(struct beside_view *b, const struct view *below)
{
	static const struct view_ops ops = {
		.resolve = beside_resolve,
		.node = beside_node,
		.link = beside_link,
		.content = beside_content,
		.children = beside_children,
		.value = beside_value,
		.tree = beside_tree,
	};

	*b = (struct beside_view){.base = {&ops, below->facts, below->closed}, .below = below};
}

static void free_text(void *p)
{
	buf_clear(p);
	free(p);
}

void beside_view_clear(struct beside_view *b)
{
	map_clear(&b->texts, free_text);
}

int beside_view_edit(struct beside_view *b, const struct edit *edit, struct error *err)
{
	struct buf *text = map_get(&b->texts, edit->path);

	if (!edit_is_content(edit))
		return 0;
	if (!text) {
		CLEANUP(buf_clear) struct buf fresh = {0};
		int r = view_content_if_any(b->below, edit->path, &fresh, err);

		if (r < 0)
			return r;
		text = xcalloc(1, sizeof(*text));
		*text = fresh;
		fresh = (struct buf){0};
		map_put(&b->texts, edit->path, text);
	}
	return format_set(text, edit->subject, edit->after, err);
}
