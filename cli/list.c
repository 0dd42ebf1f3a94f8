/* harden list: the controls of the baseline; with --map by the numbers of a benchmark. */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/context-baselines.h"
#include "cli/context.h"
#include "cli/message.h"
#include "cli/report/json.h"
#include "cli/report/style.h"
#include "cli/terminal.h"
#include "engine/base/alloc.h"
#include "engine/baseline/nearest.h"
#include "engine/format/json-util.h"

#define COLUMN_ID 8 /* behind a number */
#define KIND_WIDTH 25 /* of level, severity and kind, with what is between */

struct entry {
	const struct control *control;
	char *number; /* with --map; else NULL */
};

struct listing {
	const struct context *c;
	struct entry *entries;
	size_t count;
};

static void listing_clear(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->entries[i].number);
	free(l->entries);
}

static void add(struct listing *l, const struct control *control, char *number)
{
	struct entry *e = array_append(&l->entries, &l->count, sizeof(*e));

	*e = (struct entry){.control = control, .number = number};
}

/* One entry for each number of this benchmark that the control has. */
static void add_mapped(struct listing *l, const struct control *control, const char *map)
{
	for (size_t i = 0; i < control->aliases.count; i++) {
		const char *alias = control->aliases.items[i], *at = strrchr(alias, '@');

		if (at && strcmp(at + 1, map) == 0)
			add(l, control, xstrndup(alias, (size_t)(at - alias)));
	}
}

static int compare_numbers(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int r = strverscmp(x->number, y->number);

	return r ? r : strcmp(x->control->id, y->control->id);
}

static int no_such_map(const struct context *c, const char *map)
{
	struct nearest near = {.given = map};
	CLEANUP(strv_clear) struct strv all = {0};
	CLEANUP(freep) char *hint = NULL, *list = NULL;

	for (size_t i = 0; i < c->nbaselines; i++) {
		for (size_t k = 0; k < c->baselines[i].ncontrols; k++) {
			const struct strv *aliases = &c->baselines[i].controls[k].aliases;

			for (size_t a = 0; a < aliases->count; a++)
				if (strrchr(aliases->items[a], '@'))
					strv_add_once(&all, strrchr(aliases->items[a], '@') + 1);
		}
	}
	for (size_t i = 0; i < all.count; i++)
		nearest_offer(&near, all.items[i]);
	strv_sort(&all);
	list = strv_join(&all, ", ");
	hint = nearest_hint(&near, NULL);
	message("no control has a number of '%s'%s%s%s", map, hint, *list ? "; there are " : "",
		list);
	return CODE_USAGE;
}

static int collect(struct listing *l)
{
	const struct context *c = l->c;
	const struct selection selection = context_selection(c);
	const char *map = c->o->map;

	for (size_t i = 0; i < c->nbaselines; i++) {
		for (size_t k = 0; k < c->baselines[i].ncontrols; k++) {
			const struct control *control = &c->baselines[i].controls[k];

			if (!selection_takes(&selection, control))
				continue;
			if (map)
				add_mapped(l, control, map);
			else
				add(l, control, NULL);
		}
	}
	if (map && l->count == 0)
		return no_such_map(c, map);
	if (map)
		qsort(l->entries, l->count, sizeof(*l->entries), compare_numbers);
	return CODE_OK;
}

static size_t widest_name(const struct listing *l)
{
	size_t widest = 0;

	for (size_t i = 0; i < l->count; i++)
		if (text_width(l->entries[i].control->id) > widest)
			widest = text_width(l->entries[i].control->id);
	return widest;
}

static void put_entry(struct buf *b, const struct style *s, const struct entry *e, size_t widest)
{
	const struct control *c = e->control;
	const char *kind = c->class != CLASS_REMEDIATE ? control_class_to_string(c->class)
						       : control_apply_to_string(c->apply);
	CLEANUP(buf_clear) struct buf title = {0};
	size_t column = widest;

	if (e->number) {
		size_t width = text_width(e->number);

		ink_text(b, s, INK_HEAD, e->number);
		pad_to(b, width, COLUMN_ID, 2);
		column += width + 2 > COLUMN_ID ? width + 2 : COLUMN_ID;
	}
	ink_text(b, s, INK_HEAD, c->id);
	pad_to(b, text_width(c->id), widest, 0);
	buf_printf(b, "  L%d  %-8s  %-7s  ", c->level, severity_to_string(c->severity), kind);
	ink_text(&title, s, INK_PLAIN, c->title);
	fit_text(b, s, column + KIND_WIDTH, buf_str(&title));
}

static int print_text(const struct listing *l)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(l->c->o);
	size_t widest = widest_name(l);

	for (size_t i = 0; i < l->count; i++)
		put_entry(&b, &s, &l->entries[i], widest);
	if (!s.quiet) {
		count_text(&b, l->count, "control", "controls");
		buf_puts(&b, ".\n");
	}
	return terminal_write(&b);
}

static int print_json(const struct listing *l)
{
	json_t *answer = json_answer("list"), *all = json_array();

	for (size_t i = 0; i < l->count; i++) {
		const struct control *c = l->entries[i].control;
		json_t *j = json_object();

		json_put(j, "number", json_text(l->entries[i].number));
		json_put(j, "id", json_text(c->id));
		json_put(j, "title", json_text(c->title));
		json_put(j, "level", json_integer(c->level));
		json_put(j, "severity", json_string(severity_to_string(c->severity)));
		json_put(j, "class", json_string(control_class_to_string(c->class)));
		json_put(j, "apply", json_string(control_apply_to_string(c->apply)));
		json_put(j, "aliases", json_text_list(&c->aliases));
		json_array_append_new(all, j);
	}
	json_put(answer, "map", json_text(l->c->o->map));
	json_put(answer, "controls", all);
	return json_write(answer);
}

int command_list(const struct options *o)
{
	CLEANUP(context_clear) struct context c = CONTEXT_INIT;
	CLEANUP(listing_clear) struct listing l = {.c = &c};
	int code;

	context_init(&c, o);
	if (!o->given[OPT_LEVEL])
		c.level = INT_MAX;
	code = context_baselines(&c);
	if (code == CODE_OK)
		code = collect(&l);
	if (code != CODE_OK)
		return code;
	return o->format == FORMAT_JSON ? print_json(&l) : print_text(&l);
}
