#include "modules/common/cgroup.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/format/schemes/schemes.h"
#include "modules/common/tally.h"

#define GROUPS "/sys/fs/cgroup"
#define UNLIMITED 0x7ffffffffffff000ULL /* as version 1 says it of memory */

static const struct limit {
	const char *key, *controller, *file, *file_v1;
} limits[] = {
	{"MemoryMax", "memory", "memory.max", "memory.limit_in_bytes"},
	{"MemoryHigh", "memory", "memory.high", NULL},
	{"MemorySwapMax", "memory", "memory.swap.max", NULL},
	{"TasksMax", "pids", "pids.max", "pids.max"},
	{"CPUQuota", "cpu", "cpu.max", "cpu.cfs_quota_us"},
};

/* Version 1 has a line for each: name, hierarchy, number of groups, enabled. */
static int read_v1(const struct view *v, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(strv_clear) struct strv lines = {0};
	int r = view_content(v, "/proc/cgroups", &text, err);

	if (r < 0)
		return r;
	strv_split(&lines, buf_str(&text), "\n");
	for (size_t i = 0; i < lines.count; i++) {
		CLEANUP(strv_clear) struct strv words = {0};

		strv_split(&words, lines.items[i], "\t ");
		if (words.count == 4 && words.items[0][0] != '#' &&
		    strcmp(words.items[3], "1") == 0)
			strv_add(ret, words.items[0]);
	}
	return 0;
}

int cgroup_controllers(const struct view *v, struct strv *ret, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = view_content_if_any(v, CGROUP_CONTROLLERS, &text, err);

	if (r > 0)
		strv_split(ret, buf_str(&text), " \n");
	return r == 0 ? read_v1(v, ret, err) : r;
}

bool cgroup_has(const struct strv *have, const char *name)
{
	return strv_contains(have, name) ||
	       (strcmp(name, "io") == 0 && strv_contains(have, "blkio"));
}

/* Whether the text sets it to more than nothing. */
static bool is_set(const struct buf *text, const char *unit, const char *key)
{
	const char *section = ends_with(unit, ".slice") ? "Slice" : "Service";
	CLEANUP(freep) char *name = xasprintf("%s/%s", section, key), *value = NULL;

	return unit_text_get(text, name, &value, NULL) >= 0 && value && *value &&
	       strcmp(value, "infinity") != 0;
}

/* "harden.slice/harden-docker.slice" of the second: systemd.slice(5). */
static char *group_of(const char *slice)
{
	CLEANUP(buf_clear) struct buf path = {0};

	for (const char *dash = strchr(slice, '-'); dash; dash = strchr(dash + 1, '-'))
		buf_printf(&path, "%.*s.slice/", (int)(dash - slice), slice);
	buf_puts(&path, slice);
	return buf_take(&path);
}

/* "max", "max 100000", "-1", and what is as much as there can be. */
static bool limits_nothing(const char *value)
{
	return starts_with(value, "max") || *value == '-' || strtoull(value, NULL, 10) >= UNLIMITED;
}

static void judge_group(const struct view *v, const char *slice, const struct limit *l,
			struct delta *d)
{
	CLEANUP(node_clear) struct node v2 = {0}, group = {0};
	bool unified = view_node(v, CGROUP_CONTROLLERS, &v2, NULL) >= 0 && v2.kind == NODE_FILE;
	const char *file = unified ? l->file : l->file_v1;
	CLEANUP(freep) char *name = group_of(slice);
	CLEANUP(freep)
	char *directory =
		xasprintf(GROUPS "/%s%s%s", unified ? "" : l->controller, unified ? "" : "/", name);
	CLEANUP(freep) char *path = file ? xasprintf("%s/%s", directory, file) : NULL;
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(error_clear) struct error err = {0};
	int r;

	if (!path || view_node(v, directory, &group, NULL) < 0 || group.kind != NODE_DIR)
		return;
	r = view_content_if_any(v, path, &text, &err);
	if (r < 0)
		delta_raise(d, VERDICT_NOT_MEASURED, "%s", error_text(&err));
	else if (r == 0 || limits_nothing(buf_str(&text)))
		delta_raise(d, VERDICT_FAIL, "%s= of %s is written, and not in force: '%s' %s",
			    l->key, slice, path, r == 0 ? "is not there" : "has no limit");
}

void cgroup_judge_unit(const struct view *v, const char *unit, const struct buf *text,
		       bool in_force, struct delta *d)
{
	CLEANUP(strv_clear) struct strv have = {0}, lacks = {0};
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(freep) char *list = NULL;
	int known = 1;

	if (v->facts->offline)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		const struct limit *l = &limits[i];

		if (!is_set(text, unit, l->key))
			continue;
		if (known == 1)
			known = cgroup_controllers(v, &have, &err);
		if (known >= 0 && !cgroup_has(&have, l->controller))
			strv_addf(&lacks, "%s= (%s)", l->key, l->controller);
		else if (known >= 0 && in_force && ends_with(unit, ".slice"))
			judge_group(v, unit, l, d);
	}
	list = names_join(&lacks);
	if (known < 0)
		delta_raise(d, VERDICT_NOT_MEASURED,
			    "whether the kernel can limit what %s is to have is not known: %s",
			    unit, error_text(&err));
	if (lacks.count == 0)
		return;
	delta_raise(d, VERDICT_FAIL, "the kernel has no controller for %s of %s", list, unit);
	if (!d->refusal)
		d->refusal = xasprintf("the kernel has no controller for %s: systemd would set "
				       "nothing, and say nothing; boot with it switched on, such "
				       "as cgroup_enable=memory",
				       list);
}
