#include "engine/format/secret-span.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

bool ends_word(char c)
{
	return c == '\0' || isspace((unsigned char)c) || iscntrl((unsigned char)c) ||
	       strchr("\"'\\`<>", c);
}

bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-.", c));
}

bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

size_t bare_step(const char *at)
{
	size_t n = strspn(at, "\\");

	if (n == 0)
		return *at && !isspace((unsigned char)*at) && !iscntrl((unsigned char)*at) &&
		       !is_quote(*at);
	/* backslashes before a quote are those of quotes within quotes */
	if (is_quote(at[n]) || at[n] == '\n')
		return 0;
	return n + (n % 2 && at[n]);
}

char quote_around(const char *text, const char *name, bool *ret_nested)
{
	const size_t most = 128; /* signs that are looked at */
	const char *at = name, *least = (size_t)(name - text) > most ? name - most : text;

	while (at > least && (is_name_char(at[-1]) || at[-1] == '='))
		at--;
	*ret_nested = at - text >= 2 && at[-2] == '\\';
	return at > text && (at[-1] == '"' || at[-1] == '\'') ? at[-1] : '\0';
}

/* "a,next=b": the comma may also be a part of the secret. */
static bool begins_next(const char *comma)
{
	const char *at = comma + 1;

	while (is_name_char(*at))
		at++;
	return *comma == ',' && *at == '=' && at > comma + 1;
}

/*
 * Behind what a backslash escapes. In quotes that are themselves within quotes each backslash is
 * two, and what is behind it may be as well.
 */
static const char *behind_escaped(const char *at, bool nested)
{
	if (*at != '\\' || !at[1])
		return at + 1;
	if (!nested || at[1] != '\\')
		return at + 2;
	at += 2;
	return at + (*at == '\\') + (*at && (*at != '\\' || at[1]));
}

const char *quote_end(const char *at, char quote, bool nested)
{
	while (*at && *at != '\n' && (nested ? *at != '\\' || at[1] != quote : *at != quote))
		at = behind_escaped(at, nested);
	return at;
}

/* Behind a list or an object of JSON, whatever is in it; what never ends is hidden as well. */
static const char *brackets_end(const char *at)
{
	size_t depth = 0;

	for (; *at; at++) {
		bool nested = *at == '\\' && at[1] == '"';

		if (nested || *at == '"') {
			at = quote_end(at + nested + 1, '"', nested);
			at += nested && *at; /* that quote has a backslash before it */
			if (!*at)
				break;
		} else if (strchr("[{", *at)) {
			depth++;
		} else if (strchr("]}", *at) && --depth == 0) {
			return at + 1;
		}
	}
	return at;
}

/* Whether a quote opens here that goes on with the word before it, and does not end what that word is in. */
static bool opens_more(const char *at)
{
	const char *quote = at + (*at == '$');

	return is_quote(*quote) && quote[1] && !isspace((unsigned char)quote[1]) &&
	       !strchr(",:;)]}&|<>\"'\\", quote[1]) &&
	       *quote_end(quote + 1, *quote, false) == *quote;
}

/* Behind what goes on at `at`, which is behind the quote that closed a part, or behind a bare one (quote 0). */
static const char *next_part(const char *at, char *quote)
{
	const char *from = NULL;

	if (*at == '\\' && is_quote(at[1]) && at[2] == at[1]) { /* 'it'\''s' */
		*quote = at[1];
		from = at + 3;
	} else if (*quote && is_quote(*at) && *at != *quote && at[1] == *quote && at[2] == *at &&
		   at[3] == *quote) { /* 'it'"'"'s' */
		from = at + 4;
	} else if (opens_more(at)) {
		*quote = at[*at == '$'];
		from = at + (*at == '$') + 1;
	} else if (*quote && isalnum((unsigned char)*at)) {
		*quote = '\0';
		for (size_t n; (n = bare_step(at)) > 0;)
			at += n;
		return at;
	}
	if (!from)
		return NULL;
	at = quote_end(from, *quote, false);
	return at + (*at == *quote);
}

const char *shell_word_end(const char *end, char quote)
{
	const char *at = end + (quote && *end == quote), *next;
	bool more = false;

	while ((next = next_part(at, &quote)) != NULL && next > at) {
		at = next;
		more = true;
	}
	return more ? at : end;
}

const char *quoted_word_end(const char *begin, char quote)
{
	const char *first = quote_end(begin, quote, false), *end = shell_word_end(first, quote);

	return end > first && end[-1] == quote ? end - 1 : end;
}

const char *value_end(const char *at, const char *stops, const char **ret_begin)
{
	bool nested = *at == '\\' && is_quote(at[1]);

	at += nested || (*at == '$' && is_quote(at[1])); /* $'...' of a shell */
	*ret_begin = at;
	if (is_quote(*at)) {
		const char *end =
			nested ? quote_end(at + 1, *at, true) : quoted_word_end(at + 1, *at);

		/* what ends otherwise than it began is hidden with its quotes */
		*ret_begin = at + (nested || *end == *at || !*end || *end == '\n');
		return end;
	}
	if (*stops && (*at == '[' || *at == '{'))
		return brackets_end(at);
	for (size_t n; (n = bare_step(at)) && !strchr(stops, *at) && !begins_next(at);)
		at += n;
	return *stops || at == *ret_begin ? at : shell_word_end(at, '\0');
}
