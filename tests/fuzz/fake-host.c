#define FAKE_HOST_ITSELF
#include "tests/fuzz/fake-host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

#define FIRST_FD 1000 /* what is no descriptor of this process */

struct fake_host fake_host = {.budget = -1};

void fake_host_reset(void)
{
	for (size_t i = 0; i < fake_host.nnodes; i++)
		node_clear(&fake_host.nodes[i]);
	free(fake_host.nodes);
	strv_clear(&fake_host.paths);
	fake_host = (struct fake_host){.budget = -1};
}

static size_t index_of(const char *path)
{
	for (size_t i = 0; i < fake_host.paths.count; i++)
		if (strcmp(fake_host.paths.items[i], path) == 0)
			return i;
	strv_add(&fake_host.paths, path);
	array_append(&fake_host.nodes, &fake_host.nnodes, sizeof(*fake_host.nodes));
	return fake_host.nnodes - 1;
}

static struct node *node_at(const char *path)
{
	size_t i = index_of(path); /* may move the nodes */

	return &fake_host.nodes[i];
}

const struct node *fake_host_at(const char *path)
{
	return node_at(path);
}

/* The kernel has the directories that the plan does not speak of. */
static bool is_in_plan(const char *path)
{
	for (size_t i = 0; i < fake_host.plan->nchanges; i++)
		if (strcmp(fake_host.plan->changes[i].path, path) == 0)
			return true;
	return false;
}

bool fake_host_has_directory(const char *path)
{
	CLEANUP(freep) char *directory = xstrdup(path);

	for (char *slash = strrchr(directory, '/'); slash && slash > directory;
	     slash = strrchr(directory, '/')) {
		*slash = '\0';
		if (is_in_plan(directory))
			return node_at(directory)->kind == NODE_DIR;
	}
	return path[1] != '\0';
}

static void set_node(struct node *to, const struct node *from)
{
	node_copy(to, from);
	to->ino = ++fake_host.last_ino;
	to->dev = 1;
	to->nlink = 1;
}

void fake_host_put(const char *path, const struct node *node)
{
	set_node(node_at(path), node);
}

bool fake_host_spend(void)
{
	if (fake_host.budget == 0)
		return false;
	fake_host.budget -= fake_host.budget > 0;
	return true;
}

/* Nothing is written outside the plan: see fake-host.h. */
static bool may_write(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	CLEANUP(freep) char *tag = NULL;

	if (is_in_plan(path))
		return true;
	if (!is_staged_name(name, &tag))
		return false;
	if (strv_contains(fake_host.staged, path))
		return true;
	for (size_t i = 0; i < fake_host.plan->nchanges; i++) {
		const char *c = fake_host.plan->changes[i].path;
		size_t n = (size_t)(name - path);

		if ((size_t)(strrchr(c, '/') + 1 - c) == n && strncmp(c, path, n) == 0)
			return starts_with(tag, fake_host.tag);
	}
	return false;
}

static const char *path_of(int fd)
{
	FUZZ_ASSERT(fd >= FIRST_FD && (size_t)(fd - FIRST_FD) < fake_host.paths.count);
	return fake_host.paths.items[fd - FIRST_FD];
}

static int dead(struct error *err)
{
	return error_set(err, -EIO, "the host is gone");
}

/* A name in a directory that is about to be written, as an index into the nodes. */
static size_t target(int parent, const char *name)
{
	const char *directory = path_of(parent);
	CLEANUP(freep) char *path = NULL;

	FUZZ_ASSERT(*name && !strchr(name, '/') && strcmp(name, ".") && strcmp(name, ".."));
	path = xasprintf("%s/%s", strcmp(directory, "/") == 0 ? "" : directory, name);
	if (!may_write(path))
		fprintf(stderr, "a write to '%s'\n", path);
	FUZZ_ASSERT(may_write(path));
	return index_of(path);
}

int fake_walk(const struct root *r, const char *path, struct walk *ret, struct error *err)
{
	CLEANUP(freep) char *directory = NULL;
	const char *name;

	if (path[0] != '/' || strstr(path, "//") || strstr(path, "/../") || strstr(path, "/./"))
		return error_set(err, -EINVAL, "path '%s' is not clean", path);
	*ret = (struct walk)WALK_INIT;
	ret->path = xstrdup(path);
	name = strrchr(ret->path, '/') + 1;
	ret->name = name;
	directory = xstrndup(path, name - ret->path > 1 ? (size_t)(name - ret->path) - 1 : 1);
	if (fake_host_has_directory(path))
		ret->parent = FIRST_FD + (int)index_of(directory);
	if (ret->parent >= 0 && fake_host_at(path)->kind != NODE_ABSENT)
		ret->fd = FIRST_FD + (int)index_of(path);
	return 0;
}

/* Nothing is kept of what was walked to: this host has no descriptors to save. */
int fake_beside(struct handles *h, const char *path, struct walk *ret, struct error *err)
{
	int r = fake_walk(NULL, path, ret, err);

	ret->parent = -1;
	return r;
}

