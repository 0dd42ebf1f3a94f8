#include "rollback/rule-files.h"

#include <errno.h>

#include "engine/base/alloc.h"
#include "engine/base/path.h"
#include "engine/base/str.h"
#include "engine/format/audit-rule.h"
#include "engine/host/read/observe.h"

#define RULES_DIR "/etc/audit/rules.d"

/* NULL: the file will be as it is now. */
static const struct image *image_of(const struct rule_files *files, const char *path)
{
	const struct change *c = plan_find_change(files->plan, path);

	if (!c || c->nimages == 0 || (files->as_now && strv_contains(files->as_now, path)))
		return NULL;
	return &c->images[files->back ? 0 : c->nimages - 1];
}

/* 0: it will not be there. */
static int content_of(const struct rule_files *files, const char *path, struct buf *ret)
{
	const struct image *image = image_of(files, path);
	int r;

	if (image && (image->has_content || image->node.kind == NODE_ABSENT)) {
		buf_append(ret, image->content.data, image->content.len);
		return image->has_content;
	}
	r = observe_content(files->root, path, ret,
			    NULL); /* of an image that has its mode alone, too */
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

static bool has_rule(const struct buf *text, const char *rule)
{
	CLEANUP(strv_clear) struct strv lines = {0};

	strv_split(&lines, buf_str(text), "\n");
	return audit_rules_archs(&lines, rule) != 0;
}

static char *wanted_by(const struct rule_files *files, const char *path, const char *rule)
{
	CLEANUP(buf_clear) struct buf text = {0};
	int r = content_of(files, path, &text);

	if (r < 0)
		return xasprintf("whether '%s' has it is not known: %s", path, error_reason(r));
	return r > 0 && has_rule(&text, rule) ? xasprintf("'%s' has it", path) : NULL;
}

/* Those that are there now, and those that come back. */
static int find_paths(const struct rule_files *files, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv names = {0};
	int r = observe_children(files->root, RULES_DIR, &names, NULL);

	for (size_t i = 0; i < names.count; i++)
		strv_add_owned(ret, path_join(RULES_DIR, names.items[i]));
	for (size_t i = 0; i < files->plan->nchanges; i++)
		if (starts_with(files->plan->changes[i].path, RULES_DIR "/"))
			strv_add_once(ret, files->plan->changes[i].path);
	return r == -ENOENT ? 0 : r;
}

char *rule_files_want(const struct rule_files *files, const char *rule)
{
	CLEANUP(strv_clear) struct strv paths = {0};
	char *why = NULL;
	int r = find_paths(files, &paths);

	if (r < 0)
		return xasprintf("'" RULES_DIR "' cannot be read: %s", error_reason(r));
	for (size_t i = 0; i < paths.count && !why; i++)
		if (ends_with(paths.items[i], ".rules"))
			why = wanted_by(files, paths.items[i], rule);
	return why;
}
