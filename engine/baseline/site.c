#include "engine/baseline/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/baseline/control-load.h"
#include "engine/baseline/fields.h"
#include "engine/baseline/nearest.h"
#include "engine/baseline/several.h"
#include "engine/baseline/yaml-parse.h"
#include "engine/baseline/yaml-tree.h"

/* One file on its way over the baselines. */
struct site {
	struct baseline *baselines;
	size_t count;
	const struct tree *tree;
};

static struct control *find_control(const struct site *s, const char *name,
				    struct baseline **ret_baseline)
{
	size_t i;
	const struct control *c = several_find(s->baselines, s->count, name, &i);

	if (!c)
		return NULL;
	*ret_baseline = &s->baselines[i];
	return &s->baselines[i].controls[c - s->baselines[i].controls];
}

/* Where a number is that of several, one of them was meant: a mistake whatever else may be unknown. */
static int check_number(const struct site *s, const struct tree_node *name, struct error *err)
{
	CLEANUP(strv_clear) struct strv owners = {0};
	CLEANUP(freep) char *all = NULL, *what = NULL;

	several_find_owners(s->baselines, s->count, name->text, &owners);
	if (owners.count == 0)
		return 0;
	all = strv_join(&owners, ", ");
	what = tree_describe(name);
	return tree_error(s->tree, name, err,
			  "%s is a number of several controls, give one of their names: %s", what,
			  all);
}

static int unknown_control(const struct site *s, const struct tree_node *name, struct error *err)
{
	struct nearest nearest = {.given = name->text};
	CLEANUP(freep) char *what = tree_describe(name);
	CLEANUP(freep) char *hint = NULL;

	several_offer(s->baselines, s->count, &nearest);
	hint = nearest_hint(&nearest, NULL);
	return tree_error(s->tree, name, err, "no control %s%s", what, hint);
}

/* The file's name as the baseline keeps it, for positions that outlive the tree. */
static const char *keep_file(struct baseline *b, const char *file)
{
	for (size_t i = 0; i < b->site_files.count; i++)
		if (strcmp(b->site_files.items[i], file) == 0)
			return b->site_files.items[i];
	strv_add(&b->site_files, file);
	return b->site_files.items[b->site_files.count - 1];
}

/* One control and the mapping that is laid over it. */
struct over {
	const struct site *site;
	struct baseline *baseline;
	struct control *control;
	const struct tree_node *name;
	struct position *places; /* of each resource: where this file sets it */
};

static struct position place_of(const struct over *o, const struct tree_node *node)
{
	return (struct position){o->site->tree->file, node->line, node->column};
}

static void note_origin(const struct over *o, const struct resource *r, const struct tree_node *key)
{
	struct control *c = o->control;
	CLEANUP(freep)
	char *what = r ? xasprintf("%s.%s", r->address, key->text) : xstrdup(key->text);
	struct origin *origin = NULL;

	for (size_t i = 0; i < c->norigins; i++)
		if (strcmp(c->origins[i].what, what) == 0)
			origin = &c->origins[i];
	if (!origin) {
		origin = array_append(&c->origins, &c->norigins, sizeof(*origin));
		origin->what = TAKE_PTR(what);
	}
	origin->position = (struct position){keep_file(o->baseline, o->site->tree->file), key->line,
					     key->column};
}

static bool has_field(const struct resource *r, const char *key)
{
	for (const struct field *f = r->module->fields; f->key; f++)
		if (strcmp(f->key, key) == 0)
			return true;
	return false;
}

static void no_longer_lacking(struct control *c, const struct resource *r, const char *key)
{
	for (size_t i = 0; i < c->lacks.count; i++)
		if (setting_is(c->lacks.items[i], r, key))
			strv_remove(&c->lacks, i--);
}