int fake_directory(struct handles *h, const char *path, int *ret, struct error *err)
{
	struct walk w = WALK_INIT;
	int r = fake_walk(NULL, path, &w, err);

	*ret = w.parent;
	fake_walk_clear(&w);
	return r;
}

void fake_walk_clear(struct walk *w)
{
	free(w->path);
	*w = (struct walk)WALK_INIT;
}

int fake_observe(const struct walk *w, unsigned flags, struct node *ret, struct error *err)
{
	if (w->fd < 0)
		return 0;
	node_copy(ret, node_at(path_of(w->fd)));
	if (ret->kind == NODE_FILE && !(flags & OBSERVE_DIGEST))
		str_replace(&ret->data, NULL);
	return 0;
}

int fake_fstat(int fd, struct stat *ret)
{
	*ret = (struct stat){.st_mode = S_IFDIR | 0755, .st_dev = 1};
	return 0;
}

int fake_staged(int parent, const char *staged, const struct image *image, struct error *err)
{
	size_t i = target(parent, staged);
	struct node *node = &fake_host.nodes[i];

	if (!fake_host_spend())
		return dead(err);
	if (node->kind != NODE_ABSENT)
		return error_set(err, -EEXIST, "'%s' is there", staged);
	set_node(node, &image->node);
	node->flags = 0;
	return 0;
}

/* Swaps what two names are; says which of them must be there. */
static int swap(int parent, const char *name, bool is_there, const char *staged,
		bool is_staged_there, struct error *err)
{
	size_t i = target(parent, name), k = target(parent, staged);
	struct node *a = &fake_host.nodes[i], *b = &fake_host.nodes[k], kept = *a;

	if (!fake_host_spend())
		return dead(err);
	if ((a->kind != NODE_ABSENT) != is_there || (b->kind != NODE_ABSENT) != is_staged_there)
		return error_set(err, is_there ? -ENOENT : -EEXIST, "'%s', '%s'", name, staged);
	if (a->flags || b->flags)
		return error_set(err, -EPERM, "'%s' or '%s' has flags", name, staged);
	*a = *b;
	*b = kept;
	return 0;
}

int fake_exchange(int parent, const char *name, const char *staged, struct error *err)
{
	return swap(parent, name, true, staged, true, err);
}

int fake_place(int parent, const char *name, const char *staged, struct error *err)
{
	return swap(parent, name, false, staged, true, err);
}

int fake_displace(int parent, const char *name, const char *staged, struct error *err)
{
	return swap(parent, name, true, staged, false, err);
}

static bool has_children(const char *directory)
{
	size_t n = strlen(directory);

	for (size_t i = 0; i < fake_host.nnodes; i++)
		if (strncmp(fake_host.paths.items[i], directory, n) == 0 &&
		    fake_host.paths.items[i][n] == '/' && fake_host.nodes[i].kind != NODE_ABSENT)
			return true;
	return false;
}

static int take_away(size_t i, struct error *err)
{
	struct node *node = &fake_host.nodes[i];

	if (!fake_host_spend())
		return dead(err);
	if (node->kind == NODE_DIR && has_children(fake_host.paths.items[i]))
		return error_set(err, -ENOTEMPTY, "'%s'", fake_host.paths.items[i]);
	if (node->flags)
		return error_set(err, -EPERM, "'%s'", fake_host.paths.items[i]);
	node_clear(node);
	return 0;
}

int fake_unlink(int parent, const char *staged, struct error *err)
{
	FUZZ_ASSERT(is_staged_name(staged, NULL));
	return take_away(target(parent, staged), err);
}

int fake_rmdir(int parent, const char *name, struct error *err)
{
	size_t i = target(parent, name);

	FUZZ_ASSERT(fake_host.nodes[i].kind == NODE_DIR);
	return take_away(i, err);
}

int fake_mkdir(int parent, const char *name, const struct node *node, struct error *err)
{
	size_t i = target(parent, name);
	struct node *directory = &fake_host.nodes[i];

	if (!fake_host_spend())
		return dead(err);
	if (directory->kind != NODE_ABSENT)
		return error_set(err, -EEXIST, "'%s' is there", name);
	set_node(directory, node);
	return 0;
}

int fake_attributes(int fd, const struct node *node, struct error *err)
{
	struct node *now = node_at(path_of(fd));

	FUZZ_ASSERT(is_in_plan(path_of(fd)) && now->kind == node->kind);
	if (!fake_host_spend())
		return dead(err);
	now->mode = node->mode;
	now->uid = node->uid;
	now->gid = node->gid;
	return 0;
}

int fake_flags(int fd, unsigned flags, struct error *err)
{
	struct node *now = node_at(path_of(fd));

	FUZZ_ASSERT(is_in_plan(path_of(fd)));
	if (!fake_host_spend())
		return dead(err);
	now->flags = flags;
	return 0;
}

int fake_sync(int fd, struct error *err)
{
	return fake_host.budget == 0 ? dead(err) : 0;
}
