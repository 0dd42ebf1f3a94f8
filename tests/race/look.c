#include "tests/race/look.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/host/read/handles.h"
#include "engine/host/read/tree.h"

#define LOOKS_A_RUN 50 /* from a directory that is kept open, or that is listed again */

struct visit {
	bool strayed; /* "secret" is a name in canaries only */
	bool met_link; /* in the place of a directory */
};

static enum tree_class show(void *context, const char *path, const struct node *node)
{
	struct visit *v = context;

	v->strayed |= ends_with(path, "/secret");
	v->met_link |= strcmp(path, "/open/sub") == 0 && node->kind == NODE_SYMLINK;
	return TREE_FINE;
}

static void fail(void *context, const struct error *why)
{
}

int run_tree(struct arena *a)
{
	struct visit v = {0};
	const struct tree_visitor visitor = {
		.asker = "race", .file_acls = true, .entry = show, .failed = fail, .context = &v};
	bool complete = observe_tree(&a->root, "/open", &visitor);

	if (v.strayed)
		return -1;
	return complete && !v.met_link;
}

static bool is_canary(const struct arena *a, const char *below, dev_t dev, ino_t ino)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", a->base, below);
	struct stat st;

	return lstat(path, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

static int judge(const struct arena *a, dev_t dev, ino_t ino)
{
	static const char *const canaries[] = {"root/canary/target", "root/canary/secret",
					       "out/canary/target", "out/canary/secret"};

	for (size_t i = 0; i < ARRAY_SIZE(canaries); i++)
		if (is_canary(a, canaries[i], dev, ino))
			return -1;
	return 1;
}

int run_look(struct arena *a)
{
	CLEANUP(handles_freep) struct handles *handles = handles_new(&a->root);
	int result = 0;

	for (int i = 0; i < LOOKS_A_RUN && result >= 0; i++) {
		CLEANUP(node_clear) struct node node = {0};
		CLEANUP(freep) char *at = NULL;

		if (handles_look(handles, TARGET, &at, &node, NULL) >= 0 && node.ino)
			result = judge(a, node.dev, node.ino);
	}
	return result;
}

/* Whether it is a directory, its names, and the files by their paths: what many a script does. */
static int list_naively(const struct arena *a, const char *path)
{
	struct dirent *entry;
	int result = 1;
	struct stat st;
	DIR *dir;

	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	dir = opendir(path);
	if (!dir)
		return 0;
	while (result >= 0 && (entry = readdir(dir))) {
		CLEANUP(freep) char *name = xasprintf("%s/%s", path, entry->d_name);

		if (entry->d_type == DT_REG && stat(name, &st) == 0)
			result = judge(a, st.st_dev, st.st_ino);
	}
	closedir(dir);
	return result;
}

int run_naive_tree(struct arena *a)
{
	CLEANUP(freep) char *path = xasprintf("%s/open/sub", a->path);
	int result = 0;

	for (int i = 0; i < LOOKS_A_RUN && result >= 0; i++)
		result = list_naively(a, path);
	return result;
}

int run_naive_look(struct arena *a)
{
	CLEANUP(freep) char *path = xasprintf("%s" TARGET, a->path);
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || stat(path, &st) < 0)
		return 0;
	return judge(a, st.st_dev, st.st_ino);
}
