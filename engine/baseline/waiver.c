#include "engine/baseline/waiver.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/day.h"
#include "engine/base/str.h"
#include "engine/baseline/fields.h"
#include "engine/baseline/nearest.h"
#include "engine/baseline/several.h"
#include "engine/baseline/yaml-parse.h"
#include "engine/baseline/yaml-tree.h"

static const struct field fields[] = {
	{"control", FIELD_STRING, offsetof(struct waiver, control), .required = true},
	{"owner", FIELD_STRING, offsetof(struct waiver, owner), .required = true},
	{"reason", FIELD_STRING, offsetof(struct waiver, reason), .required = true},
	{"until", FIELD_STRING, offsetof(struct waiver, until), .required = true},
	{NULL},
};

/* What is not there is a mistake that was told before, where all are wanted. */
static int check_waiver(const struct tree *tree, const struct tree_node *node,
			const struct waiver *w, struct error *err)
{
	static const char *const keys[] = {"control", "owner", "reason"};
	const char *const values[] = {w->control, w->owner, w->reason};
	int64_t day;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(keys); i++)
		if (values[i] && is_blank(values[i]))
			r = tree_note(tree_error(tree, tree_get(node, keys[i]), err,
						 "'%s' is empty", keys[i]),
				      err);
	if (r == 0 && w->until && !day_parse(w->until, &day))
		r = tree_error(tree, tree_get(node, "until"), err,
			       "'until' must be a day such as 2027-01-31, not '%.40s'", w->until);
	return r;
}

static int load_waiver(struct waivers *all, const struct tree *tree, const struct tree_node *node,
		       struct error *err)
{
	struct waiver *w = array_append(&all->items, &all->count, sizeof(*w));
	const struct fields_job job = {
		.tree = tree, .mapping = node, .fields = fields, .what = "waiver", .into = w};
	int r = fields_load(&job, err);

	w->file = xstrdup(tree->file);
	w->line = node->line;
	if (tree_get(node, "control")) {
		w->name_line = tree_get(node, "control")->line;
		w->name_column = tree_get(node, "control")->column;
	}
	return tree_note(r, err) == 0 ? check_waiver(tree, node, w, err) : r;
}

int waivers_parse(struct waivers *w, const char *file, const void *bytes, size_t n,
		  struct error *err)
{
	static const struct field none[] = {{NULL}};
	CLEANUP(tree_clear) struct tree tree = {0};
	const struct fields_job job = {.tree = &tree,
				       .mapping = &tree.root,
				       .fields = none,
				       .what = "waiver file",
				       .also = "waivers"};
	const struct tree_node *list;
	size_t before = tree_collected();
	int r = tree_is_comment(bytes, n) ? 1 : tree_parse(&tree, file, bytes, n, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = fields_load(&job, err);
	if (r < 0 && tree_note(r, err) < 0)
		return r;
	list = tree_get(&tree.root, "waivers");
	if (!list)
		return fields_missing(&job, "waivers", err);
	if (list->kind != TREE_LIST)
		return tree_error(&tree, list, err, "'waivers' must be a list");
	r = 0;
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = tree_note(load_waiver(w, &tree, &list->items[i], err), err);
	return r == 0 && tree_collected() > before ? -EINVAL : r;
}

/* What is said of a name that is not one control's. */
static char *lost_text(const struct waiver *w, const struct baseline *baselines, size_t count)
{
	struct nearest near = {.given = w->control};
	CLEANUP(strv_clear) struct strv owners = {0};
	CLEANUP(freep) char *all = NULL, *hint = NULL;

	several_find_owners(baselines, count, w->control, &owners);
	all = strv_join(&owners, ", ");
	if (owners.count)
		return xasprintf(
			"'%s' is a number of several controls, give one of their names: %s",
			w->control, all);
	several_offer(baselines, count, &near);
	hint = nearest_hint(&near, NULL);
	return xasprintf("there is no control '%s' to waive%s", w->control, hint);
}

void waivers_resolve(struct waivers *w, const struct baseline *baselines, size_t count,
		     struct strv *ret)
{
	for (size_t i = 0; i < w->count; i++) {
		struct waiver *one = &w->items[i];
		const struct control *control =
			one->control ? several_find(baselines, count, one->control, NULL) : NULL;
		CLEANUP(freep) char *text = NULL;

		if (control)
			str_replace(&one->control, control->id);
		if (control || !one->control)
			continue;
		text = lost_text(one, baselines, count);
		strv_addf(ret, "%s:%zu:%zu: %s", one->file, one->name_line, one->name_column, text);
	}
}

void waivers_find_doubles(const struct waivers *w, struct strv *ret)
{
	for (size_t i = 1; i < w->count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct waiver *one = &w->items[k], *again = &w->items[i];

			if (!again->control || strcmp_null(one->control, again->control) != 0)
				continue;
			strv_addf(
				ret,
				"%s:%zu:%zu: '%s' is waived twice; first in '%s', line %zu, until "
				"%s",
				again->file, again->name_line, again->name_column, again->control,
				one->file, one->line, one->until ? one->until : "?");
			break;
		}
}

void waivers_clear(struct waivers *w)
{
	for (size_t i = 0; i < w->count; i++) {
		free(w->items[i].control);
		free(w->items[i].owner);
		free(w->items[i].reason);
		free(w->items[i].until);
		free(w->items[i].file);
	}
	free(w->items);
	*w = (struct waivers){0};
}

const struct waiver *waivers_find(const struct waivers *w, const char *control, const char *today)
{
	const struct waiver *ended = NULL;

	for (size_t i = w ? w->count : 0; i > 0; i--) {
		const struct waiver *one = &w->items[i - 1];

		if (strcmp(one->control, control) != 0)
			continue;
		if (!waiver_has_ended(one, today))
			return one;
		if (!ended || strcmp(one->until, ended->until) > 0)
			ended = one;
	}
	return ended;
}

bool waiver_has_ended(const struct waiver *w, const char *today)
{
	return strcmp(w->until, today) < 0;
}

char *waiver_text(const struct waiver *w)
{
	return w ? xasprintf("by %s until %s: %s", w->owner, w->until, w->reason) : NULL;
}
