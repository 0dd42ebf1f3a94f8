#include <stdlib.h>
#include <string.h>

#include "cli/again.h"
#include "engine/base/alloc.h"
#include "engine/base/str.h"

/*
 * What speaks against a control is a sentence for people, and consent was given to a sentence. Read here
 * as a row of words, of which one that stands in a list ("web, db (ends with it) and job") is a set: the
 * same in another order, or with one less, is no more than what was consented to.
 */

#define SEEN_NOW " (seen now: "

struct words {
	struct strv *items; /* a list of one, but where it was "a, b and c" */
	size_t count;
};

static void words_clear(struct words *w)
{
	for (size_t i = 0; i < w->count; i++)
		strv_clear(&w->items[i]);
	free(w->items);
}

/* Two forms of one word: of one thing, and of several. */
static const char *const forms[][2] = {
	{"container", "containers"},
	{"image", "images"},
	{"network", "networks"},
	{"volume", "volumes"},
	{"plugin", "plugins"},
	{"session", "sessions"},
	{"is", "are"},
	{"was", "were"},
	{"has", "have"},
	{"runs", "run"},
	{"keeps", "keep"},
	{"loses", "lose"},
	{"talks", "talk"},
	{"it", "they"},
	{"it", "them"},
	{"it", "each"},
	{"its", "their"},
};
#define COUNTED 6 /* of them: what a number stands before */

/* What stands behind that form of a word, "" or a colon; NULL: it is another word. */
static const char *behind_form(const char *word, const char *form)
{
	const char *rest = skip_prefix(word, form);

	return rest && (!*rest || strcmp(rest, ":") == 0 || strcmp(rest, ";") == 0) ? rest : NULL;
}

static bool are_forms(const char *a, const char *form, const char *b, const char *other)
{
	const char *x = behind_form(a, form), *y = behind_form(b, other);

	return x && y && strcmp(x, y) == 0;
}

static const char *const loss_verbs[] = {"loses ", "may lose "};

static bool is_loss(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(loss_verbs); i++)
		if (starts_with(text, loss_verbs[i]))
			return true;
	return false;
}

/* "web (runs on: it loses A, B, may lose C; only ...": "loses A, B", "may lose C", and what is around. */
static void split_losses(const char *text, struct strv *ret, struct buf *ret_around)
{
	size_t begin = 0, end = strcspn(text, ";)");

	while (begin < end &&
	       !((begin == 0 || strchr(" (", text[begin - 1])) && is_loss(text + begin)))
		begin++;
	buf_append(ret_around, text, begin);
	for (size_t n; begin < end; begin += n) {
		for (n = 1; begin + n < end; n++)
			if (starts_with(text + begin + n, ", ") && is_loss(text + begin + n + 2))
				break;
		strv_add_n(ret, text + begin, n);
		n += begin + n < end ? 2 : 0;
	}
	buf_puts(ret_around, text + end);
}

/* The same losses in another order, or fewer of them. */
static bool loses_no_more(const char *was, const char *now)
{
	CLEANUP(strv_clear) struct strv a = {0}, b = {0};
	CLEANUP(buf_clear) struct buf x = {0}, y = {0};

	split_losses(was, &a, &x);
	split_losses(now, &b, &y);
	for (size_t i = 0; i < b.count; i++)
		if (!strv_contains(&a, b.items[i]))
			return false;
	return b.count > 0 && strcmp(buf_str(&x), buf_str(&y)) == 0;
}

static bool same_word(const char *a, const char *b)
{
	bool same = strcmp(a, b) == 0;

	for (size_t i = 0; i < ARRAY_SIZE(forms) && !same; i++)
		same = are_forms(a, forms[i][0], b, forms[i][1]) ||
		       are_forms(a, forms[i][1], b, forms[i][0]);
	return same;
}

static bool is_counted(const char *word)
{
	for (size_t i = 0; i < COUNTED; i++)
		if (behind_form(word, forms[i][0]) || behind_form(word, forms[i][1]))
			return true;
	return false;
}

static bool is_number(const char *word)
{
	return *word && strspn(word, "0123456789") == strlen(word);
}

/* Up to the next space, but with what stands in brackets behind it. */
static size_t length_of_word(const char *text)
{
	size_t n = strcspn(text, " ");

	if (starts_with(text + n, " ("))
		n += strcspn(text + n, ")");
	return n + strcspn(text + n, " ");
}

