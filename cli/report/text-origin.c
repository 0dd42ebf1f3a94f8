#include "cli/report/text-origin.h"

#include <string.h>

#include "cli/report/text-control.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"

#define COLUMN_VALUE 40
#define COLUMN_ORIGIN 66

/* What is done with each setting: it is written as text, or added to a list. */
struct origin_sink {
	void (*put)(struct origin_sink *sink, const struct control *c, const char *what,
		    const char *value, const struct position *p);
	struct buf *b;
	const struct style *s;
	json_t *list;
	const struct control *last;
};

/* The site's file where it set the value, else the place of the baseline's own. */
static const struct position *origin_of(const struct control *c, const char *what,
					const struct position *own)
{
	for (size_t i = 0; i < c->norigins; i++)
		if (strcmp(c->origins[i].what, what) == 0)
			return &c->origins[i].position;
	return own;
}

static void each_resource(struct origin_sink *sink, const struct control *c,
			  const struct resource *r)
{
	for (const struct field *f = r->module->fields; f->key; f++) {
		CLEANUP(freep) char *value = field_text(f, r);
		CLEANUP(freep) char *what = xasprintf("%s.%s", r->address, f->key);

		if (value)
			sink->put(sink, c, what, value, origin_of(c, what, &r->position));
	}
}

static void each_setting(struct origin_sink *sink, const struct baseline *b)
{
	for (size_t i = 0; i < b->ncontrols; i++) {
		const struct control *c = &b->controls[i];
		const char level[] = {(char)('0' + c->level), '\0'};

		sink->put(sink, c, "level", level, origin_of(c, "level", &c->position));
		sink->put(sink, c, "class", control_class_to_string(c->class),
			  origin_of(c, "class", &c->position));
		sink->put(sink, c, "apply", control_apply_to_string(c->apply),
			  origin_of(c, "apply", &c->position));
		for (size_t k = 0; k < c->nresources; k++)
			each_resource(sink, c, &c->resources[k]);
		for (size_t k = 0; k < c->lacks.count; k++)
			sink->put(sink, c, c->lacks.items[k], "(to be given by the site)",
				  &c->position);
	}
}

static void put_text(struct origin_sink *sink, const struct control *c, const char *what,
		     const char *value, const struct position *p)
{
	struct buf *b = sink->b;
	size_t at = 2 + text_width(what);
	CLEANUP(freep) char *where = xasprintf("%s:%zu", p->file, p->line);

	if (sink->last != c) {
		buf_puts(b, sink->last ? "\n" : "");
		ink_text(b, sink->s, INK_HEAD, c->id);
		buf_putc(b, '\n');
	}
	sink->last = c;
	buf_puts(b, "  ");
	ink_text(b, sink->s, INK_PLAIN, what);
	pad_to(b, at, COLUMN_VALUE, 2);
	at = (at + 2 > COLUMN_VALUE ? at + 2 : COLUMN_VALUE) + text_width(value);
	ink_text(b, sink->s, INK_PLAIN, value);
	pad_to(b, at, COLUMN_ORIGIN, 2);
	ink_text(b, sink->s, INK_DIM, where);
	buf_putc(b, '\n');
}

void text_origins(struct buf *b, const struct style *s, const struct baseline *baseline)
{
	struct origin_sink sink = {.put = put_text, .b = b, .s = s};

	each_setting(&sink, baseline);
}

static void put_json(struct origin_sink *sink, const struct control *c, const char *what,
		     const char *value, const struct position *p)
{
	json_t *j = json_object();

	json_put(j, "control", json_text(c->id));
	json_put(j, "setting", json_text(what));
	json_put(j, "value", json_text(value));
	json_put(j, "file", json_text(p->file));
	json_put(j, "line", json_integer((json_int_t)p->line));
	json_array_append_new(sink->list, j);
}

json_t *json_origins(const struct baseline *baseline)
{
	struct origin_sink sink = {.put = put_json, .list = json_array()};

	each_setting(&sink, baseline);
	return sink.list;
}
