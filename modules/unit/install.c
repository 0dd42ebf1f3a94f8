#include "modules/unit/install.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/format.h"
#include "engine/model/unit-states.h"
#include "modules/common/conf-names.h"
#include "modules/unit/init-script.h"

#define STARTED "'%s' starts it at each boot; 'enabled: masked' prevents that"

/* The keys of [Install] that pull the unit in, and the directories that stand for them. */
static const struct {
	const char *key, *directory;
} pulls[] = {{"WantedBy", "wants"}, {"RequiredBy", "requires"}, {"UpheldBy", "upholds"}};

/* A list setting of [Install], "WantedBy" or "Also"; appended to ret. */
static int unit_file_list(const struct unit_file *u, const char *key, struct strv *ret,
			  struct error *err)
{
	CLEANUP(freep) char *name = xasprintf("Install/%s", key), *value = NULL;
	int r = format_get(&u->text, subject_of(SCHEME_UNIT, name), &value, err);

	for (const char *line = r > 0 ? value : NULL; line;) {
		const char *end = strchr(line, '\n');
		CLEANUP(freep)
		char *one = xstrndup(line, end ? (size_t)(end - line) : strlen(line));

		if (!*one)
			strv_clear(ret); /* an empty line takes back what stands before it */
		strv_split(ret, one, " \t");
		line = end ? end + 1 : NULL;
	}
	return r < 0 ? error_about(err, error_wrap(err, r, "'%s'", u->path), u->path) : 0;
}

static void refuse(struct delta *d, char *why)
{
	delta_raise(d, VERDICT_FAIL, NULL);
	if (d->refusal)
		free(why);
	else
		d->refusal = why;
}

/* Once: a socket may be named by its service's Also=, and go down with it besides. */
static void edit_link(struct delta *d, const char *path, const char *after)
{
	for (size_t i = 0; i < d->edits.count; i++)
		if (strcmp(d->edits.items[i].path, path) == 0)
			return;
	delta_edit(d, path, subject_path(SCHEME_LINK), after);
}

static int want_link(const struct view *v, const char *path, const char *target, struct delta *d,
		     struct error *err)
{
	CLEANUP(freep) char *is = NULL;
	CLEANUP(node_clear) struct node node = {0};
	int r = view_link(v, path, &is, err);

	if (r < 0 || (r > 0 && strcmp(path_name(is), path_name(target)) == 0))
		return r;
	if (r == 0)
		r = view_node(v, path, &node, err);
	if (r >= 0 && (is || node.kind != NODE_ABSENT))
		refuse(d, xasprintf("'%s' stands where a link to '%s' would go", path, target));
	else if (r >= 0)
		edit_link(d, path, target);
	return r;
}

/* The links of one setting: "/etc/systemd/system/multi-user.target.wants/cups.service". */
static int want_pulls(const struct unit_file *u, const struct view *v, size_t pull, struct delta *d,
		      size_t *count, struct error *err)
{
	CLEANUP(strv_clear) struct strv by = {0};
	int r = unit_file_list(u, pulls[pull].key, &by, err);

	for (size_t i = 0; r >= 0 && i < by.count; i++) {
		CLEANUP(freep)
		char *path = xasprintf(UNIT_ADMIN_DIRECTORY "/%s.%s/%s", by.items[i],
				       pulls[pull].directory, u->name);

		(*count)++;
		if (strchr(by.items[i], '%') || strchr(by.items[i], '/'))
			refuse(d, xasprintf("'%s' has %s=%s, which only systemd can expand",
					    u->path, pulls[pull].key, by.items[i]));
		else
			r = want_link(v, path, u->path, d, err);
	}
	return r;
}

static int want_aliases(const struct unit_file *u, const struct view *v, struct delta *d,
			size_t *count, struct error *err)
{
	CLEANUP(strv_clear) struct strv aliases = {0};
	int r = unit_file_list(u, "Alias", &aliases, err);

	for (size_t i = 0; r >= 0 && i < aliases.count; i++) {
		CLEANUP(freep)
		char *path = xasprintf(UNIT_ADMIN_DIRECTORY "/%s", aliases.items[i]);

		(*count)++;
		if (strcmp(aliases.items[i], u->name) != 0)
			r = want_link(v, path, u->path, d, err);
	}
	return r;
}

/* One that its script's links start is enabled; to make such links is not ours. */
static int enable_generated(const struct unit_file *u, const struct view *v, struct delta *d,
			    struct error *err)
{
	CLEANUP(freep) char *path = NULL, *by = NULL;
	int r = init_script_start(v, u->name, &path, err);

	if (r == 0)
		r = generated_unit_find(v, u->name, &by, err);
	if (by)
		refuse(d, xasprintf("'%s' is what there is of it, and harden enables no such unit",
				    by));
	else if (r == 0)
		refuse(d, xasprintf("there is no unit %s", u->name));
	return r < 0 ? r : 0;
}

static int enable_one(const struct unit_file *u, const struct view *v, struct delta *d,
		      struct error *err)
{
	CLEANUP(freep) char *now = xasprintf(UNITS_OF_THIS_BOOT "/%s", u->name);
	size_t count = 0;
	int r;

	if (unit_is_mask(v, now)) { /* nothing could start it now */
		refuse(d, xasprintf("'%s' masks it", now));
		return 0;
	}
	if (u->masked) {
		refuse(d, xasprintf("'%s' masks it", u->masked));
		return 0;
	}
	if (!u->path)
		return enable_generated(u, v, d, err);
	r = want_aliases(u, v, d, &count, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(pulls); i++)
		r = want_pulls(u, v, i, d, &count, err);
	if (r >= 0 && count == 0)
		refuse(d, xasprintf("'%s' says nothing of being enabled (no [Install])", u->path));
	return r < 0 ? r : 0;
}

