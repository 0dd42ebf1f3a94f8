#include "engine/format/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/macros.h"
#include "engine/base/str.h"
#include "engine/format/daemon-keys.h"
#include "engine/format/format.h"
#include "engine/format/secret-name.h"
#include "engine/format/secret-option.h"
#include "engine/format/secret-span.h"

#define COMMAND_ENDS ";|&\n"

static bool ends_quoted(const char *at)
{
	return *at == '\0' || *at == '\n' || is_quote(*at) ||
	       (*at == '\\' && (!at[1] || strchr("\"'\\", at[1])));
}

static bool ends_port(const char *at)
{
	return ends_word(*at) || strchr("/?#,:;.)]}", *at);
}

/*
 * A text being read. Where an authority (RFC 3986, section 3.2) ends, and its last @, is the same
 * for each place in it: it is looked for once, or a line of many '=' would be read as often.
 */
struct reader {
	const char *text, *at;
	const char *authority_end, *userinfo_end; /* of the authority that `at` was in last */
	const char *quoted_end, *quoted_at; /* likewise, of what a bad address may reach to */
	const char *first_quote; /* before it none can be open */
	bool has_options; /* then programs matter, whose they are */
	struct secret_program program; /* of the command that `at` is in */
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
 * Where what begins at `at` ends for sure: with the quote that stands before its name, else with its word. A quote
 * in the word ends it where one may be open.
 */
static const char *login_bound(const struct reader *r, const char *name, const char *at)
{
	bool nested;
	char quote = quote_around(r->text, name, &nested);

	if (quote)
		return quote_end(at, quote, nested);
	while (*at && !isspace((unsigned char)*at) && !iscntrl((unsigned char)*at) &&
	       (at < r->first_quote || name < r->first_quote || !ends_quoted(at)))
		at++;
	return at;
}

static const char *last_at(const char *from, const char *end)
{
	return memrchr(from, '@', (size_t)(end - from));
}

/*
 * Where the login really ends whose first @ is at `first`, the last that an address could have it at: an @ in a
 * password that has signs behind it, which an address must spell otherwise, comes before the real one. Who reads it
 * by the letter takes those for the host; what may be of the password is not shown. Without a password nothing is
 * that could be so.
 */
static const char *login_end(const struct reader *r, const char *name, const char *at,
			     const char *first)
{
	return memchr(at, ':', (size_t)(first - at)) ? last_at(first, login_bound(r, name, first))
						     : first;
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
		const char *end = login_bound(r, at - 3, at);

		r->quoted_at = last_at(at, end);
		if (!r->quoted_at) {
			while (!ends_quoted(end))
				end++;
			r->quoted_at = last_at(at, end);
		}
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
	if (*colon != ':' || colon == at || colon + 1 == end || starts_with(end + 1, "sha256:"))
		return NULL;
	return login_end(r, at, at, end);
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
	if (*sign != ',' || !starts_with(name, "--"))
		return NULL;
	sign += 1 + strspn(sign + 1, " ");
	return strncmp(sign, at, (size_t)nested + 1) == 0 ? sign : NULL;
}

static bool is_header(const char *name, const char *end)
{
	static const char header[] = "authorization";

	return skip_prefix_case(name, header) == end && *end == ':';
}

/* "NAME:VALUE", as somebody may write a label. */
static bool is_quoted_pair(const struct reader *r, const char *name, const char *end)
{
	return *end == ':' && name > r->text && name[-1] == '"' && !ends_word(end[1]) &&
	       end[1] != '/' && !is_position(end + 1);
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

	*ret_stops = "";
	if (*at == '=')
		return at + 1;
	if ((*at == ' ' || *at == '\t') && *name == '-' && at > name + 2) {
		at += strspn(at, " \t");
		return *at == '-' ? NULL : at;
	}
	if (is_header(name, at))
		return at + 1;
	if (is_quoted_pair(r, name, at))
		return at + 1;
	*ret_stops = ",}]";
	if (*at == ':' && name > r->text && strchr("[ ", name[-1]))
		return ends_word(at[1]) || at[1] == '/' || is_position(at + 1) ? NULL : at + 1;
	return assigned_behind_quote(r, name, at);
}

/* Switches are no secrets, whatever they are called. */
static bool is_switch(const char *value, size_t n)
{
	static const char *const switches[] = {"true", "false", "null", "yes", "no", "on", "off"};

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
		if (equals_n(value, n, switches[i]))
			return true;
	return n == 0;
}

/* A secret that begins at `at`: where it ends; NULL when none does. */
static const char *address_secret(struct reader *r, const char *at)
{
	if (at - r->text >= 3 && starts_with(at - 3, "://")) {
		const char *end = userinfo_end(r, at);

		end = end ? login_end(r, at - 3, at, end) : bad_userinfo_end(r, at);
		return end == at ? NULL : end; /* "://@": there is nothing to hide */
	}
	return begins_word(r, at) ? bare_userinfo_end(r, at) : NULL;
}

/* Of an option of the command's program: where its secret ends; NULL when it has none. */
static const char *option_secret(const struct reader *r, const char **ret_begin)
{
	if (*r->at != '-' || (r->at > r->text && !ends_word(r->at[-1]) && r->at[-1] != '['))
		return NULL;
	return secret_option(r->text, r->at, &r->program, ret_begin, NULL);
}

/* Where the value ends that begins at `value`; behind its quote or its kind: ret_begin. */
static const char *secret_end(const struct reader *r, const char *end, const char *value,
			      const char *stops, const char **ret_begin)
{
	const char *name = r->at, *stop;
	bool header = is_header(name, end), nested;
	char quote;

	stop = secret_of_header(value, ret_begin);
	quote = (*end == '=' || header || is_quoted_pair(r, name, end)) &&
				!strchr("\"'\\", **ret_begin)
			? quote_around(r->text, name, &nested)
			: '\0';
	if (quote && nested)
		return quote_end(*ret_begin, quote, nested);
	if (quote)
		return quoted_word_end(*ret_begin, quote);
	return header && !strchr("\"'", **ret_begin) ? stop
						     : value_end(*ret_begin, stops, ret_begin);
}

/* What is hidden already stays; where more comes behind it, all of it is a secret. */
static const char *put_hidden(struct reader *r, const char *begin, const char *end)
{
	size_t n = secret_mark_length(begin);

	if (n == 0 || begin + n < end) {
		buf_puts(&r->out, SECRET_HIDDEN);
		return end;
	}
	buf_append(&r->out, begin, n);
	return begin + n;
}

/* Takes over the name and, where it speaks of a secret, hides what is assigned to it. */
static void take_name(struct reader *r)
{
	const char *name = r->at, *end = name, *value, *begin, *stop, *stops;

	while (is_name_char(*end))
		end++;
	if (r->has_options && secret_option_program(name, (size_t)(end - name)))
		r->program = (struct secret_program){name, (size_t)(end - name)};
	value = secret_name(name, (size_t)(end - name)) ? assigned(r, name, end, &stops) : NULL;
	if (!value) {
		buf_append(&r->out, name, (size_t)(end - name));
		r->at = end;
		return;
	}
	stop = secret_end(r, end, value, stops, &begin);
	r->at = stop;
	if (is_switch(begin, (size_t)(stop - begin)))
		begin = stop;
	buf_append(&r->out, name, (size_t)(begin - name));
	if (stop > begin)
		r->at = put_hidden(r, begin, stop);
}

char *secret_hide(const char *text)
{
	struct reader r = {.text = text, .at = text, .authority_end = text};

	if (!text)
		return NULL;
	r.has_options = strchr(text, '-');
	r.first_quote = text + strcspn(text, "\"'");
	while (*r.at) {
		const char *begin = r.at, *end = address_secret(&r, r.at);

		if (end || (end = option_secret(&r, &begin))) {
			buf_append(&r.out, r.at, (size_t)(begin - r.at));
			r.at = put_hidden(&r, begin, end);
		} else if (is_name_char(*r.at)) {
			take_name(&r);
		} else {
			if (strchr(COMMAND_ENDS, *r.at))
				r.program.name = NULL; /* another command begins */
			buf_putc(&r.out, *r.at++);
		}
	}
	return buf_take(&r.out);
}

/* A text where an object of options belongs may be any of these, of which no name tells. */
static bool is_misplaced(const char *key, const char *value)
{
	const struct daemon_key *k = key ? daemon_key_find(key + (*key == '/')) : NULL;

	return k && strcmp(k->type, "object") == 0 && *value == '"';
}

/* Whether what belongs to this key is nobody's business, and not just a switch. */
static bool is_hidden_whole(const char *key, const char *value)
{
	size_t n = strlen(value);

	if (is_misplaced(key, value))
		return true;
	if (n >= 2 && value[0] == '"' && value[n - 1] == '"') { /* JSON */
		value++;
		n -= 2;
	}
	return key && secret_path(key) && !is_switch(value, n) &&
	       !(secret_mark_length(value) && secret_mark_length(value) == n);
}

char *secret_show(const char *key, const char *value)
{
	if (!value)
		return NULL;
	return is_hidden_whole(key, value) ? xstrdup(SECRET_HIDDEN) : secret_hide(value);
}

/* The key that a subject is about; NULL when it is about something else than a setting. */
static const char *setting_of(struct subject s)
{
	const struct format *f = format_find(s);

	if (!f)
		f = format_of_effect(s);
	return f->names_secrets ? s.key : NULL;
}

char *secret_show_value(struct subject subject, const char *value)
{
	return secret_show(setting_of(subject), value);
}

int secret_refuse(struct subject subject, const char *value, const char *what, struct error *err)
{
	CLEANUP(freep) char *shown = secret_show_value(subject, value);

	return error_set(err, -EINVAL, "%s: '%s'", what, shown);
}

bool secret_in(struct subject subject, const char *value)
{
	CLEANUP(freep) char *shown = secret_show_value(subject, value);

	return value && *value && strcmp(shown, value) != 0;
}
