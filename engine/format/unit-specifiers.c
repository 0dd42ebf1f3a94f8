#include "engine/format/unit-specifiers.h"

#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"
#include "engine/base/str.h"

/* Those of the system's own manager. */
static const struct {
	char letter;
	const char *text;
} fixed[] = {{'%', "%"},        {'t', "/run"},       {'E', "/etc"},
	     {'S', "/var/lib"}, {'C', "/var/cache"}, {'L', "/var/log"}};

/* A part of the unit's name; NULL: the letter stands for none. */
static char *part_of(const char *unit, char letter)
{
	const char *dot = strrchr(unit, '.'), *end = dot ? dot : unit + strlen(unit);
	const char *at = memchr(unit, '@', (size_t)(end - unit));

	switch (letter) {
	case 'n':
		return xstrdup(unit);
	case 'N':
		return xstrndup(unit, (size_t)(end - unit));
	case 'p':
		return xstrndup(unit, (size_t)((at ? at : end) - unit));
	case 'i':
		return at ? xstrndup(at + 1, (size_t)(end - at) - 1) : xstrdup("");
	default:
		return NULL;
	}
}

static char *text_of(const char *unit, char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (fixed[i].letter == letter)
			return xstrdup(fixed[i].text);
	return part_of(unit, letter);
}

char *unit_specifiers_put(const char *text, const char *unit)
{
	CLEANUP(buf_clear) struct buf out = {0};

	for (const char *p = text; *p; p++) {
		CLEANUP(freep) char *put = *p == '%' ? text_of(unit, *++p) : xasprintf("%c", *p);

		if (!put)
			return NULL;
		buf_puts(&out, put);
	}
	return xstrdup(buf_str(&out));
}