/*
 * Whether a link of that name, leading there, is about the unit. systemd passes over hidden ones,
 * which a link is that was taken away and is not swept yet.
 */
static bool is_link_of(const struct unit_file *u, const char *name, const char *target)
{
	if (name[0] == '.')
		return false;
	return strcmp(name, u->name) == 0 || strcmp(path_name(target), u->name) == 0;
}

/* All links about the unit in one directory; those of its own name only where `own`. */
static int drop_links(const struct unit_file *u, const struct view *v, const char *directory,
		      bool own, struct delta *d, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r = view_children(v, directory, &names, err);

	if (r == -ENOENT || r == -ENOTDIR) {
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; r >= 0 && i < names.count; i++) {
		CLEANUP(freep) char *path = xasprintf("%s/%s", directory, names.items[i]);
		CLEANUP(freep) char *target = NULL;

		r = view_link(v, path, &target, err);
		if (r > 0 && is_link_of(u, names.items[i], target) &&
		    (own || strcmp(names.items[i], u->name) != 0))
			edit_link(d, path, NULL);
	}
	return r < 0 ? r : 0;
}

static bool is_pull_directory(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(pulls); i++) {
		CLEANUP(freep) char *end = xasprintf(".%s", pulls[i].directory);

		if (stem_length(name, end) > 0)
			return true;
	}
	return false;
}

/* Calls for each directory of links ("multi-user.target.wants") below one of unit files. */
static int each_pull_directory(const struct unit_file *u, const struct view *v, const char *above,
			       int (*fn)(const struct unit_file *u, const struct view *v,
					 const char *directory, struct delta *d, struct error *err),
			       struct delta *d, struct error *err)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r = view_children(v, above, &names, err);

	if (r == -ENOENT || r == -ENOTDIR) {
		error_clear(err);
		return 0;
	}
	for (size_t i = 0; r >= 0 && i < names.count; i++) {
		CLEANUP(freep) char *directory = xasprintf("%s/%s", above, names.items[i]);

		if (is_pull_directory(names.items[i]))
			r = fn(u, v, directory, d, err);
	}
	return r < 0 ? r : 0;
}

static int drop_pulls(const struct unit_file *u, const struct view *v, const char *directory,
		      struct delta *d, struct error *err)
{
	return drop_links(u, v, directory, true, d, err);
}

/* A link that is not the administrator's pulls it in all the same: only a mask helps then. */
static int find_pull(const struct unit_file *u, const struct view *v, const char *directory,
		     struct delta *d, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf("%s/%s", directory, u->name);
	CLEANUP(freep) char *target = NULL;
	int r = view_link(v, path, &target, err);

	if (r > 0)
		refuse(d, xasprintf(STARTED, path));
	return r < 0 ? r : 0;
}

static int find_script(const struct unit_file *u, const struct view *v, struct delta *d,
		       struct error *err)
{
	CLEANUP(freep) char *path = NULL;
	int r = init_script_start(v, u->name, &path, err);

	if (r > 0)
		refuse(d, xasprintf(STARTED, path));
	return r;
}

static int disable_one(const struct unit_file *u, const struct view *v, struct delta *d,
		       struct error *err)
{
	int r;

	if (u->masked)
		return 0;
	r = drop_links(u, v, UNIT_ADMIN_DIRECTORY, false, d, err);
	if (r >= 0)
		r = each_pull_directory(u, v, UNIT_ADMIN_DIRECTORY, drop_pulls, d, err);
	for (size_t i = 1; r >= 0 && unit_directories[i]; i++)
		r = each_pull_directory(u, v, unit_directories[i], find_pull, d, err);
	for (size_t i = 0; r >= 0 && generator_directories[i]; i++)
		r = each_pull_directory(u, v, generator_directories[i], find_pull, d, err);
	return r < 0 || u->path ? r : find_script(u, v, d, err);
}

/* The unit, and those that its [Install] names to go along with it. */
static int with_also(const struct unit_file *u, const struct view *v, struct delta *d,
		     int (*fn)(const struct unit_file *, const struct view *, struct delta *,
			       struct error *),
		     struct error *err)
{
	CLEANUP(strv_clear) struct strv also = {0};
	int r = fn(u, v, d, err);

	if (r >= 0)
		r = unit_file_list(u, "Also", &also, err);
	for (size_t i = 0; r >= 0 && i < also.count; i++) {
		CLEANUP(unit_file_clear) struct unit_file other = {0};

		r = unit_file_find(&other, v, also.items[i], err);
		if (r >= 0 && other.path && strcmp(other.name, u->name) != 0)
			r = fn(&other, v, d, err);
	}
	return r < 0 ? r : 0;
}

int unit_enable(const struct unit_file *u, const struct view *v, struct delta *d, struct error *err)
{
	return with_also(u, v, d, enable_one, err);
}

int unit_disable(const struct unit_file *u, const struct view *v, struct delta *d,
		 struct error *err)
{
	return with_also(u, v, d, disable_one, err);
}

int unit_mask(const struct unit_file *u, const struct view *v, struct delta *d, struct error *err)
{
	CLEANUP(freep) char *path = xasprintf(UNIT_ADMIN_DIRECTORY "/%s", u->name);
	CLEANUP(freep) char *is = NULL;
	CLEANUP(node_clear) struct node node = {0};
	int r;

	if (u->masked)
		return 0;
	r = view_link(v, path, &is, err);
	if (r == 0)
		r = view_node(v, path, &node, err);
	if (r < 0)
		return r;
	if (is || node.kind != NODE_ABSENT)
		refuse(d,
		       xasprintf("'%s' stands where the link to '" PATH_MASK "' would go", path));
	else
		edit_link(d, path, PATH_MASK);
	return 0;
}
