#include "engine/baseline/scalar-type.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "engine/base/macros.h"
#include "engine/base/str.h"

/* The core schema knows these three ways to write a word, and no others ("tRUE" is text). */
static bool is_word(const char *text, const char *lower, const char *title, const char *upper)
{
	return str_equal(text, lower) || str_equal(text, title) || str_equal(text, upper);
}

static const char *skip(const char *s, const char *accepted)
{
	return s + strspn(s, accepted);
}

static const char *skip_sign(const char *s)
{
	return *s == '-' || *s == '+' ? s + 1 : s;
}

static bool is_int(const char *s)
{
	const char *digits = skip_sign(s);

	if (starts_with(s, "0o"))
		return s[2] && !*skip(s + 2, "01234567");
	if (starts_with(s, "0x"))
		return s[2] && !*skip(s + 2, "0123456789abcdefABCDEF");
	return *digits && !*skip(digits, "0123456789");
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(const char *s)
{
	const char *start = skip_sign(s), *end = skip(start, "0123456789");
	bool digits = end > start;

	if (*end == '.') {
		const char *fraction = end + 1;

		end = skip(fraction, "0123456789");
		digits = digits || end > fraction;
	}
	if (!digits)
		return false;
	if (*end == 'e' || *end == 'E') {
		const char *exponent = skip_sign(end + 1);

		end = skip(exponent, "0123456789");
		if (end == exponent)
			return false;
	}
	return *end == '\0';
}

/* With or without a sign, and ".inf" and ".nan" among them: most texts need no closer look. */
static bool begins_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}

enum scalar_type scalar_type(const struct tree_node *scalar)
{
	const char *s = scalar->text;

	if (!scalar->plain)
		return SCALAR_TEXT;
	if (*s == '\0' || str_equal(s, "~") || is_word(s, "null", "Null", "NULL"))
		return SCALAR_NULL;
	if (is_word(s, "true", "True", "TRUE") || is_word(s, "false", "False", "FALSE"))
		return SCALAR_BOOL;
	if (!begins_number(*s))
		return SCALAR_TEXT;
	if (is_int(s))
		return SCALAR_INT;
	if (is_float(s))
		return SCALAR_FLOAT;
	if (is_word(s, ".nan", ".NaN", ".NAN") || is_word(skip_sign(s), ".inf", ".Inf", ".INF"))
		return SCALAR_NO_NUMBER;
	return SCALAR_TEXT;
}

bool scalar_is_old_bool(const struct tree_node *scalar, bool *ret_meant)
{
	static const char *const words[] = {"no", "yes", "off", "on"};

	if (scalar->kind != TREE_SCALAR || !scalar->plain)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(scalar->text, words[i]) == 0) {
			*ret_meant = i % 2 == 1;
			return true;
		}
	return false;
}
