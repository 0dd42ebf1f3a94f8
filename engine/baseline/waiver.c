#include "engine/baseline/waiver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/alloc.h"
#include "engine/baseline/fields.h"
#include "engine/baseline/yaml-tree.h"

static const struct field fields[] = {
	{"control", FIELD_STRING, offsetof(struct waiver, control), .required = true},
	{"owner", FIELD_STRING, offsetof(struct waiver, owner), .required = true},
	{"reason", FIELD_STRING, offsetof(struct waiver, reason), .required = true},
	{"until", FIELD_STRING, offsetof(struct waiver, until), .required = true},
	{NULL},
};

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* YYYY-MM-DD that is a day of the calendar; such texts sort by time. */
static bool is_date(const char *text)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;

	for (size_t i = 0; i < 10; i++)
		if (i == 4 || i == 7 ? text[i] != '-' : text[i] < '0' || text[i] > '9')
			return false;
	if (text[10] || sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3)
		return false;
	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days[month - 1] + (month == 2 && is_leap(year));
}

static int check_waiver(const struct tree *tree, const struct tree_node *node,
			const struct waiver *w, struct error *err)
{
	static const char *const keys[] = {"control", "owner", "reason"};
	const char *const values[] = {w->control, w->owner, w->reason};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!values[i][strspn(values[i], " \n")])
			return tree_error(tree, tree_get(node, keys[i]), err, "'%s' is empty",
					  keys[i]);
	if (!is_date(w->until))
		return tree_error(tree, tree_get(node, "until"), err,
				  "'until' must be a day such as 2027-01-31, not '%.40s'",
				  w->until);
	return 0;
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
	return r == 0 ? check_waiver(tree, node, w, err) : r;
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
	int r = tree_parse(&tree, file, bytes, n, err);

	if (r == 0)
		r = fields_load(&job, err);
	if (r < 0)
		return r;
	list = tree_get(&tree.root, "waivers");
	if (!list)
		return fields_missing(&job, "waivers", err);
	if (list->kind != TREE_LIST)
		return tree_error(&tree, list, err, "'waivers' must be a list");
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = load_waiver(w, &tree, &list->items[i], err);
	return r;
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

const struct waiver *waivers_find(const struct waivers *w, const char *control)
{
	for (size_t i = w ? w->count : 0; i > 0; i--)
		if (strcmp(w->items[i - 1].control, control) == 0)
			return &w->items[i - 1];
	return NULL;
}

bool waiver_has_ended(const struct waiver *w, const char *today)
{
	return strcmp(w->until, today) < 0;
}