static bool has_origin(const struct control *c, const struct resource *r, const char *key)
{
	CLEANUP(freep) char *what = xasprintf("%s.%s", r->address, key);

	for (size_t i = 0; i < c->norigins; i++)
		if (strcmp(c->origins[i].what, what) == 0)
			return true;
	return false;
}

/* Whether the baseline leaves the value to the site: then its lists are about any such value. */
static bool left_to_site(const struct control *c, const struct resource *r)
{
	for (size_t i = 0; i < c->site.count; i++)
		if (setting_is(c->site.items[i], r, "value"))
			return true;
	return false;
}

/*
 * What the baseline takes for as good as its own value is not so of the one that a site gives in
 * its place, unless that says so itself: else the site's value might never be brought about.
 */
static void narrow(const struct over *o, struct resource *r)
{
	if (left_to_site(o->control, r))
		return;
	for (const struct field *f = r->module->fields; f->key; f++) {
		if (!f->widens || has_origin(o->control, r, f->key))
			continue;
		field_clear(f, r->desired);
		if (f->type == FIELD_JSON)
			*(char **)((char *)r->desired + f->offset) = NULL;
		else if (f->type == FIELD_BOOL)
			*(bool *)((char *)r->desired + f->offset) = false;
	}
}

/* Lays a mapping of fields over one resource. */
static int set_fields(const struct over *o, struct resource *r, const struct tree_node *fields,
		      struct error *err)
{
	const struct fields_job job = {
		.tree = o->site->tree,
		.mapping = fields,
		.fields = r->module->fields,
		.what = r->module->name,
		.into = r->desired,
	};
	int code = fields_override(&job, err);

	bool value = false;

	if (fields->kind == TREE_MAPPING && fields->count)
		o->places[r - o->control->resources] = place_of(o, &fields->items[0]);
	for (size_t i = 0; code == 0 && i < fields->count; i += 2) {
		note_origin(o, r, &fields->items[i]);
		no_longer_lacking(o->control, r, fields->items[i].text);
		value |= strcmp(fields->items[i].text, "value") == 0;
	}
	if (value)
		narrow(o, r);
	return code;
}

/* "KIND[NAME]": that resource alone. */
static int set_addressed(const struct over *o, const struct tree_node *address,
			 const struct tree_node *fields, struct error *err)
{
	struct control *c = o->control;

	for (size_t i = 0; i < c->nresources; i++)
		if (strcmp(c->resources[i].address, address->text) == 0)
			return set_fields(o, &c->resources[i], fields, err);
	return tree_error(o->site->tree, address, err, "'%s' has no resource '%.80s'", c->id,
			  address->text);
}

/* A field by its name alone: the one resource that has it. */
static int set_named(const struct over *o, const struct tree_node *key, struct error *err)
{
	const struct tree_node one = {.kind = TREE_MAPPING,
				      .line = key->line,
				      .column = key->column,
				      .count = 2,
				      .items = key};
	struct resource *found = NULL;

	for (size_t i = 0; i < o->control->nresources; i++) {
		struct resource *r = &o->control->resources[i];

		if (!has_field(r, key->text))
			continue;
		if (found)
			return tree_error(o->site->tree, key, err,
					  "several resources of '%s' have '%s': name one, such as "
					  "\"%s\": {%s: ...}",
					  o->control->id, key->text, r->address, key->text);
		found = r;
	}
	if (!found)
		return tree_error(o->site->tree, key, err, "no resource of '%s' has '%.60s'",
				  o->control->id, key->text);
	return set_fields(o, found, &one, err);
}

static int set_settings(const struct over *o, const struct tree_node *settings, struct error *err)
{
	size_t before = tree_collected();
	int r = 0;

	for (size_t i = 0; i < o->control->nresources; i++)
		o->places[i] = place_of(o, settings);
	for (size_t i = 0; r == 0 && i < settings->count; i += 2) {
		const struct tree_node *key = &settings->items[i];

		r = strchr(key->text, '[') ? set_addressed(o, key, key + 1, err)
					   : set_named(o, key, err);
		r = tree_note(r, err);
	}
	if (r == 0 && tree_collected() > before)
		return -EINVAL;
	return r == 0 ? control_check_settings(o->control, o->places, err) : r;
}

