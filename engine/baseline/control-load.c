#include "engine/baseline/control-load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/baseline/control-name.h"
#include "engine/baseline/fields.h"
#include "engine/baseline/nearest.h"
#include "engine/baseline/yaml-tree.h"

static int level_from_string(const char *text)
{
	if (strcmp(text, "1") == 0 || strcmp(text, "2") == 0)
		return text[0] - '0';
	return -EINVAL;
}

static int rate_from_string(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits == 0 || digits > 6 || text[digits] || atoi(text) == 0 ? -EINVAL : atoi(text);
}

/* What decides how a control is treated: by its baseline, or by the site. */
#define DECISION_FIELDS                                                                            \
	{"level",                                                                                  \
	 FIELD_ENUM,                                                                               \
	 offsetof(struct control, level),                                                          \
	 .help = "1 or 2",                                                                         \
	 .parse = level_from_string,                                                               \
	 .def = 1},                                                                                \
		{"class",                                                                          \
		 FIELD_ENUM,                                                                       \
		 offsetof(struct control, class),                                                  \
		 .help = "remediate, check or manual",                                             \
		 .parse = control_class_from_string,                                               \
		 .def = CLASS_REMEDIATE},                                                          \
		{"apply",                                                                          \
		 FIELD_ENUM,                                                                       \
		 offsetof(struct control, apply),                                                  \
		 .help = "auto or opt-in",                                                         \
		 .parse = control_apply_from_string,                                               \
		 .def = APPLY_AUTO},                                                               \
		{"per-minute", FIELD_ENUM, offsetof(struct control, per_minute),                   \
		 .help = "a number from 1 to 999999", .parse = rate_from_string},                  \
	{                                                                                          \
		"hold", FIELD_STRING, offsetof(struct control, hold)                               \
	}

#define SEVERITY_FIELD                                                                             \
	.key = "severity", .type = FIELD_ENUM, .offset = offsetof(struct control, severity),       \
	.help = "critical, high, medium or low", .parse = severity_from_string

static const struct field control_fields[] = {
	{"id", FIELD_STRING, offsetof(struct control, id), .required = true},
	{"title", FIELD_STRING, offsetof(struct control, title)},
	{SEVERITY_FIELD, .def = SEVERITY_COUNT},
	DECISION_FIELDS,
	{"aliases", FIELD_STRING_LIST, offsetof(struct control, aliases)},
	{"description", FIELD_STRING, offsetof(struct control, facets.description)},
	{"rationale", FIELD_STRING, offsetof(struct control, facets.rationale)},
	{"audit", FIELD_STRING, offsetof(struct control, facets.audit)},
	{"result", FIELD_STRING, offsetof(struct control, facets.result)},
	{"remediation", FIELD_STRING, offsetof(struct control, facets.remediation)},
	{"impact", FIELD_STRING, offsetof(struct control, facets.impact)},
	{"default", FIELD_STRING, offsetof(struct control, facets.default_value)},
	{"references", FIELD_STRING, offsetof(struct control, facets.references)},
	{"site", FIELD_STRING_LIST, offsetof(struct control, site)},
	{NULL},
};

const struct field control_site_fields[] = {
	{SEVERITY_FIELD},
	DECISION_FIELDS,
	{NULL},
};

/* What may come from a catalogue in place of the file: all but what decides. */
static void fill_texts(const struct texts *texts, struct control *c)
{
	for (const struct field *f = control_fields; f->key; f++) {
		char **to = (char **)((char *)c + f->offset);

		if (f->type == FIELD_STRING && f->offset != offsetof(struct control, id) && !*to)
			*to = xstrdup_null(texts_find(texts, c->id, f->key));
	}
}

static void resource_clear(struct resource *r)
{
	if (r->desired)
		module_free_desired(r->module, r->desired);
	free(r->address);
	*r = (struct resource){0};
}

static void facets_clear(struct facets *f)
{
	free(f->description);
	free(f->rationale);
	free(f->audit);
	free(f->result);
	free(f->remediation);
	free(f->impact);
	free(f->default_value);
	free(f->references);
}

void control_clear(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < control->nresources; i++)
		resource_clear(&control->resources[i]);
	free(control->resources);
	free(control->id);
	free(control->title);
	free(control->hold);
	strv_clear(&control->aliases);
	strv_clear(&control->site);
	strv_clear(&control->lacks);
	for (size_t i = 0; i < control->norigins; i++)
		free(control->origins[i].what);
	free(control->origins);
	facets_clear(&control->facets);
	*control = (struct control){0};
}

