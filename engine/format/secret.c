#include "engine/format/secret.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/digest.h"
#include "engine/base/macros.h"
#include "engine/format/secret-name.h"

#define DIGEST_PREFIX "sha256:"

/* What no address holds, wherever it stands: in a command line, in JSON, in a unit's line. */
static bool ends_word(char c)
{
	return c == '\0' || isspace((unsigned char)c) || iscntrl((unsigned char)c) ||
	       strchr("\"'\\`<>", c);
}

static bool ends_quoted(char c)
{
	return c == '\0' || c == '\n' || strchr("\"'\\`<>", c);
}

static bool ends_port(const char *at)
{
	return ends_word(*at) || strchr("/?#,:;.)]}", *at);
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-.", c));
}

/*
 * A text being read. Where an authority (RFC 3986, section 3.2) ends, and its last @, is the same
 * for each place in it: it is looked for once, or a line of many '=' would be read as often.
 */
struct reader {
	const char *text, *at;
	const char *authority_end, *userinfo_end; /* of the authority that `at` was in last */
	const char *quoted_end, *quoted_at; /* likewise, of what a bad address may reach to */
	struct buf out;
};

/* The last @ of the authority that begins at `at`; NULL when it has none. */
static const char *userinfo_end(struct reader *r, const char *at)
{
	if (at >= r->authority_end) {
		const char *end = at;

		for (r->userinfo_end = NULL; !ends_word(*end) && !strchr("/?#", *end); end++)
			if (*end == '@')
				r->userinfo_end = end;
		r->authority_end = end;
	}
	return r->userinfo_end && r->userinfo_end >= at ? r->userinfo_end : NULL;
}

/*
 * A password with a sign that an address must spell otherwise (a blank, '/', '#', '?'): what would
 * be the port is none, and an @ comes later, before a quote or the line ends.
 */
static const char *bad_userinfo_end(struct reader *r, const char *at)
{
	const char *port = at;

	while (is_name_char(*port) || *port == '%')
		port++;
	if (port == at || *port++ != ':' || ends_port(port + strspn(port, "0123456789")))
		return NULL;
	if (at >= r->quoted_end) {
		const char *end = at;

		for (r->quoted_at = NULL; !ends_quoted(*end); end++)
			if (*end == '@')
				r->quoted_at = end;
		r->quoted_end = end;
	}
	return r->quoted_at && r->quoted_at > port ? r->quoted_at : NULL;
}

/* "user:password@host:3128", which proxies may be given as, but no "image:tag@sha256:...". */
static const char *bare_userinfo_end(struct reader *r, const char *at)
{
	const char *end = userinfo_end(r, at), *colon = at;

	if (!end)
		return NULL;
	while (is_name_char(*colon) || *colon == '%')
		colon++;
	if (*colon != ':' || colon == at || colon + 1 == end || strncmp(end + 1, "sha256:", 7) == 0)
		return NULL;
	return end;
}

static bool begins_word(const struct reader *r, const char *at)
{
	return at == r->text || ends_word(at[-1]) || strchr("=,[", at[-1]);
}

/* Where in a file: "secrets.yaml:3:7: ...", which looks like "map[secret:3]". */
static bool is_position(const char *at)
{
	size_t n = strspn(at, "0123456789");

	return n > 0 && (ends_word(at[n]) || at[n] == ':');
}

/* Whether the quote before the name is that of a key: no quoted path that only ends in the name. */
static bool is_quoted_key(const struct reader *r, const char *name, char quote)
{
	if (name == r->text || name[-1] != quote)
		return false;
	/* in single quotes harden's own messages name things, and go on behind a colon */
	return quote == '"' ||
	       (name - r->text >= 2 &&
		(strchr("{,", name[-2]) ||
		 (name[-2] == ' ' && name - r->text >= 3 && strchr("{,", name[-3]))));
}

/* Behind a name in quotes: "NAME": VALUE, or "--NAME", "VALUE" as arguments in a list. */
static const char *assigned_behind_quote(const struct reader *r, const char *name, const char *at)
{
	bool nested = *at == '\\'; /* a quote within quotes */
	const char *quote = at + nested, *sign;

	if ((*quote != '"' && *quote != '\'') || !is_quoted_key(r, name, *quote))
		return NULL;
	sign = quote + 1 + strspn(quote + 1, " ");
	if (*sign == ':')
		return sign + 1 + strspn(sign + 1, " ");
	if (*sign != ',' || strncmp(name, "--", 2) != 0)
		return NULL;
	sign += 1 + strspn(sign + 1, " ");
	return strncmp(sign, at, (size_t)nested + 1) == 0 ? sign : NULL;
}

/*
 * Where the value begins that is assigned to the name: NAME=, "NAME": or 'NAME':, --NAME VALUE,
 * NAME:VALUE as Go prints a map, Authorization: VALUE. NULL where none is. What else than white
 * space and quotes ends a bare value goes to ret_stops.
 */
