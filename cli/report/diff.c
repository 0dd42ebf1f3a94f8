#include "cli/report/diff.h"

#include <stdlib.h>
#include <string.h>

#include "cli/ledger.h"
#include "cli/report/escape.h"
#include "cli/report/json.h"
#include "cli/report/text-lines.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/format/json-util.h"
#include "engine/format/secret.h"

struct diff_counts diff_count(const struct diff *d)
{
	struct diff_counts n = {0};

	for (size_t i = 0; i < d->values.count; i++)
		for (size_t k = 0; k < d->values.items[i].count; k++) {
			const struct compared_value *v = &d->values.items[i].items[k];

			n.same += v->state == COMPARED_SAME;
			n.before += v->state == COMPARED_BEFORE;
			n.different += v->state == COMPARED_DIFFERENT;
			n.unknown += v->state == COMPARED_UNKNOWN;
			n.differs += compared_differs(&d->values, v);
		}
	return n;
}

static char *shown(const struct style *s, const struct compared_value *v, size_t place)
{
	if (!v->known[place])
		return xstrdup("(not known)");
	if (!v->values[place])
		return xstrdup("(not there)");
	return v->secret ? secret_mark(v->values[place], s->utf8) : xstrdup(v->values[place]);
}

static char sign_of_value(const struct diff *d, const struct compared_value *v)
{
	if (v->state == COMPARED_UNKNOWN)
		return '?';
	return compared_differs(&d->values, v) ? '~' : '.';
}

/* "true -> false, as applied"; what nobody's control is about has only one value to be held against. */
static char *words_of_three(const struct style *s, const struct compared_value *v)
{
	CLEANUP(freep) char *before = shown(s, v, 0), *applied = shown(s, v, 1);
	CLEANUP(freep) char *now = shown(s, v, 2);
	CLEANUP(freep)
	char *was = strcmp(before, applied) == 0 ? xstrdup(applied)
						 : xasprintf("%s -> %s", before, applied);

	switch (v->state) {
	case COMPARED_SAME:
		return xasprintf("%s, as applied", was);
	case COMPARED_BEFORE:
		return xasprintf("%s, now as before", was);
	case COMPARED_UNKNOWN:
		return xasprintf("%s, now %s: %s", was, now, v->why);
	case COMPARED_DIFFERENT:
	case COMPARED_STATE_COUNT:
		break;
	}
	return xasprintf("%s, now %s", was, now);
}

static char *words_of_two(const struct style *s, const struct compared_value *v)
{
	CLEANUP(freep) char *first = shown(s, v, 0), *second = shown(s, v, 1);

	if (v->state == COMPARED_SAME)
		return xstrdup(first);
	if (v->state == COMPARED_UNKNOWN)
		return xasprintf("%s -> %s: %s", first, second, v->why);
	return xasprintf("%s -> %s", first, second);
}

/* On one line where there is room for it, the control behind; else the words below their subject. */
static void put_value(const struct report *r, const struct diff *d, const struct compared_value *v)
{
	CLEANUP(freep)
	char *words = d->values.places == 2 ? words_of_two(r->s, v) : words_of_three(r->s, v);
	CLEANUP(freep) char *hidden = secret_hide(words);
	CLEANUP(buf_clear) struct buf subject = {0}, line = {0};
	char sign = sign_of_value(d, v);

	escape_text(&subject, v->subject, r->s->utf8);
	buf_printf(&line, "%s: ", buf_str(&subject));
	escape_text(&line, hidden, r->s->utf8);
	if (COLUMN_TEXT + text_width(buf_str(&line)) <= style_width(r->s)) {
		put_line(r, sign, COLUMN_TEXT, buf_str(&line), "", v->control);
		return;
	}
	put_line(r, sign, COLUMN_TEXT, buf_str(&subject), "", v->control);
	pad_to(r->b, 0, COLUMN_JSON, 0);
	wrap_text(r->b, r->s, COLUMN_JSON, words);
}

static bool is_listed(const struct report *r, const struct diff *d, const struct compared_value *v)
{
	return d->values.places > 2 || r->s->verbose || v->state != COMPARED_SAME;
}

static bool put_path(const struct report *r, const struct diff *d, const struct compared_path *p)
{
	bool listed = false;
	char sign = '.';

	for (size_t i = 0; i < p->count; i++) {
		char of = sign_of_value(d, &p->items[i]);

		listed |= is_listed(r, d, &p->items[i]);
		if (sign == '.' || of == '~')
			sign = of == '.' ? sign : of;
	}
	if (!listed)
		return false;
	put_heading(r, sign, p->path);
	for (size_t i = 0; i < p->count; i++)
		if (is_listed(r, d, &p->items[i]))
			put_value(r, d, &p->items[i]);
	return true;
}