static int lay_settings(struct over *o, const struct tree_node *settings, struct error *err)
{
	int r;

	if (settings->kind != TREE_MAPPING)
		return tree_error(o->site->tree, settings, err,
				  "'settings' must be a mapping of fields and values");
	o->places = xcalloc(o->control->nresources + 1, sizeof(*o->places));
	r = set_settings(o, settings, err);
	free(o->places);
	o->places = NULL;
	return r;
}

static int set_control(struct over *o, const struct tree_node *value, struct error *err)
{
	const struct fields_job job = {
		.tree = o->site->tree,
		.mapping = value,
		.fields = control_site_fields,
		.what = "what a site may say of a control",
		.also = "settings",
		.into = o->control,
	};
	const struct tree_node *settings;
	size_t before = tree_collected();
	int r = fields_override(&job, err);

	if (r < 0 && (value->kind != TREE_MAPPING || tree_note(r, err) < 0))
		return r;
	for (size_t i = 0; i < value->count; i += 2)
		if (strcmp(value->items[i].text, "settings") != 0)
			note_origin(o, NULL, &value->items[i]);
	r = control_check_hold(o->site->tree, value, o->control, err);
	if (tree_note(r, err) < 0)
		return r;
	settings = tree_get(value, "settings");
	r = settings ? lay_settings(o, settings, err) : 0;
	return r == 0 && tree_collected() > before ? -EINVAL : r;
}

static void note_unknown(const struct site *s, const struct tree_node *name, struct strv *ret)
{
	CLEANUP(error_clear) struct error why = {0};

	unknown_control(s, name, &why);
	strv_add(ret, error_text(&why));
}

static int set_controls(const struct site *s, const struct tree_node *controls,
			struct strv *ret_unknown, struct error *err)
{
	int r = 0;

	if (controls->kind != TREE_MAPPING)
		return tree_error(s->tree, controls, err,
				  "'controls' must be a mapping of ids and what is said of them");
	for (size_t i = 0; r == 0 && i < controls->count; i += 2) {
		struct over o = {.site = s, .name = &controls->items[i]};

		o.control = find_control(s, o.name->text, &o.baseline);
		r = o.control ? set_control(&o, o.name + 1, err) : check_number(s, o.name, err);
		if (r == 0 && !o.control && ret_unknown)
			note_unknown(s, o.name, ret_unknown);
		else if (r == 0 && !o.control)
			r = unknown_control(s, o.name, err);
		r = tree_note(r, err);
	}
	return r;
}

int site_apply(struct baseline *baselines, size_t count, struct strv *ret_unknown, const char *file,
	       const void *bytes, size_t n, struct error *err)
{
	struct head {
		char *title;
	} head = {0};
	static const struct field fields[] = {
		{"site", FIELD_STRING, offsetof(struct head, title), .required = true},
		{NULL},
	};
	CLEANUP(tree_clear) struct tree tree = {0};
	const struct site site = {baselines, count, &tree};
	const struct fields_job job = {.tree = &tree,
				       .mapping = &tree.root,
				       .fields = fields,
				       .what = "site file",
				       .also = "controls",
				       .into = &head};
	const struct tree_node *controls;
	size_t before = tree_collected();
	int r = tree_is_comment(bytes, n) ? 1 : tree_parse(&tree, file, bytes, n, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = fields_load(&job, err);
	free(head.title);
	if (r < 0 && tree_note(r, err) < 0)
		return r;
	controls = tree_get(&tree.root, "controls");
	r = controls ? set_controls(&site, controls, ret_unknown, err)
		     : fields_missing(&job, "controls", err);
	return r == 0 && tree_collected() > before ? -EINVAL : r;
}
