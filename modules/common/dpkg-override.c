#include "modules/common/dpkg-override.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/format.h"

#define INFO "/var/lib/dpkg/info"
#define OVERRIDES "/var/lib/dpkg/statoverride"

/* The packages that bring an engine; the list of each names its files. */
static const char *const lists[] = {"docker*.list", "containerd*.list", "runc*.list",
				    "moby-*.list"};

static bool is_list(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (fnmatch(lists[i], name, FNM_PERIOD) == 0)
			return true;
	return false;
}

/* As the package spells it: /lib/... of a merged /usr is a name that dpkg knows files by. */
static char *name_in_list(const struct view *v, const char *list, const char *path)
{
	CLEANUP(freep) char *file = xasprintf(INFO "/%s", list);
	CLEANUP(strv_clear) struct strv lines = {0};
	CLEANUP(buf_clear) struct buf text = {0};

	if (view_content(v, file, &text, NULL) < 0)
		return NULL;
	strv_split(&lines, buf_str(&text), "\n");
	if (strv_contains(&lines, path))
		return xstrdup(path);
	return strv_contains(&lines, path + strlen("/usr")) ? xstrdup(path + strlen("/usr")) : NULL;
}

/* The name by which dpkg owns the file; NULL: it does not. The caller frees it. */
static char *owned_name(const struct view *v, const char *path)
{
	CLEANUP(strv_clear) struct strv names = {0};
	char *found = NULL;

	if (!starts_with(path, "/usr/") || view_children(v, INFO, &names, NULL) < 0)
		return NULL;
	for (size_t i = 0; !found && i < names.count; i++)
		if (is_list(names.items[i]))
			found = name_in_list(v, names.items[i], path);
	return found;
}

/* "root", or a number as dpkg-statoverride(1) writes it. */
static char *account(unsigned long id)
{
	return id == 0 ? xstrdup("root") : xasprintf("#%lu", id);
}

/* Owner, group and mode as they will be; false when none of them changes. */
static bool will_be(const struct delta *d, size_t first, const char *path, unsigned long *uid,
		    unsigned long *gid, unsigned long *mode)
{
	bool changes = false;

	for (size_t i = first; i < d->edits.count; i++) {
		const struct edit *e = &d->edits.items[i];
		unsigned long *to = e->subject.scheme == SCHEME_OWNER   ? uid
				    : e->subject.scheme == SCHEME_GROUP ? gid
				    : e->subject.scheme == SCHEME_MODE  ? mode
									: NULL;

		if (!to || !e->after || strcmp(e->path, path) != 0)
			continue;
		*to = strtoul(e->after, NULL, to == mode ? 8 : 10);
		changes = true;
	}
	return changes;
}

void dpkg_override(const struct view *v, const char *path, const struct node *node, size_t first,
		   struct delta *delta)
{
	unsigned long uid = node->uid, gid = node->gid, mode = node->mode;
	CLEANUP(freep) char *name = NULL, *user = NULL, *group = NULL, *value = NULL;
	CLEANUP(freep) char *before = NULL;
	struct subject subject;
	CLEANUP(buf_clear) struct buf text = {0};

	if (!will_be(delta, first, path, &uid, &gid, &mode))
		return;
	name = owned_name(v, path);
	if (!name || view_content(v, OVERRIDES, &text, NULL) < 0)
		return;
	user = account(uid);
	group = account(gid);
	value = xasprintf("%s %s %lo", user, group, mode);
	subject = subject_of(SCHEME_OVERRIDE, name);
	if (format_get(&text, subject, &before, NULL) < 0 || strcmp_null(before, value) == 0)
		return;
	delta_edit(delta, OVERRIDES, subject, value);
	str_replace(&delta->edits.items[delta->edits.count - 1].item, path);
}
