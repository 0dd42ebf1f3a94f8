#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/command-line.h"
#include "engine/format/fstab.h"
#include "engine/format/mount-table.h"
#include "engine/host/ask/bus.h"
#include "engine/next/parts.h"

/* What is mounted now where dockerd keeps its data, and whether the next boot mounts it again. */

#define CONTAINERD_ROOT "/var/lib/containerd"

static bool is_same_place(const struct view *v, const char *place, const char *point)
{
	CLEANUP(freep) char *real = NULL;

	return strcmp(place, point) == 0 ||
	       (view_resolve(v, place, &real, NULL) >= 0 && strcmp(real, point) == 0);
}

enum kept { KEPT_NOT, KEPT_YES, KEPT_NOAUTO };

/* Whether a line of fstab mounts something there, and at the boot. */
static enum kept in_fstab(const struct view *v, const char *point, size_t *ret_line)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(fstab_entry_clear) struct fstab_entry entry = {0};
	enum kept kept = KEPT_NOT;
	size_t at = 0;

	if (view_content(v, FSTAB, &text, NULL) < 0)
		return KEPT_NOT;
	while (fstab_next(&text, &at, &entry)) {
		if (!is_same_place(v, entry.place, point))
			continue;
		*ret_line = entry.line;
		kept = mount_has_option(entry.options, "noauto") &&
				       !mount_has_option(entry.options, "x-systemd.automount")
			       ? KEPT_NOAUTO
			       : KEPT_YES;
	}
	return kept;
}

/* A unit that somebody wrote; what the last boot made of fstab says nothing of the next. The caller frees it. */
static char *file_of_unit(const struct next *n, const char *unit)
{
	CLEANUP(freep) char *file = boot_unit_file(n->view, unit);
	CLEANUP(freep) char *mask = file ? boot_unit_mask(n->view, unit) : NULL;
	CLEANUP(strv_clear) struct strv source = {0};

	if (!file || mask)
		return NULL;
	boot_unit_values(n->view, unit, "Unit/SourcePath", &source, NULL);
	return strv_contains(&source, FSTAB) ? NULL : TAKE_PTR(file);
}

/* Paths stand there as they are written: systemd follows no links of theirs. */
static bool asks_for_point(const struct view *v, const char *unit, const char *point)
{
	static const char *const keys[] = {"Unit/RequiresMountsFor", "Unit/WantsMountsFor"};
	CLEANUP(freep) char *mask = boot_unit_mask(v, unit);

	for (size_t i = 0; !mask && i < ARRAY_SIZE(keys); i++) {
		CLEANUP(strv_clear) struct strv lines = {0}, words = {0};

		boot_unit_values(v, unit, keys[i], &lines, NULL);
		for (size_t k = 0; k < lines.count; k++)
			command_line_split(lines.items[k], &words, NULL);
		for (size_t k = 0; k < words.count; k++)
			if (path_is_within(words.items[k], point))
				return true;
	}
	return false;
}

/* By a unit that the boot starts and that names a path on it. */
static bool is_asked_for(const struct next *n, const char *point)
{
	for (size_t i = 0; i < n->boot.units.count; i++)
		if (asks_for_point(n->view, n->boot.units.items[i], point))
			return true;
	return false;
}

/* That a unit is there mounts nothing: it may have been started by hand, once. */
static bool is_started(const struct next *n, const char *unit)
{
	CLEANUP(freep)
	char *automount = xasprintf("%.*s.automount", (int)(strlen(unit) - strlen(".mount")), unit);

	return boot_set_has(&n->boot, unit) || boot_set_has(&n->boot, automount);
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

/* What would have the boot start it; "" where its file does not say what it is wanted by. The caller frees it. */
static char *remediation(const struct view *v, const char *unit)
{
	CLEANUP(strv_clear) struct strv by = {0};

	boot_unit_values(v, unit, "Install/WantedBy", &by, NULL);
	boot_unit_values(v, unit, "Install/RequiredBy", &by, NULL);
	return by.count ? xasprintf(" ('systemctl enable %s')", unit) : xstrdup("");
}

static void tell_not_started(struct next *n, const struct mount_entry *e, const char *unit,
			     const char *file, const char *what)
{
	CLEANUP(freep) char *then = remediation(n->view, unit);

	if (n->boot.unknown)
		foresight_add(n->ret, NEXT_MOUNT, FORESIGHT_NOT_MEASURED, file, 0,
			      "whether the next boot starts %s, which mounts '%s', is not known: "
			      "%s",
			      unit, e->point, n->boot.unknown);
	else
		foresight_add(n->ret, NEXT_MOUNT, FORESIGHT_FAIL, file, 0,
			      "'%s' is mounted now by %s, which no boot starts%s: %s would be an "
			      "empty directory",
			      e->point, unit, then, what);
}

/*
 * Whether it is mounted again; `below`: so is one that lies in it, and systemd mounts first what a mount lies in,
 * as long as it knows how.
 */
static bool look_at_point(struct next *n, const struct mount_entry *e, bool below, const char *what)
{
	CLEANUP(freep) char *unit = mount_unit_name(e->point), *file = file_of_unit(n, unit);
	size_t line = 0;
	enum kept kept = in_fstab(n->view, e->point, &line);

	if (kept == KEPT_YES || (file && is_started(n, unit)) ||
	    ((file || kept == KEPT_NOAUTO) && (below || is_asked_for(n, e->point))))
		return true;
	if (kept == KEPT_NOAUTO)
		foresight_add(n->ret, NEXT_MOUNT, FORESIGHT_FAIL, FSTAB, line,
			      "'%s' is mounted now and has noauto: after a boot %s would not be "
			      "there",
			      e->point, what);
	else if (mounts_itself(e))
		foresight_add(n->ret, NEXT_MOUNT, FORESIGHT_NOT_MEASURED, NULL, 0,
			      "whether '%s' (%s) is mounted again for %s is not known", e->point,
			      e->type, what);
	else if (was_there_first(n->view, unit))
		return false;
	else if (file)
		tell_not_started(n, e, unit, file, what);
	else
		foresight_add(n->ret, NEXT_MOUNT, FORESIGHT_FAIL, FSTAB, 0,
			      "'%s' is mounted now, and neither a line here nor a mount unit "
			      "mounts it at the next boot: %s would be an empty directory",
			      e->point, what);
	return false;
}

/* The mount that the path is in, and each above it but the root. */
static void look_at_path(struct next *n, const struct mount_table *t, const char *path,
			 const char *what)
{
	CLEANUP(freep) char *at = NULL;
	bool below = false;

	if (view_resolve(n->view, path, &at, NULL) < 0)
		str_replace(&at, path);
	do {
		const struct mount_entry *e = mount_at(t, at);

		if (e && strcmp(at, "/") != 0)
			below |= look_at_point(n, e, below, what);
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
