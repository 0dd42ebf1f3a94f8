#include "cli/report/text-lines.h"

#include <string.h>

#include "cli/report/escape.h"
#include "cli/report/summary.h"
#include "engine/base/alloc.h"
#include "engine/format/secret.h"

/* Columns of a line, as the command line's contract draws them. */
#define COLUMN_SIGN 4
#define COLUMN_MARK 54
#define COLUMN_CONTROL 60
#define COLUMN_BELOW 8 /* of a control's id that has no room in its line */
#define ONE_LINE 60 /* longer changes show before and after on lines of their own */

void text_value(struct buf *b, const struct style *s, const char *value, bool sensitive)
{
	CLEANUP(freep) char *mark = sensitive ? secret_mark(value, s->utf8) : NULL;

	if (mark)
		buf_puts(b, mark);
	else
		escape_text(b, value, s->utf8);
}

void mark_of(const struct report *r, enum handler handler, const char *control, struct buf *ret)
{
	const struct finding *f = control ? plan_find_finding(r->plan, control) : NULL;

	if (handler == HANDLER_DOCKER_RELOAD)
		buf_puts(ret, "[L]");
	else if (HANDLER_BIT(handler) & HANDLERS_RESTART)
		buf_puts(ret, "[R]");
	if (f && f->holds.count > 0)
		buf_puts(ret, "[!]");
}

static size_t control_column(size_t at)
{
	return at + 2 > COLUMN_CONTROL ? at + 2 : COLUMN_CONTROL;
}

/* Each where its column is, or two spaces behind a longer text; an id is never broken. */
void put_line(const struct report *r, char sign, size_t column, const char *text, const char *mark,
	      const char *control)
{
	size_t at = column + text_width(text);
	const char signs[2] = {sign, '\0'};

	pad_to(r->b, 0, COLUMN_SIGN, 0);
	ink_text(r->b, r->s, ink_of_sign(sign), signs);
	pad_to(r->b, COLUMN_SIGN + 1, column, 0);
	buf_puts(r->b, text);
	if (*mark) {
		pad_to(r->b, at, COLUMN_MARK, 2);
		at = (at + 2 > COLUMN_MARK ? at + 2 : COLUMN_MARK) + text_width(mark);
		ink_text(r->b, r->s, INK_WARN, mark);
	}
	if (control && control_column(at) + text_width(control) > style_width(r->s)) {
		buf_putc(r->b, '\n');
		pad_to(r->b, 0, COLUMN_BELOW, 0);
		ink_text(r->b, r->s, INK_DIM, control);
	} else if (control) {
		pad_to(r->b, at, COLUMN_CONTROL, 2);
		ink_text(r->b, r->s, INK_DIM, control);
	}
	buf_putc(r->b, '\n');
}

static void put_half(const struct report *r, char sign, const struct shown *v, const char *value,
		     bool last)
{
	CLEANUP(freep) char *text = xasprintf("%s%s%s", v->prefix, value, v->suffix);

	put_line(r, sign, v->column, text, last ? v->mark : "", last ? v->control : NULL);
}

void put_shown(const struct report *r, const struct shown *v)
{
	CLEANUP(freep) char *both = NULL;

	if (!v->before && !v->after)
		return;
	if (!v->before || !v->after) {
		put_half(r, v->before ? '-' : '+', v, v->before ? v->before : v->after, true);
		return;
	}
	if (strlen(v->before) + strlen(v->after) <= ONE_LINE) {
		both = xasprintf("%s -> %s", v->before, v->after);
		put_half(r, '~', v, both, true);
		return;
	}
	put_half(r, '-', v, v->before, false);
	put_half(r, '+', v, v->after, true);
}

char *value_text(const struct report *r, const char *value, bool sensitive)
{
	struct buf b = {0};

	if (!value)
		return NULL;
	text_value(&b, r->s, value, sensitive);
	return buf_take(&b);
}

void put_heading(const struct report *r, char sign, const char *text)
{
	const char signs[2] = {sign, '\0'};

	ink_text(r->b, r->s, ink_of_sign(sign), signs);
	buf_putc(r->b, ' ');
	ink_text(r->b, r->s, INK_HEAD, text);
	buf_putc(r->b, '\n');
}
