#include "modules/common/sysctl-boot.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "modules/common/conf-names.h"

#define BLANKS " \t\r"

/* Not /run/sysctl.d: what is there, and what it hides of the others, is of this boot alone. */
static const char *const directories[] = {"/etc/sysctl.d", "/usr/local/lib/sysctl.d",
					  "/usr/lib/sysctl.d", "/lib/sysctl.d"};

/* The last word on one spelling that is the key, or may stand for it. */
struct line {
	char *name;
	char *value; /* NULL: left out */
	const char *file;
};

struct reading {
	const struct view *view;
	const char *key;
	struct line *lines;
	size_t count;
};

static void reading_clear(struct reading *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->lines[i].name);
		free(r->lines[i].value);
	}
	free(r->lines);
}

void sysctl_boot_clear(struct sysctl_boot *b)
{
	free(b->value);
	free(b->file);
	*b = (struct sysctl_boot){0};
}

/* With dots for slashes, and slashes for dots. */
static char *swapped(const char *key)
{
	char *out = xstrdup(key);

	for (char *c = out; *c; c++)
		*c = *c == '/' ? '.' : *c == '.' ? '/' : *c;
	return out;
}

char *sysctl_dotted(const char *key)
{
	return key[strcspn(key, "./")] == '/' ? swapped(key) : xstrdup(key);
}

/* A glob is one of paths below /proc/sys: none of its signs stands for a separator. */
static bool may_stand_for(const char *name, const char *key)
{
	CLEANUP(freep) char *glob = swapped(name);
	CLEANUP(freep) char *path = swapped(key);

	return strcmp(name, key) == 0 ||
	       fnmatch(glob, path, FNM_NOESCAPE | FNM_PATHNAME | FNM_PERIOD) == 0;
}

static struct line *find_line(const struct reading *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->lines[i].name, name) == 0)
			return &r->lines[i];
	return NULL;
}

/* One of the same value stays in its place among the others, any other goes to the end. */
static void put_line(struct reading *r, const char *name, const char *value, const char *file)
{
	struct line *line = find_line(r, name);

	if (line && strcmp_null(line->value, value) != 0) {
		free(line->name);
		free(line->value);
		memmove(line, line + 1, (size_t)(r->lines + --r->count - line) * sizeof(*line));
		line = NULL;
	}
	if (!line) {
		line = array_append(&r->lines, &r->count, sizeof(*line));
		*line = (struct line){.name = xstrdup(name), .value = xstrdup_null(value)};
	}
	line->file = file;
}

static void take_line(struct reading *r, const char *line, const char *file)
{
	const char *start = line + strspn(line, BLANKS);
	const char *equals = strchr(start, '=');
	CLEANUP(freep) char *spelt = NULL;
	CLEANUP(freep) char *name = NULL;
	CLEANUP(freep) char *value = NULL;

	if (*start == '#' || *start == ';' || (!equals && *start != '-'))
		return;
	start += *start == '-';
	spelt = trim_n(start, equals ? (size_t)(equals - start) : strlen(start), BLANKS);
	name = sysctl_dotted(spelt);
	value = equals ? trim(equals + 1, BLANKS) : NULL;
	if (may_stand_for(name, r->key))
		put_line(r, name, value, file);
}

static int read_file(struct reading *reading, const char *path, struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(node_clear) struct node node = {0};
	int r = view_node(reading->view, path, &node, &why);

	if (r >= 0 && node.kind != NODE_FILE && node.kind != NODE_UNKNOWN)
		return 0; /* a link to /dev/null switches a file off */
	if (r >= 0)
		r = view_content(reading->view, path, &text, &why);
	if (r < 0 && r != -ENOENT)
		return error_set(err, r, "%s", error_text(&why));
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++)
		take_line(reading, lines.items[i], path);
	return 0;
}

static int list_files(const struct view *v, struct strv *ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		CLEANUP(error_clear) struct error why = {0};
		CLEANUP(strv_clear) struct strv names = {0}, paths = {0};
		int r = view_children(v, directories[i], &names, &why);

		if (r < 0 && r != -ENOENT && r != -ENOTDIR)
			return error_set(err, r, "%s", error_text(&why));
		path_add_matching(&paths, directories[i], &names, "*.conf");
		for (size_t n = 0; n < paths.count; n++)
			if (!has_path_name(ret, path_name(paths.items[n])))
				strv_add(ret, paths.items[n]);
	}
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(char *), compare_path_names);
	return 0;
}

/* The name itself, be it set or left out; else the last glob that sets it. */
static void settle(const struct reading *r, struct sysctl_boot *ret)
{
	const struct line *by_name = find_line(r, r->key), *decides = by_name;

	for (size_t i = r->count; i-- > 0 && !decides;)
		if (r->lines[i].value)
			decides = &r->lines[i];
	if (!decides)
		return;
	ret->value = xstrdup_null(decides->value);
	ret->file = xstrdup(decides->file);
	ret->by_name = by_name != NULL;
}

static int read_files(struct sysctl_boot *ret, const struct view *v, const struct strv *files,
		      const char *key, struct error *err)
{
	CLEANUP(reading_clear) struct reading reading = {.view = v, .key = key};
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->count; i++)
		r = read_file(&reading, files->items[i], err);
	if (r == 0)
		settle(&reading, ret);
	return r;
}

int sysctl_boot_file(struct sysctl_boot *ret, const struct view *v, const char *path,
		     const char *key, struct error *err)
{
	CLEANUP(strv_clear) struct strv one = {0};

	strv_add(&one, path);
	return read_files(ret, v, &one, key, err);
}

int sysctl_boot_read(struct sysctl_boot *ret, const struct view *v, const char *key,
		     struct error *err)
{
	CLEANUP(strv_clear) struct strv files = {0};
	int r = list_files(v, &files, err);

	return r < 0 ? r : read_files(ret, v, &files, key, err);
}
