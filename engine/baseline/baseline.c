#include "engine/baseline/baseline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/baseline/control-load.h"
#include "engine/baseline/fields.h"
#include "engine/baseline/yaml-parse.h"
#include "engine/baseline/yaml-tree.h"

#define PART_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789-"

/* The head of a baseline; in the parts only `part_of` stands, and must be its name. */
struct head {
	char *name, *version, *title, *part_of;
	struct strv parts;
};

static const struct field baseline_fields[] = {
	{"baseline", FIELD_STRING, offsetof(struct head, name), .required = true},
	{"version", FIELD_STRING, offsetof(struct head, version), .required = true},
	{"title", FIELD_STRING, offsetof(struct head, title), .required = true},
	{"parts", FIELD_STRING_LIST, offsetof(struct head, parts)},
	{NULL},
};

static const struct field part_fields[] = {
	{"part-of", FIELD_STRING, offsetof(struct head, part_of), .required = true},
	{NULL},
};

static void head_clear(struct head *h)
{
	free(h->name);
	free(h->version);
	free(h->title);
	free(h->part_of);
	strv_clear(&h->parts);
}

void baseline_clear(struct baseline *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->ncontrols; i++)
		control_clear(&b->controls[i]);
	free(b->controls);
	free(b->names);
	free(b->name);
	free(b->version);
	free(b->title);
	strv_clear(&b->parts);
	strv_clear(&b->files);
	strv_clear(&b->site_files);
	*b = (struct baseline){0};
}

char *baseline_part_file(const struct baseline *b, size_t i)
{
	const char *head = b->files.items[0], *slash = strrchr(head, '/');

	return xasprintf("%.*s%s/%s.yaml", slash ? (int)(slash + 1 - head) : 0, head, b->name,
			 b->parts.items[i]);
}

/* One document on its way into a baseline. */
struct job {
	struct baseline *baseline;
	struct control_source source;
	const struct tree *tree;
};

static void add_name(const struct job *job, const char *text, const struct tree_node *node)
{
	struct baseline *b = job->baseline;
	struct baseline_name *name = array_append(&b->names, &b->nnames, sizeof(*name));

	*name = (struct baseline_name){.text = text,
				       .position = {job->source.file, node->line, node->column},
				       .control = b->ncontrols - 1};
}

static void add_names(const struct job *job, const struct control *c, const struct tree_node *node)
{
	const struct tree_node *aliases = tree_get(node, "aliases");

	add_name(job, c->id, tree_get(node, "id"));
	for (size_t i = 0; i < c->aliases.count; i++)
		add_name(job, c->aliases.items[i],
			 aliases->kind == TREE_LIST ? &aliases->items[i] : aliases);
}