static const char *assigned(const struct reader *r, const char *name, const char *name_end,
			    const char **ret_stops)
{
	const char *at = name_end;
	bool header = (size_t)(at - name) == strlen("authorization") &&
		      strncasecmp(name, "authorization", (size_t)(at - name)) == 0;

	*ret_stops = "";
	if (*at == '=')
		return at + 1;
	if (*at == ' ' && strncmp(name, "--", 2) == 0)
		return at[1] == '-' ? NULL : at + 1;
	if (*at == ':' && header)
		return at + 1 + strspn(at + 1, " ");
	*ret_stops = ",}]";
	if (*at == ':' && name > r->text && strchr("[ ", name[-1]))
		return ends_word(at[1]) || at[1] == '/' || is_position(at + 1) ? NULL : at + 1;
	return assigned_behind_quote(r, name, at);
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

/* Where the quotes end that were opened before `at`; nested: in quotes themselves (\"). */
static const char *quote_end(const char *at, char quote, bool nested)
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

/* Behind a value: quoted, in quotes that are themselves within quotes (\"), in brackets, or bare. */
static const char *value_end(const char *at, const char *stops, const char **ret_begin)
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

/*
 * The quote that NAME=VALUE is in as a whole, maybe behind others ("--log-opt=NAME=a b"): what
 * ends the value. 0: it is in none.
 */
static char quote_around(const struct reader *r, const char *name, bool *ret_nested)
{
	const size_t most = 128; /* signs that are looked at */
	const char *at = name, *least = (size_t)(name - r->text) > most ? name - most : r->text;

	while (at > least && (is_name_char(at[-1]) || at[-1] == '='))
		at--;
	*ret_nested = at - r->text >= 2 && at[-2] == '\\';
	return at > r->text && (at[-1] == '"' || at[-1] == '\'') ? at[-1] : '\0';
}

/* Behind the kind of an Authorization: "Bearer x", "Basic x". */
static const char *behind_kind(const char *value)
{
	static const char *const kinds[] = {"Bearer ", "Basic "};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strncasecmp(value, kinds[i], strlen(kinds[i])) == 0)
			return value + strlen(kinds[i]);
	return value;
}

/* Switches are no secrets, whatever they are called. */
static bool is_switch(const char *value, size_t n)
{
	static const char *const switches[] = {"true", "false", "null", "yes", "no", "on", "off"};

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
		if (strlen(switches[i]) == n && memcmp(value, switches[i], n) == 0)
			return true;
	return n == 0;
}

/* A secret that begins at `at`: where it ends; NULL when none does. */
static const char *address_secret(struct reader *r, const char *at)
{
	if (at - r->text >= 3 && strncmp(at - 3, "://", 3) == 0) {
		const char *end = userinfo_end(r, at);

		if (!end)
			end = bad_userinfo_end(r, at);
		return end == at ? NULL : end; /* "://@": there is nothing to hide */
	}
	return begins_word(r, at) ? bare_userinfo_end(r, at) : NULL;
}

/* Takes over the name and, where it speaks of a secret, hides what is assigned to it. */
static void take_name(struct reader *r)
{
	const char *name = r->at, *end = name, *value, *begin, *stop, *stops;
	bool nested;
	char quote;

	while (is_name_char(*end))
		end++;
	value = secret_name(name, (size_t)(end - name)) ? assigned(r, name, end, &stops) : NULL;
	r->at = end;
	if (!value) {
		buf_append(&r->out, name, (size_t)(end - name));
		return;
	}
	begin = behind_kind(value);
	quote = *end == '=' && !strchr("\"'\\", *begin) ? quote_around(r, name, &nested) : '\0';
	stop = quote ? quote_end(begin, quote, nested) : value_end(begin, stops, &begin);
	r->at = stop;
	if (is_switch(begin, (size_t)(stop - begin)))
		begin = stop;
	buf_append(&r->out, name, (size_t)(begin - name));
	if (stop > begin)
		buf_puts(&r->out, SECRET_HIDDEN);
}

char *secret_hide(const char *text)
{
	struct reader r = {.text = text, .at = text, .authority_end = text};

	if (!text)
		return NULL;
	while (*r.at) {
		const char *end = address_secret(&r, r.at);

		if (end) {
			buf_puts(&r.out, SECRET_HIDDEN);
			r.at = end;
		} else if (is_name_char(*r.at)) {
			take_name(&r);
		} else {
			buf_putc(&r.out, *r.at++);
		}
	}
	return buf_take(&r.out);
}

/* Whether what belongs to this key is nobody's business, and not just a switch. */
static bool is_hidden_whole(const char *key, const char *value)
{
	size_t n = strlen(value);

	if (n >= 2 && value[0] == '"' && value[n - 1] == '"') { /* JSON */
		value++;
		n -= 2;
	}
	return key && secret_path(key) && !is_switch(value, n);
}

char *secret_show(const char *key, const char *value)
{
	if (!value)
		return NULL;
	return is_hidden_whole(key, value) ? xstrdup(SECRET_HIDDEN) : secret_hide(value);
}

/* The key that a subject is about; NULL when it is about something else than a setting. */
static const char *subject_key(const char *subject)
{
	static const char *const schemes[] = {"aug:", "docker:", "json:", "kv:", "unit:"};

	for (size_t i = 0; subject && i < ARRAY_SIZE(schemes); i++)
		if (strncmp(subject, schemes[i], strlen(schemes[i])) == 0)
			return subject + strlen(schemes[i]);
	return NULL;
}

bool secret_in(const char *subject, const char *value)
{
	CLEANUP(freep) char *shown = secret_show(subject_key(subject), value);

	return value && *value && strcmp(shown, value) != 0;
}

char *secret_digest(const char *value)
{
	json_t *j = json_loads(value, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	CLEANUP(freep)
	char *dense = j ? json_dumps(j, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	const char *text = dense ? dense : value;
	CLEANUP(freep) char *hex = digest_new(text, strlen(text));

	json_decref(j);
	return xasprintf(DIGEST_PREFIX "%s", hex);
}

bool secret_is_digest(const char *value)
{
	return strncmp(value, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) == 0 &&
	       strlen(value) == strlen(DIGEST_PREFIX) + DIGEST_HEX_LEN;
}
