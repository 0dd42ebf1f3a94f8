#include "engine/base/path.h"

#include <fnmatch.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *path_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return xstrdup("");
	return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

bool path_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !path_name(path)[0])
		return false;
	slash[slash == path] = '\0';
	return true;
}

/* Its bytes without a "/" at the end: none of the root's. */
static size_t length_of(const char *directory)
{
	size_t n = strlen(directory);

	while (n > 0 && directory[n - 1] == '/')
		n--;
	return n;
}

char *path_join(const char *directory, const char *name)
{
	char *path;
	size_t n;

	if (!*name)
		return xstrdup(directory);
	n = length_of(directory);
	path = xcalloc(n + strlen(name) + 2, 1);
	memcpy(path, directory, n);
	path[n] = '/';
	memcpy(path + n + 1, name, strlen(name));
	return path;
}

char *path_from(const char *directory, const char *name)
{
	CLEANUP(freep) char *path = xstrdup(name[0] == '/' ? "/" : directory);
	CLEANUP(strv_clear) struct strv parts = {0};

	strv_split(&parts, name, "/");
	for (size_t i = 0; i < parts.count; i++) {
		CLEANUP(freep) char *longer = NULL;

		if (strcmp(parts.items[i], "..") == 0)
			path_up(path);
		else if (*parts.items[i] && strcmp(parts.items[i], ".") != 0)
			longer = path_join(path, parts.items[i]);
		if (longer)
			str_replace(&path, longer);
	}
	return TAKE_PTR(path);
}

void path_add_matching(struct strv *ret, const char *directory, const struct strv *names,
		       const char *glob)
{
	for (size_t i = 0; i < names->count; i++)
		if (fnmatch(glob, names->items[i], FNM_PERIOD) == 0)
			strv_add_owned(ret, path_join(directory, names->items[i]));
}

const char *path_behind(const char *path, const char *directory)
{
	size_t n = length_of(directory);

	if (strncmp(path, directory, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return strcmp(path + n, "/") == 0 ? path + n + 1 : path + n;
}

bool path_is_mask(const char *path)
{
	return strcmp(path, PATH_MASK) == 0;
}

bool path_is_below(const char *path, const char *directory)
{
	const char *rest = path_behind(path, directory);

	return rest && *rest;
}

bool path_is_within(const char *path, const char *directory)
{
	return path_behind(path, directory) != NULL;
}

const char *path_without_var(const char *path)
{
	return starts_with(path, "/var/run/") ? skip_prefix(path, "/var") : path;
}