/* What no value differs in is not listed of two; the sum tells it. */
static void put_paths(const struct report *r, const struct diff *d)
{
	bool any = false;

	for (size_t i = 0; i < d->values.count; i++)
		any |= put_path(r, d, &d->values.items[i]);
	if (any)
		buf_putc(r->b, '\n');
}

static void put_effects(struct buf *b, const struct style *s, const struct diff *d)
{
	CLEANUP(freep) char *all = NULL, *line = NULL;

	if (d->effects.count == 0)
		return;
	all = strv_join(&d->effects, ", ");
	line = xasprintf("%s; 'harden check' says what is in force", all);
	ink_text(b, s, INK_HEAD, "Not compared, since no file shows it: ");
	wrap_text(b, s, 4, line);
}

static void put_sum(struct buf *b, const struct style *s, const struct diff *d)
{
	struct diff_counts n = diff_count(d);
	CLEANUP(freep) char *text = NULL;

	if (d->second)
		text = xasprintf("%zu the same, %zu different, %zu not known.", n.same, n.different,
				 n.unknown);
	else
		text = xasprintf("%zu as applied, %zu as before, %zu otherwise, %zu not known.",
				 n.same, n.before, n.different, n.unknown);
	sum_text(b, s, "Diff: ", text);
}

int diff_print_text(const struct diff *d)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(d->o);
	struct report r = {.b = &b, .s = &s};

	if (!s.quiet) {
		ledger_line(&b, &s, d->first);
		if (d->second)
			ledger_line(&b, &s, d->second);
		buf_putc(&b, '\n');
		put_paths(&r, d);
		put_effects(&b, &s, d);
	}
	put_sum(&b, &s, d);
	return terminal_write(&b);
}

static json_t *value_to_json(const struct diff *d, const struct compared_value *v)
{
	static const char *const three[] = {"before", "applied", "now"}, *const two[] = {"first",
											 "second"};
	static const char *const states[COMPARED_STATE_COUNT] = {
		[COMPARED_SAME] = "as_applied",
		[COMPARED_BEFORE] = "as_before",
		[COMPARED_DIFFERENT] = "different",
		[COMPARED_UNKNOWN] = "not_known",
	};
	bool same = d->second && v->state == COMPARED_SAME;
	json_t *j = json_object();

	json_put(j, "control", json_text(v->control));
	json_put(j, "subject", json_text(v->subject));
	for (size_t i = 0; i < d->values.places; i++) {
		CLEANUP(freep)
		char *value =
			v->secret ? secret_mark(v->values[i], true) : xstrdup_null(v->values[i]);

		json_put(j, d->second ? two[i] : three[i], json_text(value));
	}
	json_put(j, "state", json_string(same ? "same" : states[v->state]));
	json_put(j, "differs", json_boolean(compared_differs(&d->values, v)));
	json_put(j, "why", json_text(v->why));
	return j;
}

static json_t *paths_to_json(const struct diff *d)
{
	json_t *all = json_array();

	for (size_t i = 0; i < d->values.count; i++) {
		const struct compared_path *p = &d->values.items[i];
		json_t *one = json_object(), *values = json_array();

		for (size_t k = 0; k < p->count; k++)
			json_array_append_new(values, value_to_json(d, &p->items[k]));
		json_put(one, "path", json_text(p->path));
		json_put(one, "values", values);
		json_array_append_new(all, one);
	}
	return all;
}

int diff_print_json(const struct diff *d, int code)
{
	struct diff_counts n = diff_count(d);
	json_t *answer = json_answer("diff"), *sum = json_object();

	json_put(answer, "first", json_transaction(d->first, false));
	json_put(answer, "second", d->second ? json_transaction(d->second, false) : json_null());
	json_put(answer, "paths", paths_to_json(d));
	json_put(answer, "not_compared", json_text_list(&d->effects));
	json_put(sum, "same", json_integer((json_int_t)n.same));
	json_put(sum, "as_before", json_integer((json_int_t)n.before));
	json_put(sum, "different", json_integer((json_int_t)n.different));
	json_put(sum, "not_known", json_integer((json_int_t)n.unknown));
	json_put(sum, "differs", json_integer((json_int_t)n.differs));
	json_put(answer, "summary", sum);
	json_put(answer, "exit_code", json_integer(code));
	return json_write(answer);
}
