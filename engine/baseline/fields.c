#include "engine/baseline/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"
#include "engine/baseline/nearest.h"
#include "engine/baseline/scalar-type.h"
#include "engine/baseline/yaml-json.h"
#include "engine/baseline/yaml-tree.h"

/* One value on its way into one field. */
struct slot {
	const struct tree *tree;
	const struct tree_node *value;
	const char *key;
	const struct field *field;
	void *to;
};

static int wrong_type(const struct slot *s, const char *wanted, struct error *err)
{
	CLEANUP(freep) char *found = tree_describe(s->value);

	if (s->value->kind == TREE_SCALAR && scalar_type(s->value) == SCALAR_NULL)
		return tree_error(s->tree, s->value, err, "'%s' has no value", s->key);
	return tree_error(s->tree, s->value, err, "'%s' must be %s, not %s", s->key, wanted, found);
}

/* Text, or -EINVAL; a plain true or null is not a text. Numbers are: "version: 1.0". */
static int check_text(const struct slot *s, const char *wanted, struct error *err)
{
	if (s->value->kind != TREE_SCALAR || scalar_type(s->value) == SCALAR_NULL)
		return wrong_type(s, wanted, err);
	if (scalar_type(s->value) == SCALAR_BOOL)
		return tree_error(s->tree, s->value, err,
				  "'%s' must be %s; put '%s' in quotes if it is text", s->key,
				  wanted, s->value->text);
	return 0;
}

static int load_string(const struct slot *s, struct error *err)
{
	char **to = s->to;
	int r = check_text(s, "text", err);

	if (r == 0)
		*to = xmemdup(s->value->text, s->value->count);
	return r;
}

static int load_string_list(const struct slot *s, struct error *err)
{
	const struct tree_node *list = s->value;
	bool single = list->kind != TREE_LIST;
	struct strv *to = s->to;

	if (!single && list->count == 0 && s->field->required)
		return tree_error(s->tree, list, err, "'%s' is an empty list", s->key);
	for (size_t i = 0; i < (single ? 1 : list->count); i++) {
		struct slot item = *s;
		int r;

		item.value = single ? list : &list->items[i];
		r = check_text(&item, single ? "text or a list of texts" : "a list of texts", err);
		if (r < 0)
			return r;
		strv_add(to, item.value->text);
	}
	return 0;
}

static int load_bool(const struct slot *s, struct error *err)
{
	const struct tree_node *v = s->value;
	bool *to = s->to, meant;

	if (scalar_is_old_bool(v, &meant))
		return tree_error(s->tree, v, err,
				  "'%s' must be true or false; write %s in place of '%s'", s->key,
				  meant ? "true" : "false", v->text);
	if (v->kind != TREE_SCALAR || (strcmp(v->text, "true") && strcmp(v->text, "false")))
		return wrong_type(s, "true or false", err);
	if (!v->plain)
		return tree_error(s->tree, v, err, "'%s' must be %s without quotes", s->key,
				  v->text);
	*to = v->text[0] == 't';
	return 0;
}

static int load_int(const struct slot *s, struct error *err)
{
	const struct tree_node *v = s->value;
	const char *digits;
	long *to = s->to, value;

	if (v->kind != TREE_SCALAR)
		return wrong_type(s, "a whole number", err);
	digits = v->text + (v->text[0] == '-');
	if (!*digits || digits[strspn(digits, "0123456789")])
		return wrong_type(s, "a whole number", err);
	if (!v->plain)
		return tree_error(s->tree, v, err, "'%s' must be a number without quotes", s->key);
	if (digits[0] == '0' && digits[1])
		return wrong_type(s, "a whole number without leading zeros", err);
	errno = 0;
	value = strtol(v->text, NULL, 10);
	if (errno)
		return wrong_type(s, "a smaller number", err);
	*to = value;
	return 0;
}

static int load_mode(const struct slot *s, struct error *err)
{
	const struct tree_node *v = s->value;
	long *to = s->to;

	if (v->kind != TREE_SCALAR || v->count != 4 || strspn(v->text, "01234567") != 4)
		return wrong_type(s, "four octal digits such as \"0644\"", err);
	*to = strtol(v->text, NULL, 8);
	return 0;
}

static int load_json(const struct slot *s, struct error *err)
{
	return tree_to_json(s->tree, s->value, s->to, err);
}

