#include "engine/format/mount-table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"

#define FIELDS 6 /* before the optional ones: id, parent, major:minor, root, point, options */

static void entry_clear(struct mount_entry *e)
{
	free(e->root);
	free(e->point);
	free(e->options);
	free(e->super_options);
	free(e->type);
}

void mount_table_clear(struct mount_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		entry_clear(&t->items[i]);
	free(t->items);
	*t = (struct mount_table){0};
}

/* Blanks and backslashes are written as three octal digits. */
static char *unescape(const char *s, size_t n)
{
	char *out = xstrndup(s, n);
	char *to = out;

	for (const char *from = out; *from;) {
		unsigned byte;

		if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3 &&
		    sscanf(from + 1, "%3o", &byte) == 1) {
			*to++ = (char)byte;
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return out;
}

/* The next word of a line, or false at its end. */
static bool next_word(const char **at, const char *end, const char **word, size_t *n)
{
	while (*at < end && **at == ' ')
		(*at)++;
	*word = *at;
	while (*at < end && **at != ' ')
		(*at)++;
	*n = (size_t)(*at - *word);
	return *n > 0;
}

static bool take_fields(struct mount_entry *e, const char **at, const char *end)
{
	const char *word;
	size_t n;

	for (int field = 0; field < FIELDS; field++) {
		if (!next_word(at, end, &word, &n))
			return false;
		if (field == 2 && sscanf(word, "%u:%u", &e->major, &e->minor) != 2)
			return false;
		if (field == 3)
			e->root = unescape(word, n);
		else if (field == 4)
			e->point = unescape(word, n);
		else if (field == 5)
			e->options = xstrndup(word, n);
	}
	while (next_word(at, end, &word, &n) && !(n == 1 && *word == '-'))
		e->shared |= n > 7 && strncmp(word, "shared:", 7) == 0;
	return true;
}

static bool take_line(struct mount_entry *e, const char *at, const char *end)
{
	const char *word;
	size_t n;

	if (!take_fields(e, &at, end) || !next_word(&at, end, &word, &n))
		return false;
	e->type = xstrndup(word, n);
	if (next_word(&at, end, &word, &n) && next_word(&at, end, &word, &n))
		e->super_options = xstrndup(word, n);
	return e->super_options != NULL;
}

void mount_table_parse(struct mount_table *ret, const char *text)
{
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');
		struct mount_entry e = {0};

		if (take_line(&e, line, end))
			*(struct mount_entry *)array_append(&ret->items, &ret->count, sizeof(e)) =
				e;
		else
			entry_clear(&e);
		line = *end ? end + 1 : end;
	}
}

const struct mount_entry *mount_at(const struct mount_table *t, const char *point)
{
	for (size_t i = t->count; i > 0; i--)
		if (strcmp(t->items[i - 1].point, point) == 0)
			return &t->items[i - 1];
	return NULL;
}

/* What of `path` is behind `folder`: "" for itself, "/x" for below, NULL for neither. */
static const char *rest_of(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	if (strcmp(folder, "/") == 0)
		return strcmp(path, "/") == 0 ? path + 1 : path;
	if (strncmp(path, folder, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path + n;
}

const struct mount_entry *mount_of(const struct mount_table *t, const char *path)
{
	const struct mount_entry *best = NULL;

	for (size_t i = 0; i < t->count; i++) {
		const struct mount_entry *e = &t->items[i];

		if (rest_of(path, e->point) && (!best || strlen(e->point) >= strlen(best->point)))
			best = e;
	}
	return best;
}

bool mount_has_option(const char *options, const char *option)
{
	size_t n = strlen(option);

	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, option, n) == 0 && (at[n] == ',' || at[n] == '\0'))
			return true;
	}
	return false;
}

bool mount_is_read_only(const struct mount_entry *e)
{
	return mount_has_option(e->options, "ro") || mount_has_option(e->super_options, "ro");
}

