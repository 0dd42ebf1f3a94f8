#include "rollback/renamed.h"

#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/observe.h"
#include "engine/plan/image.h"

bool renamed_same_ending(const char *a, const char *b)
{
	const char *x = strrchr(a, '.'), *y = strrchr(b, '.');

	return x && y && strcmp(x, y) == 0;
}

static bool says_the_same(const struct root *root, const char *path, const struct image *applied)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;
	CLEANUP(image_clear) struct image image = {0};
	struct stat st;

	return root_walk_nofollow(root, path, &walk, NULL) >= 0 && walk.fd >= 0 &&
	       fstat(walk.fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       (size_t)st.st_size == applied->content.len &&
	       image_observe(&walk, true, &image, NULL) >= 0 && image.has_content &&
	       image.content.len == applied->content.len &&
	       memcmp(image.content.data, applied->content.data, image.content.len) == 0;
}

void renamed_find(const struct root *root, const char *path, const struct image *applied,
		  struct strv *ret)
{
	const char *name = path_name(path);
	CLEANUP(freep) char *directory = xstrndup(path, (size_t)(name - path));
	CLEANUP(strv_clear) struct strv names = {0};

	if (!applied->has_content || applied->content.len == 0 ||
	    observe_children(root, directory, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *other = xasprintf("%s%s", directory, names.items[i]);

		if (renamed_same_ending(name, names.items[i]) &&
		    says_the_same(root, other, applied))
			strv_add(ret, other);
	}
}

char *renamed_text(const char *path, const char *other)
{
	return xasprintf("'%s' is gone, and '%s' says what was applied there", path, other);
}

static bool is_gone(const struct root *root, const char *path)
{
	CLEANUP(walk_clear) struct walk walk = WALK_INIT;

	return root_walk_nofollow(root, path, &walk, NULL) >= 0 && walk.fd < 0;
}

bool renamed_name(const struct root *root, const struct plan *plan, struct strv *ret)
{
	size_t before = ret->count;

	for (size_t i = 0; i < plan->nchanges; i++) {
		const struct change *c = &plan->changes[i];
		CLEANUP(strv_clear) struct strv others = {0};

		if (c->images[0].node.kind != NODE_ABSENT || !is_gone(root, c->path))
			continue;
		renamed_find(root, c->path, &c->images[c->nimages - 1], &others);
		for (size_t k = 0; k < others.count; k++)
			strv_add_owned(ret, renamed_text(c->path, others.items[k]));
	}
	return ret->count > before;
}
