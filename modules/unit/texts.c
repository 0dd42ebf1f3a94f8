#include "modules/unit/texts.h"

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/format/unit-scan.h"
#include "engine/model/unit-states.h"
#include "modules/common/conf-names.h"
#include "modules/unit/install.h"

static void add_dropins(const struct view *v, const char *directory, struct strv *names,
			struct buf *ret)
{
	CLEANUP(strv_clear) struct strv children = {0}, paths = {0};

	view_children(v, directory, &children, NULL);
	path_add_matching(&paths, directory, &children, "*.conf");
	for (size_t i = 0; i < paths.count; i++) {
		if (has_path_name(names, path_name(paths.items[i])))
			continue;
		strv_add(names, paths.items[i]);
		if (view_content(v, paths.items[i], ret, NULL) >= 0)
			buf_puts(ret, "\n\n");
	}
}

bool unit_texts(const struct view *v, const char *unit, struct buf *ret)
{
	CLEANUP(unit_file_clear) struct unit_file file = {0};
	CLEANUP(strv_clear) struct strv names = {0};
	bool there = unit_file_find(&file, v, unit, NULL) >= 0 && file.path;

	if (there) {
		buf_append(ret, file.text.data, file.text.len);
		buf_puts(ret, "\n\n");
	}
	for (size_t i = 0; unit_directories[i]; i++) {
		CLEANUP(freep) char *directory = xasprintf("%s/%s.d", unit_directories[i], unit);

		add_dropins(v, directory, &names, ret);
	}
	return there;
}

void unit_list_of(const struct buf *texts, const char *key, struct strv *ret)
{
	CLEANUP(unit_scan_clear) struct unit_scan scan = {0};

	unit_scan(texts, "Unit", key, &scan);
	for (size_t i = 0; i < scan.count; i++) {
		if (!*scan.items[i].value)
			strv_clear(ret);
		strv_split(ret, scan.items[i].value, " \t");
	}
}
