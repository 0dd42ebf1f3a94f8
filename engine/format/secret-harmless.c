#include "engine/format/secret-harmless.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "engine/base/macros.h"
#include "engine/base/str.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define SIGNS "/:.-_@," /* between variables that are put together */

/* What is put in for "$NAME" or "${...}" at `at`, how long that is; 0: it is none. */
static size_t variable_length(const char *at)
{
	size_t n;

	if (*at != '$')
		return 0;
	n = at[1] == '{' ? strcspn(at, "}") : 0;
	if (n)
		return at[n] ? n + 1 : n;
	n = isdigit((unsigned char)at[1]) ? 0 : strspn(at + 1, ALNUM "_");
	return n ? n + 1 : 0;
}

/* "$NAME", "$A/$B", or what a command prints: no value by itself, but "$ecret!" and "$6$hash" are. */
bool secret_is_variable(const char *value)
{
	size_t n = variable_length(value);

	if (*value != '$')
		return false;
	if (!n)
		return value[1] == '\0' || value[1] == '(' || value[2] == '\0';
	for (value += n; *value; value += n) {
		n = variable_length(value);
		if (!n)
			n = strspn(value, SIGNS);
		if (!n)
			return strchr(SIGNS, value[-1]) &&
			       strspn(value, ALNUM SIGNS) == strlen(value);
	}
	return true;
}

/* A path has no other signs, and its first directory not the look of a password. */
static bool is_path(const char *value)
{
	static const char *const begins[] = {"/", "./", "../", "~/"};
	bool upper = false, digit = false, some = false;

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		some |= starts_with(value, begins[i]);
	for (const char *c = value + 1; *c && *c != '/'; c++) {
		upper |= isupper((unsigned char)*c) != 0;
		digit |= isdigit((unsigned char)*c) != 0;
	}
	return some && !(upper && digit) && strspn(value, ALNUM "._/-@:~${}*") == strlen(value);
}

/* A switch, a number, a path, a variable: whatever its name, nothing to keep secret. */
bool secret_is_harmless(const char *value)
{
	static const char *const switches[] = {"true", "false", "yes",      "no",   "on",
					       "off",  "none",  "required", "null", "auto"};
	size_t n = strlen(value);

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++)
		if (strcasecmp(value, switches[i]) == 0)
			return true;
	return n == 0 || secret_is_variable(value) || is_path(value) || strcmp(value, ".") == 0 ||
	       (*value == '<' && value[n - 1] == '>') || (*value == '%' && value[n - 1] == '%') ||
	       starts_with(value, "file:") || (n < 4 && strspn(value, "0123456789") == n) ||
	       strspn(value, "*") == n;
}
