/* harden baseline lint: all mistakes of baselines, of the site's files and of waivers. */

#include "cli/lint.h"

#include <stdlib.h>
#include <string.h>

#include "cli/context-baselines.h"
#include "cli/context.h"
#include "cli/message.h"
#include "cli/report/json.h"
#include "cli/terminal.h"
#include "cli/trust.h"
#include "engine/base/alloc.h"
#include "engine/baseline/builtin.h"
#include "engine/baseline/site.h"
#include "engine/baseline/waiver.h"
#include "engine/baseline/yaml-parse.h"
#include "engine/baseline/yaml-tree.h"
#include "engine/format/json-util.h"

enum sort { SORT_BASELINE, SORT_SITE, SORT_WAIVERS };

static const char *const sort_names[] = {"baseline", "site", "waivers"};

/* One file and what there is to say of it. */
struct looked {
	const char *file;
	enum sort sort;
	struct baseline baseline;
	size_t entries; /* controls, or waivers */
	struct strv mistakes;
};

static void looked_clear(struct looked *l)
{
	baseline_clear(&l->baseline);
	strv_clear(&l->mistakes);
}

/* By the key that only this sort has; what cannot be told is read as a baseline. */
static enum sort sort_of(const char *file, const struct buf *text)
{
	CLEANUP(tree_clear) struct tree tree = {0};
	CLEANUP(strv_clear) struct strv mistakes = {0}; /* told by its reader */
	int r;

	if (tree_is_comment(text->data, text->len))
		return SORT_SITE;
	tree_collect(&mistakes);
	r = tree_parse(&tree, file, text->data, text->len, NULL);
	tree_collect(NULL);
	if (r < 0)
		return SORT_BASELINE;
	if (tree_get(&tree.root, "waivers"))
		return SORT_WAIVERS;
	return tree_get(&tree.root, "site") ? SORT_SITE : SORT_BASELINE;
}

/* The baselines that a site's file or a waiver is about. */
struct known {
	struct baseline *items;
	size_t count;
};

static void known_clear(struct known *k)
{
	for (size_t i = 0; i < k->count; i++)
		baseline_clear(&k->items[i]);
	free(k->items);
}

static int known_load(const struct options *o, struct looked *l, struct known *ret)
{
	int code;

	tree_collect(NULL); /* their own mistakes are another matter */
	code = baselines_load(o, &ret->items, &ret->count);
	tree_collect(&l->mistakes);
	return code;
}

static int lint_site(const struct options *o, struct looked *l, const struct buf *text,
		     struct error *err)
{
	CLEANUP(known_clear) struct known known = {0};
	int r = known_load(o, l, &known);

	return r == 0 ? site_apply(known.items, known.count, NULL, l->file, text->data, text->len,
				   err)
		      : r;
}

static int lint_waivers(const struct options *o, struct looked *l, const struct buf *text,
			struct error *err)
{
	CLEANUP(known_clear) struct known known = {0};
	CLEANUP(waivers_clear) struct waivers w = {0};
	int r = waivers_parse(&w, l->file, text->data, text->len, err);

	l->entries = w.count;
	if (err->text) /* no more of the file was read */
		return r;
	r = known_load(o, l, &known);
	if (r == 0)
		waivers_resolve(&w, known.items, known.count, &l->mistakes);
	if (r == 0)
		waivers_find_doubles(&w, &l->mistakes);
	return r;
}

static int lint_baseline(const struct options *o, struct looked *l)
{
	int code = baseline_load(l->file, o, &l->baseline);

	l->entries = l->baseline.ncontrols;
	return code;
}

/* An exit code; the mistakes are said. */
static int lint_file(const struct options *o, struct looked *l)
{
	CLEANUP(error_clear) struct error err = {0};
	CLEANUP(buf_clear) struct buf text = {0};
	size_t said = messages()->count;
	int code = CODE_OK, r = 0;

	if (strcmp(l->file, BUILTIN_NAME) != 0 &&
	    trusted_read(l->file, BASELINE_MAX_BYTES, &text, NULL) == 0)
		l->sort = sort_of(l->file, &text);
	tree_collect(&l->mistakes);
	if (l->sort == SORT_BASELINE)
		code = lint_baseline(o, l);
	else if (l->sort == SORT_SITE)
		r = lint_site(o, l, &text, &err);
	else
		r = lint_waivers(o, l, &text, &err);
	tree_collect(NULL);
	if (err.text)
		strv_add(&l->mistakes, error_text(&err));
	for (size_t i = 0; i < l->mistakes.count; i++)
		message("%s", l->mistakes.items[i]);
	if (l->mistakes.count == 0 && code != CODE_OK)
		for (; said < messages()->count; said++)
			strv_add(&l->mistakes, messages()->items[said]);
	if (code != CODE_OK)
		return code;
	if (r > 0) /* a baseline that it is held against: what is wrong with it is said */
		return r;
	return r < 0 || l->mistakes.count ? CODE_ERROR : CODE_OK;
}

static void put_line(struct buf *b, const struct style *s, const struct looked *l)
{
	ink_text(b, s, INK_PLAIN, l->file);
	buf_puts(b, ": ");
	if (l->sort == SORT_BASELINE) {
		ink_text(b, s, INK_PLAIN, l->baseline.name);
		buf_putc(b, ' ');
		ink_text(b, s, INK_PLAIN, l->baseline.version);
		buf_puts(b, ", ");
		count_text(b, l->entries, "control", "controls");
	} else if (l->sort == SORT_SITE) {
		buf_puts(b, "a site's settings");
	} else {
		count_text(b, l->entries, "waiver", "waivers");
	}
	buf_puts(b, ", no mistakes\n");
}

static json_t *looked_to_json(const struct looked *l, int code)
{
	json_t *j = json_object();

	json_put(j, "file", json_text(l->file));
	json_put(j, "sort", json_string(sort_names[l->sort]));
	json_put(j, "valid", json_boolean(code == CODE_OK));
	json_put(j, "controls", json_integer(code == CODE_OK ? (json_int_t)l->entries : 0));
	json_put(j, "mistakes", json_text_list(&l->mistakes));
	return j;
}

int lint(const struct options *o)
{
	CLEANUP(buf_clear) struct buf b = {0};
	struct style s = terminal_style(o);
	json_t *files = json_array();
	json_t *answer = NULL;
	int code = CODE_OK, written;

	for (size_t i = 1; i < o->args.count; i++) {
		CLEANUP(looked_clear) struct looked one = {.file = o->args.items[i]};
		int r = lint_file(o, &one);

		if (r == CODE_OK)
			put_line(&b, &s, &one);
		else if (code == CODE_OK)
			code = r;
		json_array_append_new(files, looked_to_json(&one, r));
	}
	if (o->format == FORMAT_JSON) {
		answer = json_answer("baseline lint");
		json_put(answer, "files", files);
		written = json_write(answer);
	} else {
		json_decref(files);
		written = terminal_write(&b);
	}
	return code != CODE_OK ? code : written;
}
