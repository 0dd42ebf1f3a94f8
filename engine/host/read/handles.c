#include "engine/host/read/handles.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/host/read/observe.h"

struct handle {
	char *asked; /* the directory, as it was asked for */
	struct walk walk; /* where that led to */
};

struct handles {
	const struct root *root;
	struct handle items[HANDLES_MAX]; /* the one that was used last is the first */
	size_t count;
};

static void handle_clear(struct handle *h)
{
	free(h->asked);
	walk_clear(&h->walk);
	*h = (struct handle){.walk = WALK_INIT};
}

struct handles *handles_new(const struct root *root)
{
	struct handles *h = xcalloc(1, sizeof(*h));

	h->root = root;
	return h;
}

void handles_forget(struct handles *h)
{
	for (size_t i = 0; i < h->count; i++)
		handle_clear(&h->items[i]);
	h->count = 0;
}

void handles_free(struct handles *h)
{
	if (!h)
		return;
	handles_forget(h);
	free(h);
}

/* Brings an item to the front. */
static const struct walk *use(struct handles *h, size_t index)
{
	struct handle item = h->items[index];

	memmove(&h->items[1], &h->items[0], index * sizeof(item));
	h->items[0] = item;
	return &h->items[0].walk;
}

/* The directory as it was walked to, or NULL: there is none, or the whole walk may say why not. */
static const struct walk *directory_at(struct handles *h, const char *asked, size_t n)
{
	CLEANUP(handle_clear) struct handle fresh = {.walk = WALK_INIT};
	struct stat st;

	for (size_t i = 0; i < h->count; i++)
		if (strncmp(h->items[i].asked, asked, n) == 0 && !h->items[i].asked[n])
			return use(h, i);
	fresh.asked = xstrndup(asked, n);
	if (root_look(h->root, n ? fresh.asked : "/", &fresh.walk, NULL) < 0 || fresh.walk.fd < 0 ||
	    fstat(fresh.walk.fd, &st) < 0 || !S_ISDIR(st.st_mode))
		return NULL;
	if (h->count == HANDLES_MAX)
		handle_clear(&h->items[h->count - 1]);
	else
		h->count++;
	h->items[h->count - 1] = fresh;
	fresh = (struct handle){.walk = WALK_INIT};
	return use(h, h->count - 1);
}

static bool is_plain_name(const char *name)
{
	return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	       strlen(name) <= NAME_MAX;
}

/* The directory that holds a path, NULL where the whole walk has to find out. */
static const struct walk *directory_of(struct handles *h, const char *path)
{
	const char *name = path_name(path);
	size_t n = name == path ? 0 : (size_t)(name - path) - 1;

	if (path[0] != '/' || !is_plain_name(name) || (n && path[n - 1] == '/'))
		return NULL;
	return directory_at(h, path, n);
}

int handles_directory(struct handles *h, const char *path, int *ret, struct error *err)
{
	const struct walk *directory = directory_of(h, path);
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	int r = directory ? 0 : root_walk_nofollow(h->root, path, &w, err);

	if (r < 0)
		return r;
	if (!directory && w.parent >= 0) { /* it has come meanwhile */
		directory = directory_of(h, path);
		if (!directory)
			return error_set_at(err, -ENOENT, path, "cannot work beside '%s'", path);
	}
	*ret = directory ? directory->fd : -1;
	return 0;
}

/* What is at the path itself: 1; 0: the whole walk has to find out. */
static int open_below(struct handles *h, const char *path, struct walk *ret)
{
	const struct walk *directory = directory_of(h, path);
	const char *name = path_name(path);
	int fd;

	if (!directory)
		return 0;
	fd = openat(directory->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return 0;
	*ret = (struct walk){.path = path_join(directory->path, name), .parent = -1, .fd = fd};
	ret->name = path_name(ret->path);
	return 1;
}

int handles_walk_nofollow(struct handles *h, const char *path, struct walk *ret, struct error *err)
{
	return open_below(h, path, ret) ? 0 : root_walk_nofollow(h->root, path, ret, err);
}

static int look(struct walk *w, char **ret_path, struct node *ret, struct error *err)
{
	int r = observe_walk(w, 0, ret, err);

	if (r >= 0)
		*ret_path = TAKE_PTR(w->path);
	return r;
}

int handles_look_end(struct handles *h, const char *path, char **ret_path, struct node *ret,
		     struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	int r = handles_walk_nofollow(h, path, &w, err);

	return r < 0 ? r : look(&w, ret_path, ret, err);
}

int handles_look(struct handles *h, const char *path, char **ret_path, struct node *ret,
		 struct error *err)
{
	CLEANUP(walk_clear) struct walk w = WALK_INIT;
	CLEANUP(node_clear) struct node node = {0};
	int r;

	if (open_below(h, path, &w)) {
		r = observe_walk(&w, 0, &node, err);
		if (r < 0)
			return r;
		if (node.kind != NODE_SYMLINK) {
			*ret = node;
			node = (struct node){0};
			*ret_path = TAKE_PTR(w.path);
			return 0;
		}
		walk_clear(&w);
	}
	r = root_look(h->root, path, &w, err);
	return r < 0 ? r : look(&w, ret_path, ret, err);
}
