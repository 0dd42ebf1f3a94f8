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

#define DIGEST_PREFIX "sha256:"

/* What no address holds, wherever it stands: in a command line, in JSON, in a unit's line. */
static bool ends_word(char c)
{
	return c == '\0' || isspace((unsigned char)c) || iscntrl((unsigned char)c) ||
	       strchr("\"'\\`<>", c);
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-.", c));
}

/* The last @ of the authority that begins here (RFC 3986, section 3.2); NULL when it has none. */
static const char *userinfo_end(const char *at)
{
	const char *last = NULL;

	for (; !ends_word(*at) && !strchr("/?#", *at); at++)
		if (*at == '@')
			last = at;
	return last;
}

/* "user:password@host:3128", which proxies may be given as, but no "image:tag@sha256:...". */
static const char *bare_userinfo_end(const char *at)
{
	const char *end = userinfo_end(at), *colon = at;

	while (is_name_char(*colon) || *colon == '%')
		colon++;
	if (!end || *colon != ':' || colon == at || colon + 1 == end ||
	    strncmp(end + 1, "sha256:", 7) == 0)
		return NULL;
	return end;
}

static bool begins_word(const char *text, const char *at)
{
	return at == text || ends_word(at[-1]) || strchr("=,[", at[-1]);
}

/* Whether a name that ends here speaks of a secret. */
static bool is_secret_name(const char *begin, const char *end)
{
	static const char *const words[] = {"password", "passwd", "secret",
					    "token",    "apikey", "api-key"};

	for (const char *at = begin; at < end; at++)
		for (size_t i = 0; i < ARRAY_SIZE(words); i++)
			if ((size_t)(end - at) >= strlen(words[i]) &&
			    strncasecmp(at, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

/* Where the value begins that is assigned to the name before: NAME=, "NAME": or 'NAME':. */
static const char *assigned(const char *name_end)
{
	const char *at = name_end;

	if (*at == '=')
		return at + 1;
	at += *at == '\\'; /* a quote within quotes */
	if ((*at != '"' && *at != '\'') || at[1] != ':')
		return NULL;
	return at + 2 + strspn(at + 2, " ");
}

/* Behind a value: quoted, in quotes that are themselves within quotes (\"), or bare. */
static const char *value_end(const char *at, const char **ret_begin)
{
	bool nested = *at == '\\';
	char quote;

	at += nested;
	quote = *at == '"' || *at == '\'' ? *at++ : '\0';
	for (*ret_begin = at; *at && *at != '\n'; at++) {
		if (!quote && (ends_word(*at) || strchr(",}]", *at)))
			break;
		if (quote && (nested ? *at == '\\' && at[1] == quote : *at == quote))
			break;
		at += quote && *at == '\\' && at[1];
	}
	return at;
}

/* A secret that begins at `at`: where it ends; NULL when none does. */
static const char *address_secret(const char *text, const char *at)
{
	if (at - text >= 3 && strncmp(at - 3, "://", 3) == 0) {
		const char *end = userinfo_end(at);

		return end == at ? NULL : end; /* "://@": there is nothing to hide */
	}
	return begins_word(text, at) ? bare_userinfo_end(at) : NULL;
}

/* Takes over the name at `at` and, where it speaks of a secret, hides what is assigned to it. */
static const char *take_name(struct buf *out, const char *at)
{
	const char *end = at, *value, *begin, *stop;

	while (is_name_char(*end))
		end++;
	value = is_secret_name(at, end) ? assigned(end) : NULL;
	if (!value) {
		buf_append(out, at, (size_t)(end - at));
		return end;
	}
	stop = value_end(value, &begin);
	buf_append(out, at, (size_t)(begin - at));
	if (stop > begin)
		buf_puts(out, SECRET_HIDDEN);
	return stop;
}

char *secret_hide(const char *text)
{
	struct buf out = {0};
	const char *at = text;

	if (!text)
		return NULL;
	while (*at) {
		const char *end = address_secret(text, at);

		if (end) {
			buf_puts(&out, SECRET_HIDDEN);
			at = end;
		} else if (is_name_char(*at)) {
			at = take_name(&out, at);
		} else {
			buf_putc(&out, *at++);
		}
	}
	return buf_take(&out);
}

/* The key that a subject is about; NULL when it is about something else than a setting. */
static const char *subject_key(const char *subject)
{
	static const char *const schemes[] = {"docker:", "json:", "kv:", "unit:"};

	for (size_t i = 0; subject && i < ARRAY_SIZE(schemes); i++) {
		const char *key = subject + strlen(schemes[i]);

		if (strncmp(subject, schemes[i], strlen(schemes[i])) == 0)
			return strrchr(key, '/') ? strrchr(key, '/') + 1 : key;
	}
	return NULL;
}

bool secret_in(const char *subject, const char *value)
{
	CLEANUP(freep) char *hidden = secret_hide(value);
	const char *key = subject_key(subject);

	if (!value || !*value)
		return false;
	return strcmp(hidden, value) != 0 || (key && is_secret_name(key, key + strlen(key)));
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
