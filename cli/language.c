#include "cli/language.h"

#include <stdlib.h>
#include <string.h>

#include "cli/exit-codes.h"
#include "cli/message.h"
#include "cli/report/style.h"
#include "engine/base/alloc.h"
#include "engine/baseline/builtin.h"

int language_check(const struct options *o)
{
	CLEANUP(strv_clear) struct strv names = {0};
	CLEANUP(freep) char *list = NULL;

	if (!o->lang || builtin_catalog(o->lang))
		return CODE_OK;
	for (const struct catalog *c = builtin_catalogs; c->language; c++)
		strv_addf(&names, "%.*s", (int)strcspn(c->language, "_"), c->language);
	list = strv_join(&names, ", ");
	message("option '--lang' wants one of %s, not '%s'", list, o->lang);
	return CODE_USAGE;
}

/* The locale for messages: the first of the three that is set and not empty; NULL. */
static const char *message_locale(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = getenv(variables[i]);

		if (value && *value)
			return value;
	}
	return NULL;
}

/* LANGUAGE is a list of wishes, which counts only where the locale is not plain C. */
static const struct catalog *first_of(const char *wishes)
{
	CLEANUP(strv_clear) struct strv names = {0};
	const struct catalog *found = NULL;

	strv_split(&names, wishes, ":");
	for (size_t i = 0; !found && i < names.count; i++)
		found = builtin_catalog(names.items[i]);
	return found;
}

const struct catalog *language_of(const struct options *o)
{
	const char *locale = message_locale(), *wishes = getenv("LANGUAGE");

	if (o->lang)
		return builtin_catalog(o->lang);
	if (!locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
		return NULL;
	if (!style_locale_is_utf8()) /* what it cannot print would be escaped, sign by sign */
		return NULL;
	return wishes && *wishes ? first_of(wishes) : builtin_catalog(locale);
}
