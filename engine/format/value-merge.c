#include "engine/format/value-merge.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/strv.h"
#include "engine/format/format.h"

#define BLANKS " \t"
#define LINE "\n" /* a word of its own: assignments of a unit file are lines */

/* The words of one side, with the place of each in `base`: -1 for those that are new. */
struct side {
	struct strv words;
	ptrdiff_t *place;
	bool *kept; /* by word of base: this side still has it */
};

static void side_clear(struct side *s)
{
	strv_clear(&s->words);
	free(s->place);
	free(s->kept);
}

static bool has_words(struct subject subject)
{
	const struct format *format = format_find(subject);

	return format && format->has_words;
}

/* The quote around the whole of a value, or 0. */
static char quote_of(const char *value)
{
	size_t n = strlen(value);

	return n >= 2 && strchr("\"'", value[0]) && value[n - 1] == value[0] ? value[0] : '\0';
}

static void split(const char *value, struct strv *ret)
{
	size_t quoted = quote_of(value) ? 1 : 0;
	const char *end = value + strlen(value) - quoted;

	for (const char *at = value + quoted; at < end;) {
		size_t n = strcspn(at, BLANKS LINE);

		if (*at == '\n')
			n = 1;
		if (n > (size_t)(end - at))
			n = (size_t)(end - at);
		if (n)
			strv_add_n(ret, at, n);
		at += n;
		at += strspn(at, BLANKS);
	}
}

/* The longest common run of words, by the usual table of lengths. */
static void match(const struct strv *base, struct side *s)
{
	size_t n = base->count, m = s->words.count;
	CLEANUP(freep) size_t *length = xcalloc((n + 1) * (m + 1), sizeof(*length));

	s->place = xcalloc(m + 1, sizeof(*s->place));
	s->kept = xcalloc(n + 1, sizeof(*s->kept));
	for (size_t i = n; i-- > 0;)
		for (size_t k = m; k-- > 0;) {
			size_t down = length[(i + 1) * (m + 1) + k];
			size_t right = length[i * (m + 1) + k + 1];
			bool same = strcmp(base->items[i], s->words.items[k]) == 0;

			length[i * (m + 1) + k] = same ? length[(i + 1) * (m + 1) + k + 1] + 1
						  : down > right ? down
								 : right;
		}
	for (size_t i = 0, k = 0; k < m;) {
		bool same = i < n && strcmp(base->items[i], s->words.items[k]) == 0;

		s->place[k] = same ? (ptrdiff_t)i : -1;
		if (same) {
			s->kept[i++] = true;
			k++;
		} else if (i < n && length[(i + 1) * (m + 1) + k] >= length[i * (m + 1) + k + 1]) {
			i++;
		} else {
			k++;
		}
	}
}

/* The new words that a side has right before the word `at` of base (its count: at the end). */
static void added_before(const struct side *s, size_t at, const struct strv *base, struct strv *ret)
{
	ptrdiff_t last = -1;

	for (size_t k = 0; k < s->words.count; k++) {
		size_t gap;

		if (s->place[k] >= 0) {
			last = s->place[k];
			continue;
		}
		/* where words of base are gone, too, the new ones stand for the first of them */
		gap = (size_t)(last + 1);
		if (gap == at && gap <= base->count)
			strv_add(ret, s->words.items[k]);
	}
}

static void put(struct buf *b, const char *word)
{
	if (b->len && b->data[b->len - 1] != '\n' && strcmp(word, LINE) != 0)
		buf_putc(b, ' ');
	buf_puts(b, word);
}

static void put_all(struct buf *b, const struct strv *words)
{
	for (size_t i = 0; i < words->count; i++)
		put(b, words->items[i]);
}

/* One word of base, and what is new before it. False: both took it out, for different words. */
static bool merge_word(const struct strv *base, const struct side *other, const struct side *ours,
		       size_t at, struct buf *b)
{
	CLEANUP(strv_clear) struct strv theirs = {0}, mine = {0};
	bool in_both;

	added_before(other, at, base, &theirs);
	added_before(ours, at, base, &mine);
	if (at < base->count && !other->kept[at] && !ours->kept[at] && !strv_equal(&theirs, &mine))
		return false;
	put_all(b, &mine);
	if (!strv_equal(&theirs, &mine))
		put_all(b, &theirs);
	in_both = at < base->count && other->kept[at] && ours->kept[at];
	if (in_both)
		put(b, base->items[at]);
	return true;
}

static int merge_words(const char *base, const char *other, const char *ours, char **ret)
{
	CLEANUP(strv_clear) struct strv words = {0};
	CLEANUP(side_clear) struct side theirs = {0}, mine = {0};
	CLEANUP(buf_clear) struct buf b = {0};
	char quote = quote_of(ours);

	split(base, &words);
	split(other, &theirs.words);
	split(ours, &mine.words);
	match(&words, &theirs);
	match(&words, &mine);
	for (size_t at = 0; at <= words.count; at++)
		if (!merge_word(&words, &theirs, &mine, at, &b))
			return 1;
	*ret = quote ? xasprintf("%c%s%c", quote, buf_str(&b), quote) : buf_take(&b);
	return 0;
}

int value_merge(struct subject subject, const char *base, const char *other, const char *ours,
		char **ret_value)
{
	bool untouched = format_same(subject, base, ours);

	*ret_value = NULL;
	if (untouched || format_same(subject, base, other) || format_same(subject, other, ours)) {
		*ret_value = xstrdup_null(untouched ? other : ours);
		return 0;
	}
	if (!base || !other || !ours || !has_words(subject))
		return 1;
	return merge_words(base, other, ours, ret_value);
}
