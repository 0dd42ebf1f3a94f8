#include "cli/report/text-control.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "engine/format/secret.h"

#define COLUMN_TEXT 2
#define COLUMN_FIELD 6
#define COLUMN_VALUE 24

/* The word for an enum's value: a field can only read words, and its help names them all. */
static char *enum_text(const struct field *f, int value)
{
	const char *letters = "abcdefghijklmnopqrstuvwxyz-_0123456789";

	for (const char *at = f->help; *at;) {
		size_t n = strspn(at, letters);
		CLEANUP(freep) char *word = xstrndup(at, n);

		if (n && f->parse(word) == value)
			return TAKE_PTR(word);
		at += n ? n : 1;
	}
	return xasprintf("%d", value);
}

/* All that the resource says of what its value belongs to: unit, section and key, say. */
static char *owner_of(const struct resource *r, const struct field *value)
{
	struct strv names = {0};
	char *all;

	for (const struct field *f = r->module->fields; f->key; f++) {
		const void *at = (const char *)r->desired + f->offset;
		const char *text = f->type == FIELD_STRING ? *(char *const *)at : NULL;

		if (f != value && text)
			strv_add(&names, text);
	}
	all = strv_join(&names, "/");
	strv_clear(&names);
	return all;
}

/* Items that have commas of their own are kept apart by something else. */
static char *list_text(const struct strv *list)
{
	const char *between = ", ";

	for (size_t i = 0; i < list->count; i++)
		if (strstr(list->items[i], ", "))
			between = "; ";
	return list->count ? strv_join(list, between) : NULL;
}

static char *plain_text(const struct field *f, const void *desired)
{
	const void *at = (const char *)desired + f->offset;

	switch (f->type) {
	case FIELD_STRING:
	case FIELD_JSON:
		return xstrdup_null(*(char *const *)at);
	case FIELD_STRING_LIST:
		return list_text(at);
	case FIELD_BOOL:
		return *(const bool *)at ? xstrdup("true") : NULL;
	case FIELD_INT:
		return *(const long *)at == f->def ? NULL : xasprintf("%ld", *(const long *)at);
	case FIELD_MODE:
		return *(const long *)at < 0 ? NULL : xasprintf("%04lo", *(const long *)at);
	case FIELD_ENUM:
		return *(const int *)at == f->def ? NULL : enum_text(f, *(const int *)at);
	}
	return NULL;
}

char *field_text(const struct field *f, const struct resource *r)
{
	CLEANUP(freep) char *plain = plain_text(f, r->desired);
	CLEANUP(freep) char *owner = strcmp(f->key, "value") == 0 ? owner_of(r, f) : NULL;

	return secret_show(owner, plain);
}

static void put_resource(struct buf *b, const struct style *s, const struct resource *r)
{
	buf_puts(b, "    ");
	ink_text(b, s, INK_HEAD, r->address);
	buf_puts(b, "   ");
	ink_text(b, s, INK_DIM, r->module->summary);
	buf_putc(b, '\n');
	for (const struct field *f = r->module->fields; f->key; f++) {
		CLEANUP(freep) char *value = field_text(f, r);

		if (!value)
			continue;
		pad_to(b, 0, COLUMN_FIELD, 0);
		ink_text(b, s, INK_PLAIN, f->key);
		pad_to(b, COLUMN_FIELD + text_width(f->key), COLUMN_VALUE, 1);
		wrap_text(b, s, COLUMN_VALUE, value);
	}
}

/* Paragraphs and lines of a facet stay as they are written; each is wrapped on its own. */
static void put_facet(struct buf *b, const struct style *s, const char *title, const char *text)
{
	if (!text || !*text)
		return;
	buf_putc(b, '\n');
	ink_text(b, s, INK_HEAD, style_word(s, "explain", title));
	buf_putc(b, '\n');
	while (*text) {
		size_t n = strcspn(text, "\n"), indent = strspn(text, " ");
		CLEANUP(freep) char *line = xstrndup(text, n);

		if (n > indent) {
			pad_to(b, 0, COLUMN_TEXT + indent, 0);
			wrap_text(b, s, COLUMN_TEXT + indent, line);
		} else if (text[n]) {
			buf_putc(b, '\n');
		}
		text += n + (text[n] == '\n');
	}
}

/* A word of the head, in the style's language. */
static void put_word(struct buf *b, const struct style *s, const char *word)
{
	ink_text(b, s, INK_PLAIN, style_word(s, "explain", word));
}

static void put_labelled(struct buf *b, const struct style *s, const char *label, const char *text)
{
	const char *word = style_word(s, "explain", label);

	ink_text(b, s, INK_PLAIN, word);
	buf_putc(b, ' ');
	wrap_text(b, s, text_width(word) + 1, text);
}

/* "too loud from: 20 events a minute, as --observe counts them" */
static void put_rate(struct buf *b, const struct style *s, const struct control *c)
{
	const char *unit = style_word(s, "explain", "events a minute, as --observe counts them");
	CLEANUP(freep) char *text = xasprintf("%d %s", c->per_minute, unit);

	put_labelled(b, s, "too loud from:", text);
}

static void put_facts(struct buf *b, const struct style *s, const struct control *c)
{
	CLEANUP(freep) char *aliases = strv_join(&c->aliases, ", ");

	ink_text(b, s, INK_HEAD, c->id);
	buf_puts(b, "   ");
	ink_text(b, s, INK_PLAIN, c->title);
	buf_putc(b, '\n');
	put_word(b, s, "level");
	buf_printf(b, " %d, ", c->level);
	put_word(b, s, severity_to_string(c->severity));
	buf_puts(b, ", ");
	put_word(b, s, control_class_to_string(c->class));
	buf_puts(b, ", ");
	put_word(b, s, control_apply_to_string(c->apply));
	buf_putc(b, '\n');
	if (c->aliases.count)
		put_labelled(b, s, "also", aliases);
	if (c->hold)
		put_labelled(b, s, "held back:", c->hold);
	if (c->per_minute > 0)
		put_rate(b, s, c);
}

void text_control(struct buf *b, const struct style *s, const struct control *c)
{
	put_facts(b, s, c);
	put_facet(b, s, "Description", c->facets.description);
	put_facet(b, s, "Rationale", c->facets.rationale);
	put_facet(b, s, "Audit", c->facets.audit);
	put_facet(b, s, "Result", c->facets.result);
	put_facet(b, s, "Remediation", c->facets.remediation);
	put_facet(b, s, "Impact", c->facets.impact);
	put_facet(b, s, "Default", c->facets.default_value);
	put_facet(b, s, "References", c->facets.references);
	if (c->nresources == 0)
		return;
	buf_putc(b, '\n');
	ink_text(b, s, INK_HEAD, style_word(s, "explain", "Resources"));
	buf_putc(b, '\n');
	for (size_t i = 0; i < c->nresources; i++)
		put_resource(b, s, &c->resources[i]);
}

json_t *json_resources(const struct control *control)
{
	json_t *all = json_array();

	for (size_t i = 0; i < control->nresources; i++) {
		const struct resource *r = &control->resources[i];
		json_t *j = json_object(), *fields = json_object();

		for (const struct field *f = r->module->fields; f->key; f++) {
			CLEANUP(freep) char *value = field_text(f, r);

			if (value)
				json_put(fields, f->key, json_text(value));
		}
		json_put(j, "address", json_text(r->address));
		json_put(j, "kind", json_text(r->module->name));
		json_put(j, "fields", fields);
		json_array_append_new(all, j);
	}
	return all;
}
