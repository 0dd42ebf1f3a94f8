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

const char *value_end(const char *at, const char *stops, const char **ret_begin)
{
	bool nested = *at == '\\' && (at[1] == '"' || at[1] == '\'');

	at += nested;
	*ret_begin = at;
	if (*at == '"' || *at == '\'')
		return quote_end(*ret_begin = at + 1, *at, nested);
	if (*stops && (*at == '[' || *at == '{'))
		return brackets_end(at);
	while (!ends_word(*at) && !strchr(stops, *at) && !begins_next(at))
		at++;
	return at;
}