static int load_enum(const struct slot *s, struct error *err)
{
	const char *help = s->field->help;
	CLEANUP(freep) char *found = NULL;
	int *to = s->to, value = -EINVAL;

	if (s->value->kind != TREE_SCALAR || scalar_type(s->value) == SCALAR_NULL)
		return wrong_type(s, "one word", err);
	value = s->field->parse(s->value->text);
	if (value >= 0) {
		*to = value;
		return 0;
	}
	found = tree_describe(s->value);
	if (!help)
		return tree_error(s->tree, s->value, err, "'%s' cannot be %s", s->key, found);
	return tree_error(s->tree, s->value, err, "'%s' cannot be %s (%s)", s->key, found, help);
}

static int (*const loaders[])(const struct slot *, struct error *) = {
	[FIELD_STRING] = load_string, [FIELD_STRING_LIST] = load_string_list,
	[FIELD_BOOL] = load_bool,     [FIELD_INT] = load_int,
	[FIELD_MODE] = load_mode,     [FIELD_JSON] = load_json,
	[FIELD_ENUM] = load_enum,
};

static void set_default(const struct field *f, void *to)
{
	switch (f->type) {
	case FIELD_INT:
		*(long *)to = f->def;
		break;
	case FIELD_MODE:
		*(long *)to = -1;
		break;
	case FIELD_ENUM:
		*(int *)to = (int)f->def;
		break;
	default:
		break;
	}
}

static int unknown_key(const struct fields_job *job, const struct tree_node *key, struct error *err)
{
	struct nearest nearest = {.given = key->text};
	CLEANUP(freep) char *what = tree_describe(key);
	CLEANUP(freep) char *hint = NULL;

	for (const struct field *f = job->fields; f->key; f++)
		nearest_offer(&nearest, f->key);
	if (job->also)
		nearest_offer(&nearest, job->also);
	hint = nearest_hint(&nearest, NULL);
	return tree_error(job->tree, key, err, "unknown key %s in %s%s", what, job->what, hint);
}

static int load_key(const struct fields_job *job, const struct tree_node *key,
		    const struct tree_node *value, struct error *err)
{
	const struct field *f = job->fields;
	struct slot slot;

	if (job->also && str_equal(key->text, job->also))
		return 0;
	while (f->key && !str_equal(f->key, key->text))
		f++;
	if (!f->key)
		return unknown_key(job, key, err);
	slot = (struct slot){
		.tree = job->tree,
		.value = value,
		.key = f->key,
		.field = f,
		.to = (char *)job->into + f->offset,
	};
	return loaders[f->type](&slot, err);
}

int fields_missing(const struct fields_job *job, const char *key, struct error *err)
{
	return tree_error(job->tree, job->mapping, err, "missing key '%s' in %s", key, job->what);
}

static int check_required(const struct fields_job *job, struct error *err)
{
	for (const struct field *f = job->fields; f->key; f++)
		if (f->required && !tree_get(job->mapping, f->key) &&
		    !(job->later && strv_contains(job->later, f->key)) &&
		    tree_note(fields_missing(job, f->key, err), err) < 0)
			return -EINVAL;
	return 0;
}

static int check_mapping(const struct fields_job *job, struct error *err)
{
	CLEANUP(freep) char *found = NULL;

	if (job->mapping->kind == TREE_MAPPING)
		return 0;
	found = tree_describe(job->mapping);
	return tree_error(job->tree, job->mapping, err, "%s must be a mapping of keys, not %s",
			  job->what, found);
}

static int load_keys(const struct fields_job *job, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < job->mapping->count; i += 2)
		r = tree_note(
			load_key(job, &job->mapping->items[i], &job->mapping->items[i + 1], err),
			err);
	return r;
}

/* What has a noted mistake is no good either; err is empty then. */
static int with_noted(int r, size_t before)
{
	return r == 0 && tree_collected() > before ? -EINVAL : r;
}

int fields_load(const struct fields_job *job, struct error *err)
{
	size_t before = tree_collected();
	int r = check_mapping(job, err);

	for (const struct field *f = job->fields; f->key; f++)
		set_default(f, (char *)job->into + f->offset);
	if (r == 0)
		r = load_keys(job, err);
	if (r == 0)
		r = check_required(job, err);
	return with_noted(r, before);
}

int fields_override(const struct fields_job *job, struct error *err)
{
	size_t before = tree_collected();
	int r = check_mapping(job, err);

	for (const struct field *f = job->fields; r == 0 && f->key; f++) {
		if (!tree_get(job->mapping, f->key))
			continue;
		field_clear(f, job->into);
		set_default(f, (char *)job->into + f->offset);
	}
	if (r == 0)
		r = load_keys(job, err);
	return with_noted(r, before);
}
