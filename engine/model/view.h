#pragma once

/*
 * What a module may read: the host, with the planned edits and effects laid over it. A view
 * has no way to write. All paths are absolute inside the root; links are followed only where
 * they are root's and nobody else could have changed them, others are an error (-ELOOP) that
 * names the link.
 *
 * The planner implements `ops`; tests implement it over plain data.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/base/error.h"
#include "engine/base/map.h"
#include "engine/base/strv.h"
#include "engine/model/facts.h"
#include "engine/model/handler.h"
#include "engine/model/node.h"
#include "engine/model/subject.h"

struct view;
struct tree_visitor; /* engine/model/tree.h */

struct view_ops {
	int (*resolve)(const struct view *v, const char *path, char **ret_path, struct error *err);
	int (*node)(const struct view *v, const char *path, struct node *ret_node,
		    struct error *err);
	int (*link)(const struct view *v, const char *path, char **ret_target, uid_t *ret_owner,
		    struct error *err);
	int (*content)(const struct view *v, const char *path, struct buf *ret, struct error *err);
	int (*children)(const struct view *v, const char *path, struct strv *ret,
			struct error *err);
	int (*value)(const struct view *v, enum handler handler, struct subject subject, char **ret,
		     struct error *err);
	/* May be NULL: then a tree is seen by the others. */
	void (*tree)(const struct view *v, const char *directory,
		     const struct tree_visitor *visitor);
};

struct view {
	const struct view_ops *ops;
	const struct facts *facts;
	/*
	 * Where path_guard() notes canonical directories that nobody but root can write, nor any above
	 * them: as long as that is so, they are not looked at again. NULL: nothing is noted.
	 */
	struct map *closed;
};

/* The canonical path behind `path`; also for a path whose last component does not exist. */
int view_resolve(const struct view *v, const char *path, char **ret_path, struct error *err);

/*
 * The node at `path` (the last component's link followed). A missing path is a node of kind
 * ABSENT, one that could not be looked at of kind UNKNOWN: neither is an error.
 */
int view_node(const struct view *v, const char *path, struct node *ret_node, struct error *err);

/* 1 and the target when there is a symbolic link at `path` itself, 0 when there is none. */
int view_link(const struct view *v, const char *path, char **ret_target, struct error *err);

/* The same, with the account that the link belongs to: it alone says where it leads. */
int view_link_owner(const struct view *v, const char *path, char **ret_target, uid_t *ret_owner,
		    struct error *err);

/* Whether the name stands for nothing on purpose: a link to /dev/null, systemd's way to mask. */
bool view_is_masked(const struct view *v, const char *path);

/* Whether there is something at `path`; of what could not be looked at the first says no, and the second yes. */
bool view_is_there(const struct view *v, const char *path);
bool view_may_be_there(const struct view *v, const char *path);

/* The bytes of a file, appended to ret; -ENOENT when it is not there, -EACCES when unreadable. */
int view_content(const struct view *v, const char *path, struct buf *ret, struct error *err);

/* The same, where a file may be missing: 1 when it is there, 0 when it is not, which sets no err. */
int view_content_if_any(const struct view *v, const char *path, struct buf *ret, struct error *err);

/* The names in a directory, sorted, without "." and ".."; appended to ret. -ENOENT as above. */
int view_children(const struct view *v, const char *path, struct strv *ret, struct error *err);

/*
 * The value of something that is not a file: 1 and ret (which may be NULL: not set, not
 * loaded) when an effect of the plan or the host gives one; 0 when nothing is known (for
 * docker: settings and audit rules, modules then look into facts).
 */
int view_value(const struct view *v, enum handler handler, struct subject subject, char **ret,
	       struct error *err);