static struct position position_of(const struct control_source *source,
				   const struct tree_node *node)
{
	return (struct position){source->file, node->line, node->column};
}

/* The first field's value in words; NULL when it is not given. The caller frees it. */
static char *first_field(const struct module *module, const void *desired)
{
	const struct field *first = &module->fields[0];
	const void *at = (const char *)desired + first->offset;

	switch (first->key ? first->type : FIELD_BOOL) {
	case FIELD_STRING:
	case FIELD_JSON:
		return xstrdup_null(*(char *const *)at);
	case FIELD_STRING_LIST:
		return strv_join(at, ",");
	case FIELD_INT:
		return xasprintf("%ld", *(const long *)at);
	case FIELD_MODE:
		return xasprintf("%04lo", (unsigned long)*(const long *)at);
	default:
		return NULL;
	}
}

static char *resource_address(const struct module *module, const void *desired)
{
	CLEANUP(freep) char *first = first_field(module, desired);

	return first ? xconcat(module->name, "[", first, "]", NULL) : xstrdup(module->name);
}

static int unknown_kind(const struct control_source *source, const struct tree_node *kind,
			struct error *err)
{
	struct nearest nearest = {.given = kind->text};
	CLEANUP(freep) char *what = tree_describe(kind);
	CLEANUP(freep) char *hint = NULL;

	for (size_t i = 0; source->modules[i]; i++)
		nearest_offer(&nearest, source->modules[i]->name);
	hint = nearest_hint(&nearest, NULL);
	return tree_error(source->tree, kind, err, "unknown resource kind %s%s", what, hint);
}

/* Asks the module whether the fields fit together, and puts the place before its answer. */
static int check_resource(const struct resource *resource, const struct position *p,
			  struct error *err)
{
	CLEANUP(error_clear) struct error why = {0};
	int r = resource->module->check ? resource->module->check(resource->desired, &why) : 0;

	if (r >= 0)
		return 0;
	why.code = r;
	return error_set(err, r, "%s:%zu:%zu: %s: %s", p->file, p->line, p->column,
			 resource->address, error_text(&why));
}

int control_check_settings(struct control *c, const struct position *places, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && c->lacks.count == 0 && i < c->nresources; i++) {
		struct resource *resource = &c->resources[i];

		free(resource->address);
		resource->address = resource_address(resource->module, resource->desired);
		r = check_resource(resource, &places[i], err);
	}
	return r;
}

static int load_resource(const struct control_source *source, const struct tree_node *node,
			 const struct strv *later, struct resource *ret, struct error *err)
{
	const struct tree_node *kind = node->items;
	struct fields_job job = {.tree = source->tree};
	int r;

	if (node->kind != TREE_MAPPING || node->count != 2)
		return tree_error(source->tree, node, err,
				  "a resource must be one kind with its settings: 'file: {...}'");
	ret->module = module_find(source->modules, kind->text);
	if (!ret->module)
		return unknown_kind(source, kind, err);
	ret->position = position_of(source, kind);
	ret->desired = xcalloc(1, ret->module->desired_size);
	job.mapping = &node->items[1];
	job.fields = ret->module->fields;
	job.what = ret->module->name;
	job.later = later;
	job.into = ret->desired;
	r = fields_load(&job, err);
	if (r < 0)
		return r;
	ret->address = resource_address(ret->module, ret->desired);
	return later->count ? 0 : check_resource(ret, &ret->position, err);
}

bool setting_is(const char *setting, const struct resource *r, const char *key)
{
	const char *own = skip_key(setting, r->address, '.');

	return strcmp(setting, key) == 0 || (own && strcmp(own, key) == 0);
}

/* Each setting that the site shall give is one that a resource has. */
static int check_site(const struct control_source *source, struct control *c, struct error *err)
{
	for (size_t i = 0; i < c->site.count; i++) {
		bool found = false;

		for (size_t k = 0; k < c->nresources; k++)
			for (const struct field *f = c->resources[k].module->fields; f->key; f++)
				found |= setting_is(c->site.items[i], &c->resources[k], f->key);
		if (!found)
			return error_set(err, -EINVAL,
					 "%s:%zu:%zu: no resource of '%s' has '%.60s'",
					 source->file, c->position.line, c->position.column, c->id,
					 c->site.items[i]);
	}
	strv_copy(&c->lacks, &c->site);
	return 0;
}

