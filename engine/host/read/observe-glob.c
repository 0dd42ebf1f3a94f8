#include <fnmatch.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/host/read/observe.h"

/* `done` is a path that is there, without a slash at its end; `rest` begins with one, or is empty. */
static void expand(const struct root *r, const char *done, const char *rest, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *part = NULL;
	size_t n;

	rest += strspn(rest, "/");
	n = strcspn(rest, "/");
	part = xstrndup(rest, n);
	if (n == 0) {
		strv_add(ret, done);
		return;
	}
	if (!strpbrk(part, "*?[")) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", done, part);

		expand(r, path, rest + n, ret);
		return;
	}
	observe_children(r, *done ? done : "/", &names, NULL);
	for (size_t i = 0; i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", done, names.items[i]);

		if (fnmatch(part, names.items[i], FNM_PERIOD) == 0)
			expand(r, path, rest + n, ret);
	}
}

void observe_glob(const struct root *r, const char *pattern, struct strv *ret)
{
	expand(r, "", pattern, ret);
}
