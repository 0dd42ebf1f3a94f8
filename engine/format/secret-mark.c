#include "engine/format/secret-mark.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/digest.h"
#include "engine/base/str.h"

#define DIGEST_PREFIX "sha256:"
#define MARK "(hidden, sha256 "
#define MARK_DIGITS 4
#define DOTS "..."
#define ELLIPSIS "\xe2\x80\xa6"

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
	return starts_with(value, DIGEST_PREFIX) &&
	       strlen(value) == strlen(DIGEST_PREFIX) + DIGEST_HEX_LEN;
}

char *secret_mark(const char *value, bool utf8)
{
	CLEANUP(freep) char *digest = NULL;

	if (!value)
		return NULL;
	digest = secret_is_digest(value) ? xstrdup(value) : secret_digest(value);
	return xasprintf(MARK "%.*s%s)", MARK_DIGITS, digest + strlen(DIGEST_PREFIX),
			 utf8 ? ELLIPSIS : DOTS);
}

size_t secret_mark_length(const char *at)
{
	static const char *const ends[] = {DOTS ")", ELLIPSIS ")"};
	const char *digits = at + strlen(MARK);

	if (starts_with(at, SECRET_HIDDEN))
		return strlen(SECRET_HIDDEN);
	if (!starts_with(at, MARK) || strspn(digits, "0123456789abcdef") != MARK_DIGITS)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (starts_with(digits + MARK_DIGITS, ends[i]))
			return strlen(MARK) + MARK_DIGITS + strlen(ends[i]);
	return 0;
}