/* "3 images, 1 volume": counts are told one by one. */
static bool is_in_a_list(const char *word)
{
	return !is_number(word) && !is_counted(word);
}

static void take_word(struct words *w, bool joined, char *word)
{
	struct strv *last = w->count > 0 ? &w->items[w->count - 1] : NULL;

	if (!joined || !last || !is_in_a_list(word) || !is_in_a_list(last->items[0]))
		last = array_append(&w->items, &w->count, sizeof(*last));
	strv_add_owned(last, word);
}

static void words_split(const char *text, struct words *ret)
{
	bool joined = false, conjunction = false;

	for (size_t n; *text; text += n + (text[n] == ' ')) {
		bool comma;

		n = length_of_word(text);
		comma = n > 0 && text[n - 1] == ',';
		conjunction = n > 0 && !conjunction && starts_with(text, "and ");
		if (!conjunction)
			take_word(ret, joined, xstrndup(text, n - comma));
		joined = conjunction || comma;
	}
}

static bool has_word(const struct strv *list, bool names, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if ((names ? strcmp(list->items[i], word) == 0 : same_word(list->items[i], word)) ||
		    loses_no_more(list->items[i], word))
			return true;
	return false;
}

/* A container may be called "run": a name has no other form. */
static bool has_all(const struct strv *list, bool names, const struct strv *words)
{
	for (size_t i = 0; i < words->count; i++)
		if (!has_word(list, names, words->items[i]))
			return false;
	return true;
}

/* "container web", but not "2 containers run". */
static bool is_name(const struct words *w, size_t i)
{
	return i > 0 && is_counted(w->items[i - 1].items[0]) &&
	       !(i > 1 && is_number(w->items[i - 2].items[0]));
}

/* Of " (...)": to the bracket that closes it; 0: none does, and it is no remark. */
static size_t length_of_remark(const char *text)
{
	size_t open = 0, n = 0;

	for (; text[n]; n++) {
		open += text[n] == '(';
		if (text[n] == ')' && --open == 0)
			return n + 1;
	}
	return 0;
}

/*
 * Up to what is seen now, which is the end of its sentence. Names in a sentence are others' words, a
 * container's among them: what only looks like the remark, with more behind it, hides nothing.
 */
static size_t length_before_seen(const char *text)
{
	const char *last = NULL;
	size_t n;

	for (const char *at = text; (at = strstr(at, SEEN_NOW)); at++)
		last = at;
	n = last ? length_of_remark(last) : 0;
	return n > 0 && !last[n] ? (size_t)(last - text) : strlen(text);
}

/* What was measured beside it, for people: it is another by the next minute, and no reason of its own. */
static char *without_measured(const char *text)
{
	static const char *const remarks[] = {"(about ", "(more than ", "(size not measured"};
	CLEANUP(buf_clear) struct buf b = {0};
	size_t seen = length_before_seen(text);

	for (size_t i = 0; i < seen;) {
		size_t measured = 0;

		for (size_t k = 0; text[i] == ' ' && k < ARRAY_SIZE(remarks); k++)
			if (starts_with(text + i + 1, remarks[k]))
				measured = length_of_remark(text + i);
		if (measured > 0) {
			i += measured;
		} else {
			buf_append(&b, text + i++, 1);
		}
	}
	return buf_take(&b);
}

/* Only a number of what is counted may differ: of a port or a process it is another one. */
bool again_is_no_worse(const char *was, const char *now)
{
	CLEANUP(words_clear) struct words a = {0}, b = {0};
	CLEANUP(freep) char *then = without_measured(was), *is = without_measured(now);

	words_split(then, &a);
	words_split(is, &b);
	for (size_t i = 0; i < a.count && a.count == b.count; i++) {
		const char *x = a.items[i].items[0], *y = b.items[i].items[0];
		bool counts = i + 1 < a.count && is_number(x) && is_number(y) &&
			      is_counted(a.items[i + 1].items[0]);
		bool names = a.items[i].count > 1 || is_name(&a, i);

		if (counts ? strtoul(y, NULL, 10) > strtoul(x, NULL, 10)
			   : !has_all(&a.items[i], names, &b.items[i]))
			return false;
	}
	return a.count == b.count;
}
