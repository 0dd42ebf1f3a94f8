#pragma once

/*
 * A directory and all that is below it, shown to who asks for it entry by entry: a directory before
 * what is in it, names sorted. A link is shown and not followed. What was shown once is not kept,
 * or a tree of millions would be; of each entry its asker says whether it is to be shown again.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/error.h"
#include "engine/model/node.h"
#include "engine/model/view.h"

/* All but the first are shown by their first one when the same is asked again, and then counted. */
enum tree_class {
	TREE_AGAIN, /* something is to be done about it, or to be told */
	TREE_FINE,
	TREE_LEFT, /* nobody asked for it */
	TREE_CLASS_COUNT,
};

struct tree_visitor {
	/* Who asks, and all that the answers hang on beside the entry: the same text, the same answers. */
	const char *asker;
	bool file_acls; /* whether access lists of what is no directory are asked for */

	/* Whether a name of what is neither a directory nor a link is to be looked at; NULL: each is. */
	bool (*wants)(const void *context, const char *name);

	/*
	 * Of the node only kind, mode, owner, group and the access lists count; the path and the node
	 * last as long as the call. UNKNOWN: view_node() says why.
	 */
	enum tree_class (*entry)(void *context, const char *path, const struct node *node);
	/* The class alone: nothing is noted. What the plan changes by now is taken out of the counts by it. */
	enum tree_class (*class_of)(const void *context, const char *path, const struct node *node);
	void (*more)(void *context, enum tree_class class, size_t count); /* not shown again */
	void (*failed)(void *context, const struct error *why); /* a directory cannot be listed */
	void *context;
};

/* `directory` is canonical. */
void view_tree(const struct view *v, const char *directory, const struct tree_visitor *visitor);

/* The same by the view's other questions, of which each is a look: for views that have no better way. */
void tree_by_names(const struct view *v, const char *directory, const struct tree_visitor *visitor);
