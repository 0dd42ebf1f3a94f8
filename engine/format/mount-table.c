#include "engine/format/mount-table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"

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

/* Blanks and backslashes are written as three octal digits. Within `out`, which gets shorter. */
static void unescape(char *out)
{
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
}

char *mount_unescape(const char *field)
{
	char *ret = xstrdup(field);

	unescape(ret);
	return ret;
}

static char *unescaped(const char *s, size_t n)
{
	char *ret = xstrndup(s, n);

	unescape(ret);
	return ret;
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
		if (field < 2)
			*(field ? &e->parent : &e->id) = strtol(word, NULL, 10);
		if (field == 2 && sscanf(word, "%u:%u", &e->major, &e->minor) != 2)
			return false;
		if (field == 3)
			e->root = unescaped(word, n);
		else if (field == 4)
			e->point = unescaped(word, n);
		else if (field == 5)
			e->options = xstrndup(word, n);
	}
	while (next_word(at, end, &word, &n) && !(n == 1 && *word == '-'))
		e->shared |= starts_with_n(word, n, "shared:") && !equals_n(word, n, "shared:");
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

bool mount_has_option(const char *options, const char *option)
{
	for (const char *at = options; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (starts_with_word(at, option, ","))
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

static char *put_behind(const char *directory, const char *rest)
{
	return path_join(directory, *rest ? rest + 1 : rest);
}

bool mount_find(const struct mount_table *t, const char *path, struct mount_spot *ret)
{
	const struct mount_entry *e = mount_of(t, path);

	if (!e)
		return false;
	*ret = (struct mount_spot){e->major, e->minor,
				   put_behind(e->root, path_behind(path, e->point))};
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

bool mount_below(const struct mount_spot *inner, const struct mount_spot *outer)
{
	return same_system(inner, outer) && path_is_below(inner->path, outer->path);
}

/* Whether a spot is really seen through the mount, or something else lies above. */
static bool is_seen_through(const struct mount_table *t, const struct mount_entry *e,
			    const struct mount_spot *spot)
{
	CLEANUP(freep) char *path = put_behind(e->point, path_behind(spot->path, e->root));

	return mount_of(t, path) == e;
}

char *mount_path_to(const struct mount_table *t, const struct mount_spot *spot)
{
	const struct mount_entry *best = NULL;

	for (size_t i = 0; spot->path && i < t->count; i++) {
		const struct mount_entry *e = &t->items[i];

		if (e->major == spot->major && e->minor == spot->minor &&
		    path_behind(spot->path, e->root) &&
		    (!best || strlen(e->root) < strlen(best->root)) && is_seen_through(t, e, spot))
			best = e;
	}
	return best ? put_behind(best->point, path_behind(spot->path, best->root)) : NULL;
}

/* The value of "name=value" among options, up to the next comma; NULL: not there. */
static char *option_value(const char *options, const char *name)
{
	for (const char *at = options; at && *at; at += strcspn(at, ","), at += *at == ',') {
		const char *value = skip_key(at, name, '=');

		if (value)
			return xstrndup(value, strcspn(value, ","));
	}
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
	return path_behind(path, e->root);
}

const struct mount_entry *mount_of_controller(const struct mount_table *t, const char *controller,
					      int version, const char *path)
{
	const struct mount_entry *best = NULL;

	for (size_t i = 0; i < t->count; i++) {
		const struct mount_entry *e = &t->items[i];

		if (has_controller(e, controller, version) &&
		    (!path || mount_behind_root(e, path)) &&
		    (!best || strlen(e->root) < strlen(best->root)) && mount_at(t, e->point) == e)
			best = e;
	}
	return best;
}
