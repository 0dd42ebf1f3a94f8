#include <errno.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/strv.h"
#include "engine/format/schemes/schemes.h"
#include "engine/format/secret.h"
#include "engine/format/text-lines.h"

/*
 * limit:DOMAIN TYPE ITEM in limits.conf(5), of which the last line decides; TYPE is hard or soft. A line
 * of type "-" is both: it counts for each, and when one half is taken away it becomes the other.
 *
 *	"* - core 5"   get "* hard core": 5; set it to 0: "* hard core 0" is put behind;
 *	               take it away: "* soft core 5"
 */

#define BLANKS " \t\r"
#define FIELDS 4

enum { DOMAIN, TYPE, ITEM, VALUE };

struct word {
	size_t start, len;
};

struct limit_key {
	struct strv words;
};

static void key_clear(struct limit_key *key)
{
	strv_clear(&key->words);
}

/* How many of the line's words there are, at most FIELDS; what is behind a "#" is none. */
static size_t split_line(const struct buf *text, const struct text_line *line,
			 struct word words[FIELDS])
{
	const char *hash = memchr(text->data + line->start, '#', line->end - line->start);
	size_t end = hash ? (size_t)(hash - text->data) : line->end, n = 0;

	for (size_t at = line->start; n < FIELDS; n++) {
		while (at < end && strchr(BLANKS, text->data[at]))
			at++;
		if (at == end)
			break;
		words[n].start = at;
		while (at < end && !strchr(BLANKS, text->data[at]))
			at++;
		words[n].len = at - words[n].start;
	}
	return n;
}

static bool is_word(const struct buf *text, const struct word *w, const char *want, bool any_case)
{
	const char *have = text->data + w->start;

	return strlen(want) == w->len &&
	       (any_case ? strncasecmp(have, want, w->len) == 0 : memcmp(have, want, w->len) == 0);
}

/* 1: the line sets the key; 0: not; -EBADMSG: "bob -", which frees the domain from all limits. */
static int match(const struct buf *text, const struct text_line *line, const struct limit_key *key,
		 struct word words[FIELDS])
{
	const struct strv *k = &key->words;
	size_t n = split_line(text, line, words);

	if (n < 2 || !is_word(text, &words[DOMAIN], k->items[DOMAIN], false))
		return 0;
	if (n == 2 && is_word(text, &words[TYPE], "-", false))
		return -EBADMSG;
	return n == FIELDS && is_word(text, &words[ITEM], k->items[ITEM], true) &&
	       (is_word(text, &words[TYPE], k->items[TYPE], true) ||
		is_word(text, &words[TYPE], "-", false));
}

static int parse(const struct buf *text, const char *key, struct limit_key *ret, struct error *err)
{
	strv_split(&ret->words, key, " ");
	if (ret->words.count != 3 || strpbrk(key, "#\t\r\n") ||
	    (strcmp(ret->words.items[TYPE], "hard") != 0 &&
	     strcmp(ret->words.items[TYPE], "soft") != 0))
		return error_set(err, -EINVAL, "not DOMAIN, hard or soft, and ITEM: '%s'", key);
	return text_lines_check(text, err);
}

/* The words of the line that decides. */
static int find_last(const struct buf *text, const struct limit_key *key, struct word ret[FIELDS],
		     struct error *err)
{
	struct text_line line;
	size_t at = 0;
	int found = 0;

	while (text_line_next(text, &at, &line)) {
		struct word words[FIELDS];
		int r = match(text, &line, key, words);

		if (r < 0)
			return error_set(err, r, "a line frees '%s' from all limits",
					 key->words.items[DOMAIN]);
		if (r > 0) {
			memcpy(ret, words, sizeof(words));
			found = 1;
		}
	}
	return found;
}

int limit_text_get(const struct buf *text, const char *key, char **ret_value, struct error *err)
{
	CLEANUP(key_clear) struct limit_key k = {0};
	struct word words[FIELDS];
	int r = parse(text, key, &k, err);

	if (r >= 0)
		r = find_last(text, &k, words, err);
	if (r > 0)
		*ret_value = xstrndup(text->data + words[VALUE].start, words[VALUE].len);
	return r;
}

static void take_away(struct buf *text, const struct limit_key *key)
{
	const char *other = strcmp(key->words.items[TYPE], "hard") == 0 ? "soft" : "hard";
	struct text_line line;
	size_t at = 0;

	while (text_line_next(text, &at, &line)) {
		struct word words[FIELDS];

		if (match(text, &line, key, words) <= 0)
			continue;
		if (is_word(text, &words[TYPE], "-", false))
			buf_splice(text, words[TYPE].start, 1, other, strlen(other));
		else
			text_line_set(text, &line, NULL);
		at = line.start;
	}
}

static int check_value(const char *key, const char *value, struct error *err)
{
	if (*value && !strpbrk(value, BLANKS "#\n"))
		return 0;
	return secret_refuse(subject_of(SCHEME_LIMIT, key), value, "not a limit", err);
}

int limit_text_set(struct buf *text, const char *key, const char *value, struct error *err)
{
	CLEANUP(key_clear) struct limit_key k = {0};
	CLEANUP(freep) char *added = NULL;
	struct word words[FIELDS];
	int r = parse(text, key, &k, err);

	if (r >= 0 && value)
		r = check_value(key, value, err);
	if (r >= 0)
		r = find_last(text, &k, words, err);
	if (r < 0)
		return r;
	if (!value) {
		take_away(text, &k);
	} else if (r > 0 && !is_word(text, &words[TYPE], "-", false)) {
		buf_splice(text, words[VALUE].start, words[VALUE].len, value, strlen(value));
	} else {
		added = xasprintf("%s %s", key, value);
		text_line_insert(text, text->len, added);
	}
	return 0;
}
