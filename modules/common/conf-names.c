#include "modules/common/conf-names.h"

#include <string.h>

#include "engine/base/path.h"

int compare_path_names(const void *a, const void *b)
{
	return strcmp(path_name(*(char *const *)a), path_name(*(char *const *)b));
}

bool has_path_name(const struct strv *paths, const char *name)
{
	for (size_t i = 0; i < paths->count; i++)
		if (strcmp(path_name(paths->items[i]), name) == 0)
			return true;
	return false;
}