static int load_resources(const struct control_source *source, const struct tree_node *list,
			  struct control *ret, struct error *err)
{
	size_t before = tree_collected();
	int r = 0;

	if (list->kind != TREE_LIST || list->count == 0)
		return tree_error(source->tree, list, err,
				  "'resources' must be a list of at least one resource");
	ret->resources = xcalloc(list->count, sizeof(*ret->resources));
	ret->nresources = list->count;
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = tree_note(
			load_resource(source, &list->items[i], &ret->site, &ret->resources[i], err),
			err);
	if (r == 0 && tree_collected() > before)
		return -EINVAL;
	return r == 0 ? check_site(source, ret, err) : r;
}

static int check_names(const struct control_source *source, const struct tree_node *node,
		       const struct control *c, struct error *err)
{
	const struct tree_node *aliases = tree_get(node, "aliases");

	if (!control_id_is_valid(c->id))
		return tree_error(
			source->tree, tree_get(node, "id"), err,
			"'%.60s' is not a control id (lower-case words with dots between, such "
			"as daemon.icc)",
			c->id);
	for (size_t i = 0; i < c->aliases.count; i++)
		if (!control_alias_is_valid(c->aliases.items[i]))
			return tree_error(source->tree,
					  aliases->kind == TREE_LIST ? &aliases->items[i] : aliases,
					  err,
					  "'%.60s' is not an alias (NUMBER@MAP, such as 2.1@dosec)",
					  c->aliases.items[i]);
	return 0;
}

int control_check_hold(const struct tree *tree, const struct tree_node *node,
		       const struct control *c, struct error *err)
{
	const struct tree_node *hold = tree_get(node, "hold");

	if (c->apply == APPLY_OPT_IN && is_blank(c->hold))
		return tree_error(tree, hold ? hold : node, err,
				  "'apply: opt-in' needs 'hold', which says what would break");
	if (c->apply != APPLY_OPT_IN && hold)
		return tree_error(tree, hold, err, "'hold' needs 'apply: opt-in'");
	return 0;
}

/* What a control's keys must be to each other. */
static int check_control(const struct control_source *source, const struct tree_node *node,
			 const struct control *c, struct error *err)
{
	int r;

	if (is_blank(c->title))
		return tree_error(source->tree, tree_get(node, "title"), err, "'title' is empty");
	r = control_check_hold(source->tree, node, c, err);
	if (r < 0)
		return r;
	if (c->class == CLASS_MANUAL && is_blank(c->facets.audit))
		return tree_error(source->tree, node, err,
				  "'class: manual' needs 'audit', which says what a person does");
	return 0;
}

/* All but its resources. What its keys must be to each other is told where each by itself is right. */
static int load_keys(const struct control_source *source, const struct fields_job *job,
		     struct control *ret, struct error *err)
{
	size_t before = tree_collected();
	int r = tree_note(fields_load(job, err), err);

	if (r == 0 && ret->id)
		r = tree_note(check_names(source, job->mapping, ret, err), err);
	/* whose texts are its own is not told what another control does */
	if (r == 0 && ret->id && !ret->title)
		fill_texts(source->texts, ret);
	if (r == 0 && !ret->title && !tree_get(job->mapping, "title"))
		r = tree_note(fields_missing(job, "title", err), err);
	if (r == 0 && ret->severity == SEVERITY_COUNT)
		ret->severity = SEVERITY_MEDIUM; /* a site's own control need not say */
	if (r == 0 && tree_collected() == before)
		r = check_control(source, job->mapping, ret, err);
	return r == 0 && tree_collected() > before ? -EINVAL : r;
}

int control_load(const struct control_source *source, const struct tree_node *node,
		 struct control *ret, struct error *err)
{
	const struct fields_job job = {
		.tree = source->tree,
		.mapping = node,
		.fields = control_fields,
		.what = "control",
		.also = "resources",
		.into = ret,
	};
	const struct tree_node *resources;
	size_t before = tree_collected();
	int r;

	ret->position = position_of(source, node);
	r = load_keys(source, &job, ret, err);
	/* where this control is no good, but all its mistakes are wanted, it goes on */
	if (r < 0 && tree_note(r, err) < 0)
		return r;
	resources = tree_get(node, "resources");
	if (resources)
		r = load_resources(source, resources, ret, err);
	else if (ret->class != CLASS_MANUAL)
		r = fields_missing(&job, "resources", err);
	else
		r = 0;
	r = tree_note(r, err);
	return r == 0 && tree_collected() > before ? -EINVAL : r;
}
