#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/model/unit-states.h"
#include "modules/unit/install.h"

/* The file of a unit, by its names and directories as systemd.unit(5) has them. */

#define MAX_ALIASES 4

void unit_file_clear(struct unit_file *u)
{
	free(u->name);
	free(u->path);
	free(u->masked);
	buf_clear(&u->text);
	*u = (struct unit_file){0};
}

/* "getty@.service" of "getty@tty1.service"; NULL where it is no instance. */
static char *template_of(const char *name)
{
	const char *at = strchr(name, '@'), *dot = strrchr(name, '.');

	if (!at || !dot || dot <= at + 1)
		return NULL;
	return xasprintf("%.*s%s", (int)(at - name) + 1, name, dot);
}

/* An instance may be a link to its template, and is the unit all the same. */
static bool is_other_name(const char *target, const char *name)
{
	CLEANUP(freep) char *template = template_of(name);

	return strcmp(target, name) != 0 && strcmp_null(target, template) != 0;
}

bool unit_is_mask(const struct view *v, const char *path)
{
	CLEANUP(buf_clear) struct buf text = {0};

	return view_is_masked(v, path) ||
	       (view_content_if_any(v, path, &text, NULL) > 0 && text.len == 0);
}

/* 1 when the search is over; what masks below /run is passed over. *alias gets where a link leads. */
static int look_at(struct unit_file *u, const struct view *v, char *path, char **ret_alias,
		   struct error *err)
{
	CLEANUP(freep) char *owned = path;
	CLEANUP(freep) char *target = NULL;
	CLEANUP(node_clear) struct node node = {0};
	int r = view_link(v, path, &target, err);

	if (path_is_below(path, UNITS_OF_THIS_BOOT) && unit_is_mask(v, path))
		return 0;
	if (r > 0 && path_is_mask(target)) {
		u->masked = TAKE_PTR(owned);
		return 1;
	}
	if (r > 0 && is_other_name(path_name(target), path_name(path))) {
		*ret_alias = xstrdup(path_name(target));
		return 1;
	}
	if (r >= 0)
		r = view_node(v, path, &node, err);
	if (r < 0 || node.kind != NODE_FILE)
		return r < 0 ? r : 0;
	u->path = TAKE_PTR(owned);
	r = view_content(v, u->path, &u->text, err);
	if (r >= 0 && u->text.len == 0)
		u->masked = TAKE_PTR(u->path);
	return r < 0 ? r : 1;
}

/* As the next boot would find it; what is in the directory of this boot alone is better than none. */
static int look_for(struct unit_file *u, const struct view *v, const char *name, char **ret_alias,
		    struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && unit_directories[i]; i++)
		if (strcmp(unit_directories[i], UNITS_OF_THIS_BOOT) != 0)
			r = look_at(u, v, xasprintf("%s/%s", unit_directories[i], name), ret_alias,
				    err);
	return r ? r : look_at(u, v, xasprintf(UNITS_OF_THIS_BOOT "/%s", name), ret_alias, err);
}

int unit_file_find(struct unit_file *ret, const struct view *v, const char *name, struct error *err)
{
	CLEANUP(freep) char *template = NULL, *ignored = NULL;
	int r = 1;

	unit_file_clear(ret);
	ret->name = xstrdup(name);
	for (int i = 0; i < MAX_ALIASES && r > 0 && !ret->path && !ret->masked; i++) {
		CLEANUP(freep) char *alias = NULL;

		r = look_for(ret, v, ret->name, &alias, err);
		if (alias)
			str_replace(&ret->name, alias);
	}
	template = template_of(ret->name);
	if (r == 0 && template)
		r = look_for(ret, v, template, &ignored, err);
	return r < 0 ? r : 0;
}
