#include "rollback/staging.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/observe.h"
#include "engine/host/write/write.h"

void spot_clear(struct spot *s)
{
	walk_clear(&s->walk);
	node_clear(&s->node);
}

int directory_or_gone(struct handles *pass, const char *path, int *ret, struct error *err)
{
	int r = handles_directory(pass, path, ret, err);

	if (r != -ENOTDIR)
		return r;
	*ret = -1;
	error_clear(err);
	return 0;
}

int spot_look(struct handles *pass, const char *path, bool with_digest, struct spot *ret,
	      struct error *err)
{
	int r;

	spot_clear(ret);
	*ret = (struct spot)SPOT_INIT;
	r = directory_or_gone(pass, path, &ret->parent, err);
	if (r >= 0 && (ret->parent >= 0 || !*path_name(path))) /* no directory holds the root */
		r = handles_walk_nofollow(pass, path, &ret->walk, err);
	if (r < 0)
		return r;
	r = observe_walk(&ret->walk, with_digest ? OBSERVE_DIGEST : 0, &ret->node, err);
	if (r >= 0 && ret->node.kind == NODE_UNKNOWN)
		r = error_errno_at(err, ret->node.error, path, "cannot look at '%s'", path);
	return r;
}

bool is_staged_kind(enum node_kind kind)
{
	return kind == NODE_FILE || kind == NODE_SYMLINK;
}

bool is_staged_at(const struct change *c, size_t k)
{
	const struct image *image = &c->images[k], *before = &c->images[k - 1];

	return is_staged_kind(image->node.kind) &&
	       (before->node.kind != image->node.kind ||
		strcmp_null(image->node.data, before->node.data) != 0);
}

char *slot_path(const char *tag, const struct change *c, size_t k)
{
	CLEANUP(freep) char *numbered = xasprintf("%s%zu", tag, k);
	const char *name = path_name(c->path);
	CLEANUP(freep) char *staged = staged_name(name, numbered);

	return xasprintf("%.*s%s", (int)(name - c->path), c->path, staged);
}

void staged_paths(const struct plan *plan, const char *tag, struct strv *ret)
{
	for (size_t i = 0; i < plan->nchanges; i++)
		for (size_t k = 0;
		     change_replaces(&plan->changes[i]) && k < plan->changes[i].nimages; k++)
			strv_add_owned(ret, slot_path(tag, &plan->changes[i], k));
}

int remove_staged(struct handles *pass, const struct strv *staged_paths, struct error *err)
{
	for (size_t i = 0; i < staged_paths->count; i++) {
		const char *path = staged_paths->items[i];
		int parent = -1, r;

		if (!is_staged_name(path_name(path), NULL))
			return error_set_at(err, -EUCLEAN, path,
					    "'%s' is not a name that harden stages", path);
		r = directory_or_gone(pass, path, &parent, err);
		if (r >= 0 && parent >= 0)
			r = write_unlink(parent, path_name(path), err);
		if (r < 0)
			return r;
	}
	return 0;
}
