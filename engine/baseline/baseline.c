#include "engine/baseline/baseline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/control-load.h"
#include "engine/baseline/fields.h"
#include "engine/baseline/yaml-tree.h"

static const struct field baseline_fields[] = {
	{"baseline", FIELD_STRING, offsetof(struct baseline, name), .required = true},
	{"version", FIELD_STRING, offsetof(struct baseline, version), .required = true},
	{"title", FIELD_STRING, offsetof(struct baseline, title), .required = true},
	{NULL},
};

void baseline_clear(struct baseline *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->ncontrols; i++)
		control_clear(&b->controls[i]);
	free(b->controls);
	free(b->name);
	free(b->version);
	free(b->title);
	free(b->file);
	*b = (struct baseline){0};
}

/* All ids and aliases of a document, to find those that are there twice. */
struct names {
	const struct tree_node **items;
	size_t count;
};

static void names_clear(struct names *n)
{
	free(n->items);
}

static void add_name(struct names *n, const struct tree_node *name)
{
	*(const struct tree_node **)array_append(&n->items, &n->count, sizeof(name)) = name;
}

static void add_names(struct names *n, const struct tree_node *control)
{
	const struct tree_node *aliases = tree_get(control, "aliases");

	add_name(n, tree_get(control, "id"));
	if (!aliases)
		return;
	if (aliases->kind == TREE_SCALAR)
		add_name(n, aliases);
	for (size_t i = 0; aliases->kind == TREE_LIST && i < aliases->count; i++)
		add_name(n, &aliases->items[i]);
}

static int compare_places(const struct tree_node *a, const struct tree_node *b)
{
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

static int compare_names(const void *a, const void *b)
{
	const struct tree_node *x = *(const struct tree_node *const *)a;
	const struct tree_node *y = *(const struct tree_node *const *)b;
	int r = strcmp(x->text, y->text);

	return r ? r : compare_places(x, y);
}

/* An id has no @, an alias has one: they cannot be mixed up, and one list is enough. */
static int check_unique(const struct tree *tree, const struct tree_node *controls,
			struct error *err)
{
	CLEANUP(names_clear) struct names names = {0};
	size_t found = 0;

	for (size_t i = 0; i < controls->count; i++)
		add_names(&names, &controls->items[i]);
	qsort(names.items, names.count, sizeof(*names.items), compare_names);
	for (size_t i = 1; i < names.count; i++)
		if (strcmp(names.items[i - 1]->text, names.items[i]->text) == 0 &&
		    (!found || compare_places(names.items[i], names.items[found]) < 0))
			found = i;
	if (!found)
		return 0;
	return tree_error(tree, names.items[found], err,
			  "repeated %s '%.60s'; it is first in line %u",
			  strchr(names.items[found]->text, '@') ? "alias" : "id",
			  names.items[found]->text, names.items[found - 1]->line);
}

static int load_controls(struct baseline *b, const struct control_source *source,
			 const struct tree_node *list, struct error *err)
{
	int r = 0;

	if (list->kind != TREE_LIST || list->count == 0)
		return tree_error(source->tree, list, err,
				  "'controls' must be a list of at least one control");
	b->controls = xcalloc(list->count, sizeof(*b->controls));
	b->ncontrols = list->count;
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = control_load(source, &list->items[i], &b->controls[i], err);
	return r == 0 ? check_unique(source->tree, list, err) : r;
}

static int load(struct baseline *b, const struct tree *tree, const struct module *const *modules,
		struct error *err)
{
	const struct fields_job job = {
		.tree = tree,
		.mapping = &tree->root,
		.fields = baseline_fields,
		.what = "baseline",
		.also = "controls",
		.into = b,
	};
	const struct control_source source = {tree, b->file, modules};
	const struct tree_node *controls;
	int r = fields_load(&job, err);

	if (r < 0)
		return r;
	controls = tree_get(&tree->root, "controls");
	if (!controls)
		return fields_missing(&job, "controls", err);
	return load_controls(b, &source, controls, err);
}

int baseline_parse(struct baseline *ret, const char *file, const void *bytes, size_t n,
		   const struct module *const *modules, struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	int r;

	*ret = (struct baseline){.file = xstrdup(file)};
	r = tree_parse(&tree, ret->file, bytes, n, err);
	if (r == 0)
		r = load(ret, &tree, modules, err);
	if (r < 0)
		baseline_clear(ret);
	return r;
}

/* Whether the alias is "NAME" or, for a name without a map, "NAME@anything". */
static bool alias_matches(const char *alias, const char *name)
{
	size_t n = strlen(name);

	return strncmp(alias, name, n) == 0 && (alias[n] == '\0' || alias[n] == '@');
}

static bool has_alias(const struct control *c, const char *name)
{
	for (size_t i = 0; i < c->aliases.count; i++)
		if (alias_matches(c->aliases.items[i], name))
			return true;
	return false;
}

const struct control *baseline_find(const struct baseline *b, const char *name)
{
	const struct control *found = NULL;
	size_t matches = 0;

	for (size_t i = 0; i < b->ncontrols; i++) {
		const struct control *c = &b->controls[i];

		if (strcmp(c->id, name) == 0)
			return c;
		if (has_alias(c, name)) {
			found = c;
			matches++;
		}
	}
	return matches == 1 ? found : NULL;
}
