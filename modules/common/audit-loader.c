#include "modules/common/audit-loader.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/model/unit-states.h"
#include "modules/unit/texts.h"

/* The names in a directory; false: it is there, and cannot be looked at. */
static bool children(const struct view *v, const char *directory, struct strv *ret)
{
	int r = view_children(v, directory, ret, NULL);

	return r >= 0 || r == -ENOENT || r == -ENOTDIR;
}

/* Adds what the directory pulls in, where it is one of such links. */
static bool add_pulled(const struct view *v, const char *directory, const char *name,
		       struct strv *pulled)
{
	CLEANUP(freep) char *links = NULL;

	if (!ends_with(name, ".wants") && !ends_with(name, ".requires"))
		return true;
	links = path_join(directory, name);
	return children(v, links, pulled);
}

/* All services by their files and drop-ins, and what is pulled in by links. */
static bool list_units(const struct view *v, struct strv *services, struct strv *pulled)
{
	for (size_t i = 0; unit_directories[i]; i++) {
		CLEANUP(strv_clear) struct strv names = {0};

		if (!children(v, unit_directories[i], &names))
			return false;
		for (size_t k = 0; k < names.count; k++) {
			size_t stem = stem_length(names.items[k], ".service.d");
			CLEANUP(freep)
			char *name = stem ? xasprintf("%.*s.service", (int)stem, names.items[k])
					  : xstrdup(names.items[k]);

			if (ends_with(name, ".service"))
				strv_add_once(services, name);
			if (!add_pulled(v, unit_directories[i], names.items[k], pulled))
				return false;
		}
	}
	return true;
}

/* By its whole name, or by a pattern over its directory. */
static bool names_file(const char *text, const char *path)
{
	CLEANUP(freep) char *all = xasprintf("%.*s*", (int)(path_name(path) - path), path);

	return strstr(text, path) || strstr(text, all);
}

/* An instance is pulled in by its own name. */
static bool is_pulled(const struct strv *pulled, const char *service)
{
	size_t n = strcspn(service, "@");

	for (size_t i = 0; i < pulled->count; i++)
		if (service[n] ? strncmp(pulled->items[i], service, n + 1) == 0
			       : strcmp(pulled->items[i], service) == 0)
			return true;
	return false;
}

bool audit_file_is_loaded(const struct view *v, const char *path)
{
	CLEANUP(strv_clear) struct strv services = {0}, pulled = {0};

	if (!list_units(v, &services, &pulled))
		return true;
	for (size_t i = 0; i < services.count; i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		if (unit_texts(v, services.items[i], &text) && names_file(buf_str(&text), path) &&
		    (is_pulled(&pulled, services.items[i]) || !strstr(buf_str(&text), "[Install]")))
			return true;
	}
	return false;
}