/* Which of two places was read first: files in their order, then lines and columns. */
static int compare_places(const struct position *a, const struct position *b,
			  const struct strv *files)
{
	if (a->file != b->file) {
		for (size_t i = 0; i < files->count; i++)
			if (files->items[i] == a->file || files->items[i] == b->file)
				return files->items[i] == a->file ? -1 : 1;
	}
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

static int compare_names(const void *a, const void *b, void *files)
{
	const struct baseline_name *x = a, *y = b;
	int r = strcmp(x->text, y->text);

	return r ? r : compare_places(&x->position, &y->position, files);
}

static int repeated(const struct baseline_name *first, const struct baseline_name *again,
		    struct error *err)
{
	const struct position *p = &again->position;
	CLEANUP(freep)
	char *where =
		first->position.file == p->file
			? xasprintf("line %zu", first->position.line)
			: xasprintf("'%s', line %zu", first->position.file, first->position.line);

	return error_set(err, -EINVAL, "%s:%zu:%zu: repeated %s '%.60s'; it is first in %s",
			 p->file, p->line, p->column, strchr(again->text, '@') ? "alias" : "id",
			 again->text, where);
}

/* An id has no @, an alias has one: they cannot be mixed up, and one list is enough. */
static int check_unique(struct baseline *b, struct error *err)
{
	struct baseline_name *n = b->names;
	size_t found = 0, first = 0;

	qsort_r(n, b->nnames, sizeof(*n), compare_names, &b->files);
	for (size_t i = 1; i < b->nnames; i++) {
		if (strcmp(n[i - 1].text, n[i].text) != 0) {
			first = i;
			continue;
		}
		/* each of them is noted, or the one that was read first is told */
		if (tree_note(repeated(&n[first], &n[i], err), err) == 0)
			continue;
		error_clear(err);
		if (!found || compare_places(&n[i].position, &n[found].position, &b->files) < 0)
			found = i;
	}
	return found ? repeated(&n[found - 1], &n[found], err) : 0;
}

static int load_controls(const struct job *job, const struct tree_node *list, struct error *err)
{
	struct baseline *b = job->baseline;
	int r = 0;

	if (list->kind != TREE_LIST || list->count == 0)
		return tree_error(job->tree, list, err,
				  "'controls' must be a list of at least one control");
	b->controls = xreallocarray(b->controls, b->ncontrols + list->count, sizeof(*b->controls));
	for (size_t i = 0; r == 0 && i < list->count; i++) {
		struct control *c = &b->controls[b->ncontrols++];

		*c = (struct control){0};
		r = control_load(&job->source, &list->items[i], c, err);
		if (c->id)
			add_names(job, c, &list->items[i]);
		r = tree_note(r, err);
	}
	return r;
}

/* The names of parts become names of files. */
static int check_parts(const struct job *job, const struct head *h, struct error *err)
{
	const struct tree_node *parts = tree_get(&job->tree->root, "parts");

	for (size_t i = 0; i < h->parts.count; i++)
		if (!*h->parts.items[i] ||
		    h->parts.items[i][strspn(h->parts.items[i], PART_LETTERS)])
			return tree_error(
				job->tree, parts->kind == TREE_LIST ? &parts->items[i] : parts, err,
				"'%.60s' is not a name of a part (lower-case words with - "
				"between)",
				h->parts.items[i]);
	return 0;
}

static int load(const struct job *job, const struct field *fields, struct head *h,
		struct error *err)
{
	const struct fields_job head = {
		.tree = job->tree,
		.mapping = &job->tree->root,
		.fields = fields,
		.what = "baseline",
		.also = "controls",
		.into = h,
	};
	const struct tree_node *controls;
	int r = fields_load(&head, err);

	controls = tree_get(&job->tree->root, "controls");
	if (r == 0)
		r = check_parts(job, h, err);
	if (r < 0 && controls && tree_note(r, err) == 0) {
		tree_note(load_controls(job, controls, err), err);
		return -EINVAL;
	}
	if (r < 0)
		return r;
	if (h->part_of && strcmp(h->part_of, job->baseline->name) != 0)
		return tree_error(job->tree, tree_get(&job->tree->root, "part-of"), err,
				  "this is a part of '%.60s', not of '%s'", h->part_of,
				  job->baseline->name);
	if (!controls && h->parts.count == 0)
		return fields_missing(&head, "controls", err);
	return controls ? load_controls(job, controls, err) : 0;
}

static int parse(struct baseline *b, struct head *h, const char *file, const void *bytes, size_t n,
		 const struct baseline_source *source, struct error *err)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	struct job job = {.baseline = b, .tree = &tree};
	size_t before = tree_collected();
	int r;

	strv_add(&b->files, file);
	job.source = (struct control_source){.tree = &tree,
					     .file = b->files.items[b->files.count - 1],
					     .modules = source->modules,
					     .texts = source->texts};
	r = tree_parse(&tree, job.source.file, bytes, n, err);
	if (r == 0)
		r = load(&job, b->files.count > 1 ? part_fields : baseline_fields, h, err);
	if (r == 0 && tree_collected() > before)
		return -EINVAL;
	return r < 0 ? error_about(err, r, job.source.file) : r;
}

static int finish(struct baseline *b, int r, struct error *err)
{
	if ((r == 0 || tree_note(r, err) == 0) && b->files.count == b->parts.count + 1) {
		int unique = check_unique(b, err);

		r = r < 0 ? r : unique;
	}
	if (r < 0)
		baseline_clear(b);
	return r;
}

int baseline_parse(struct baseline *b, const char *file, const void *bytes, size_t n,
		   const struct baseline_source *source, struct error *err)
{
	CLEANUP(head_clear) struct head h = {0};
	int r;

	*b = (struct baseline){0};
	r = parse(b, &h, file, bytes, n, source, err);
	b->name = TAKE_PTR(h.name);
	b->version = TAKE_PTR(h.version);
	b->title = TAKE_PTR(h.title);
	b->parts = h.parts;
	h.parts = (struct strv){0};
	return finish(b, r, err);
}

int baseline_parse_part(struct baseline *b, const char *file, const void *bytes, size_t n,
			const struct baseline_source *source, struct error *err)
{
	CLEANUP(head_clear) struct head h = {0};

	return finish(b, parse(b, &h, file, bytes, n, source, err), err);
}

/* Whether the alias is "NAME" or, for a name without a map, "NAME@anything". */
static bool alias_matches(const char *alias, const char *name)
{
	return starts_with_word(alias, name, "@");
}

static bool has_alias(const struct control *c, const char *name)
{
	for (size_t i = 0; i < c->aliases.count; i++)
		if (alias_matches(c->aliases.items[i], name))
			return true;
	return false;
}

static int compare_text(const void *key, const void *name)
{
	return strcmp(key, ((const struct baseline_name *)name)->text);
}

const struct baseline_name *baseline_find_name(const struct baseline *b, const char *text)
{
	return b->nnames ? bsearch(text, b->names, b->nnames, sizeof(*b->names), compare_text)
			 : NULL;
}

size_t baseline_count(const struct baseline *b, const char *name, const struct control **ret)
{
	const struct baseline_name *known = baseline_find_name(b, name);
	size_t matches = 0;

	if (known) {
		*ret = &b->controls[known->control];
		return 1;
	}
	for (size_t i = 0; i < b->ncontrols; i++)
		if (has_alias(&b->controls[i], name)) {
			*ret = &b->controls[i];
			matches++;
		}
	return matches;
}

const struct control *baseline_find(const struct baseline *b, const char *name)
{
	const struct control *found = NULL;

	return baseline_count(b, name, &found) == 1 ? found : NULL;
}