void mount_spot_clear(struct mount_spot *s)
{
	free(s->path);
	*s = (struct mount_spot){0};
}

static char *join(const char *folder, const char *rest)
{
	if (!*rest)
		return xstrdup(folder);
	return xasprintf("%s%s", strcmp(folder, "/") == 0 ? "" : folder, rest);
}

bool mount_find(const struct mount_table *t, const char *path, struct mount_spot *ret)
{
	const struct mount_entry *e = mount_of(t, path);

	if (!e)
		return false;
	*ret = (struct mount_spot){e->major, e->minor, join(e->root, rest_of(path, e->point))};
	return true;
}

static bool same_system(const struct mount_spot *a, const struct mount_spot *b)
{
	return a->path && b->path && a->major == b->major && a->minor == b->minor;
}

bool mount_same(const struct mount_spot *a, const struct mount_spot *b)
{
	return same_system(a, b) && strcmp(a->path, b->path) == 0;
}

bool path_is_below(const char *path, const char *folder)
{
	const char *rest = rest_of(path, folder);

	return rest && *rest;
}

bool mount_below(const struct mount_spot *inner, const struct mount_spot *outer)
{
	return same_system(inner, outer) && path_is_below(inner->path, outer->path);
}

char *mount_path_to(const struct mount_table *t, const struct mount_spot *spot)
{
	const struct mount_entry *best = NULL;

	for (size_t i = 0; spot->path && i < t->count; i++) {
		const struct mount_entry *e = &t->items[i];

		if (e->major == spot->major && e->minor == spot->minor &&
		    rest_of(spot->path, e->root) && (!best || strlen(e->root) < strlen(best->root)))
			best = e;
	}
	return best ? join(best->point, rest_of(spot->path, best->root)) : NULL;
}

/* The value of "name=value" among options, up to the next comma; NULL: not there. */
static char *option_value(const char *options, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = options; at && *at; at += strcspn(at, ","), at += *at == ',')
		if (strncmp(at, name, n) == 0 && at[n] == '=')
			return xstrndup(at + n + 1, strcspn(at + n + 1, ","));
	return NULL;
}

bool mount_overlay_layers(const struct mount_entry *e, struct strv *ret_lower, char **ret_upper)
{
	CLEANUP(freep) char *lower = option_value(e->super_options, "lowerdir");
	CLEANUP(freep) char *upper = option_value(e->super_options, "upperdir");
	CLEANUP(strv_clear) struct strv names = {0};

	if (strcmp(e->type, "overlay") != 0 || !lower || (upper && *upper != '/'))
		return false;
	strv_split(&names, lower, ":");
	for (size_t i = 0; i < names.count; i++)
		if (*names.items[i] != '/')
			return false;
	for (size_t i = names.count; i > 0; i--)
		strv_add(ret_lower, names.items[i - 1]);
	*ret_upper = TAKE_PTR(upper);
	return true;
}

static bool has_controller(const struct mount_entry *e, const char *controller, int version)
{
	if (version == 2)
		return strcmp(e->type, "cgroup2") == 0;
	return strcmp(e->type, "cgroup") == 0 && mount_has_option(e->super_options, controller);
}

const char *mount_behind_root(const struct mount_entry *e, const char *path)
{
	size_t n = strcmp(e->root, "/") == 0 ? 0 : strlen(e->root);

	if (strncmp(path, e->root, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return strcmp(path + n, "/") == 0 ? "" : path + n;
}

const struct mount_entry *mount_of_controller(const struct mount_table *t, const char *controller,
					      int version, const char *path)
{
	const struct mount_entry *best = NULL;

	for (size_t i = 0; i < t->count; i++) {
		const struct mount_entry *e = &t->items[i];

		if (has_controller(e, controller, version) &&
		    (!path || mount_behind_root(e, path)) &&
		    (!best || strlen(e->root) < strlen(best->root)))
			best = e;
	}
	return best;
}
