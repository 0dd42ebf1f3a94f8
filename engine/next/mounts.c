#include <ctype.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/mount-table.h"
#include "engine/format/text-lines.h"
#include "engine/host/ask/bus.h"
#include "engine/next/parts.h"

/* What is mounted now where dockerd keeps its data, and whether the next boot mounts it again. */

#define FSTAB "/etc/fstab"
#define CONTAINERD_ROOT "/var/lib/containerd"

/* A field of fstab(5): \040 is a blank. */
static char *field_text(const char *field)
{
	char *ret = xstrdup(field), *to = ret;

	for (const char *p = ret; *p; p++) {
		bool octal = p[0] == '\\' && p[1] >= '0' && p[1] <= '3' &&
			     isdigit((unsigned char)p[2]) && isdigit((unsigned char)p[3]);

		*to++ = octal ? (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + p[3] - '0') : *p;
		p += octal ? 3 : 0;
	}
	*to = '\0';
	return ret;
}

static bool is_same_place(const struct view *v, const char *place, const char *point)
{
	CLEANUP(freep) char *real = NULL;

	return strcmp(place, point) == 0 ||
	       (view_resolve(v, place, &real, NULL) >= 0 && strcmp(real, point) == 0);
}

static bool in_options(const char *options, const char *word)
{
	CLEANUP(strv_clear) struct strv all = {0};

	strv_split(&all, options, ",");
	return strv_contains(&all, word);
}

enum kept { KEPT_NOT, KEPT_YES, KEPT_NOAUTO };

/* Whether a line of fstab mounts something there, and at the boot. */
static enum kept in_fstab(const struct view *v, const char *point, size_t *ret_line)
{
	CLEANUP(buf_clear) struct buf text = {0};
	enum kept kept = KEPT_NOT;
	struct text_line line;
	size_t at = 0, number = 0;

	if (view_content(v, FSTAB, &text, NULL) < 0)
		return KEPT_NOT;
	while (text_line_next(&text, &at, &line)) {
		CLEANUP(freep) char *one = text_line_copy(&text, &line), *place = NULL;
		CLEANUP(strv_clear) struct strv fields = {0};

		number++;
		strv_split(&fields, one, " \t");
		if (fields.count < 2 || fields.items[0][0] == '#')
			continue;
		place = field_text(fields.items[1]);
		if (*place != '/' || !is_same_place(v, place, point))
			continue;
		*ret_line = number;
		kept = fields.count > 3 && in_options(fields.items[3], "noauto") &&
				       !in_options(fields.items[3], "x-systemd.automount")
			       ? KEPT_NOAUTO
			       : KEPT_YES;
	}
	return kept;
}

/* As systemd names the unit of a path (systemd.unit(5)); the caller frees it. */
static char *unit_of(const char *place)
{
	CLEANUP(buf_clear) struct buf name = {0};

	for (const char *p = place + 1; *p; p++)
		if (*p == '/')
			buf_putc(&name, '-');
		else if (isalnum((unsigned char)*p) || *p == ':' || *p == '_' ||
			 (*p == '.' && p > place + 1))
			buf_putc(&name, *p);
		else
			buf_printf(&name, "\\x%02x", (unsigned)(unsigned char)*p);
	buf_puts(&name, ".mount");
	return buf_take(&name);
}

/* A unit that somebody wrote; what the last boot made of fstab says nothing of the next. */
static bool has_unit(const struct next *n, const char *unit)
{
	CLEANUP(freep) char *file = boot_unit_file(n->view, unit);
	CLEANUP(freep) char *mask = file ? boot_unit_mask(n->view, unit) : NULL;
	CLEANUP(strv_clear) struct strv source = {0};

	if (!file || mask)
		return false;
	boot_unit_values(n->view, unit, "Unit/SourcePath", &source, NULL);
	return !strv_contains(&source, FSTAB);
}

/* Mounted before systemd began: by the initial RAM disk, or by who runs this container. So it is the next time. */
static bool was_there_first(const struct view *v, const char *unit)
{
	CLEANUP(bus_freep) struct bus *bus = NULL;
	bool there = false;

	return !v->facts->offline && bus_open(&bus, NULL) >= 0 &&
	       bus_mount_was_there(bus, unit, &there, NULL) >= 0 && there;
}

/* By a service of its own, which no table tells of. */
static bool mounts_itself(const struct mount_entry *e)
{
	return strcmp(e->type, "zfs") == 0 || strcmp(e->type, "autofs") == 0 ||
	       starts_with(e->type, "fuse");
}

static void look_at_point(struct next *n, const struct mount_entry *e, const char *what)
{
	CLEANUP(freep) char *unit = unit_of(e->point);
	size_t line = 0;
	enum kept kept = in_fstab(n->view, e->point, &line);

	if (kept == KEPT_YES || has_unit(n, unit))
		return;
	if (kept == KEPT_NOAUTO)
		foresight_add(n->ret, NEXT_MOUNT, FORESIGHT_FAIL, FSTAB, line,
			      "'%s' is mounted now and has noauto: after a boot %s would not be "
			      "there",
			      e->point, what);
	else if (mounts_itself(e))
		foresight_add(n->ret, NEXT_MOUNT, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "whether '%s' (%s) is mounted again for %s is not known", e->point,
			      e->type, what);
	else if (!was_there_first(n->view, unit))
		foresight_add(n->ret, NEXT_MOUNT, FORESIGHT_FAIL, FSTAB, 0,
			      "'%s' is mounted now, and neither a line here nor a mount unit "
			      "mounts it at the next boot: %s would be an empty directory",
			      e->point, what);
}

/* The mount that the path is in, and each above it but the root. */
static void look_at_path(struct next *n, const struct mount_table *t, const char *path,
			 const char *what)
{
	CLEANUP(freep) char *at = NULL;

	if (view_resolve(n->view, path, &at, NULL) < 0)
		str_replace(&at, path);
	do {
		const struct mount_entry *e = mount_at(t, at);

		if (e && strcmp(at, "/") != 0)
			look_at_point(n, e, what);
	} while (path_up(at));
}

void next_mounts(struct next *n)
{
	CLEANUP(mount_table_clear) struct mount_table table = {0};
	CLEANUP(freep) char *root = next_data_root(n->docker);
	CLEANUP(freep) char *what = xasprintf("what dockerd keeps in '%s'", root);

	if (!n->view->facts->mounts) {
		foresight_add(n->ret, NEXT_MOUNT, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "what is mounted now is not known");
		return;
	}
	mount_table_parse(&table, n->view->facts->mounts);
	look_at_path(n, &table, root, what);
	look_at_path(n, &table, CONTAINERD_ROOT, "what containerd keeps in '" CONTAINERD_ROOT "'");
	foresight_pass(n->ret, NEXT_MOUNT, "what '%s' is on comes back", root);
}
