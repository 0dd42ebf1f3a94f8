#include "modules/unit/setting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/format.h"
#include "modules/common/conf-names.h"

void unit_setting_clear(struct unit_setting *s)
{
	strv_clear(&s->values);
	free(s->decided_by);
	*s = (struct unit_setting){0};
}

/* Those that systemd named, and those that the plan has made in the directory of `dropin` since. */
static void list_dropins(const struct view *v, const struct unit_facts *unit, const char *dropin,
			 bool at_boot, struct strv *ret)
{
	CLEANUP(freep) char *directory = path_parent(dropin);
	CLEANUP(strv_clear) struct strv names = {0};

	view_children(v, directory, &names, NULL);
	path_add_matching(ret, directory, &names, "*.conf");
	for (size_t i = 0; i < unit->dropins.count; i++)
		if (!has_path_name(ret, path_name(unit->dropins.items[i])) &&
		    !(at_boot && path_is_below(unit->dropins.items[i], "/run")))
			strv_add(ret, unit->dropins.items[i]);
	if (ret->count > 1)
		qsort(ret->items, ret->count, sizeof(char *), compare_path_names);
}

/* Lines of a value, empty ones too: they clear. */
static void add_assignments(struct unit_setting *s, const char *value)
{
	for (;;) {
		size_t n = strcspn(value, "\n");

		if (n == 0)
			strv_clear(&s->values);
		else
			strv_add_n(&s->values, value, n);
		if (!value[n])
			return;
		value += n + 1;
	}
}

static int add_file(struct unit_setting *s, const struct view *v, const char *path,
		    struct subject subject, struct error *err)
{
	CLEANUP(buf_clear) struct buf text = {0};
	CLEANUP(freep) char *value = NULL;
	int r = view_content_if_any(v, path, &text, err);

	if (r > 0)
		r = format_get(&text, subject, &value, err);
	if (r < 0)
		return r;
	if (r == 1) {
		add_assignments(s, value);
		str_replace(&s->decided_by, path);
	}
	return 0;
}

int unit_setting_read(struct unit_setting *ret, const struct view *v, const struct unit_facts *unit,
		      const char *dropin, struct subject subject, bool at_boot, struct error *err)
{
	CLEANUP(strv_clear) struct strv files = {0};
	CLEANUP(strv_clear) struct strv dropins = {0};

	if (unit->fragment)
		strv_add(&files, unit->fragment);
	list_dropins(v, unit, dropin, at_boot, &dropins);
	strv_add_all(&files, &dropins);
	for (size_t i = 0; i < files.count; i++) {
		int r = view_is_masked(v, files.items[i])
				? 0
				: add_file(ret, v, files.items[i], subject, err);

		if (r < 0)
			return r;
	}
	return 0;
}
