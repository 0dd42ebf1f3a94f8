#include "engine/model/stopped.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

ENUM_TABLE(comes_back, enum comes_back, COMES_BACK_COUNT, [COMES_BACK_UNKNOWN] = "unknown",
	   [COMES_BACK_YES] = "yes", [COMES_BACK_UNLESS_0] = "unless-0", [COMES_BACK_NO] = "no",
	   [COMES_BACK_NEVER] = "never", [COMES_BACK_CUT_OFF] = "cut-off");

/* It stops once, whatever the number of reasons: "web (a)" and " (b)" are "web (a; b)". */
static struct stopped *put(struct stopped_list *all, const char *name, enum comes_back back,
			   const char *said)
{
	struct stopped *s = NULL;
	CLEANUP(freep) char *before = NULL;
	size_t n;

	for (size_t i = 0; !s && i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			s = &all->items[i];
	if (!s) {
		s = array_append(&all->items, &all->count, sizeof(*s));
		s->name = xstrdup(name);
		s->comes_back = back;
		s->text = xasprintf("%s%s", name, said);
		return s;
	}
	if (back != COMES_BACK_UNKNOWN)
		s->comes_back = back;
	before = s->text;
	n = strlen(before);
	if (n > 0 && before[n - 1] == ')' && starts_with(said, " ("))
		s->text = xasprintf("%.*s; %s", (int)n - 1, before, said + 2);
	else
		s->text = xasprintf("%s; %s", before, said + strspn(said, " :,"));
	return s;
}

struct stopped *stopped_add(struct stopped_list *all, const char *name, enum comes_back back,
			    const char *fmt, ...)
{
	CLEANUP(freep) char *said = NULL, *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	said = xvasprintf(fmt, ap);
	va_end(ap);
	text = xasprintf(" (%s)", said);
	return put(all, name, back, text);
}

/* What plans said that had the sentence alone. */
static enum comes_back by_text(const char *said)
{
	static const struct {
		const char *beginning;
		enum comes_back back;
	} rows[] = {
		{" (comes back: ", COMES_BACK_YES},
		{" (comes back unless ", COMES_BACK_UNLESS_0},
		{" (stays stopped: ", COMES_BACK_NO},
		{" (is removed: ", COMES_BACK_NEVER},
		{" (ends for good: ", COMES_BACK_NEVER},
		{" (" CUT_OFF_TEXT, COMES_BACK_CUT_OFF},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (starts_with(said, rows[i].beginning))
			return rows[i].back;
	return COMES_BACK_UNKNOWN;
}

struct stopped *stopped_add_text(struct stopped_list *all, const char *text)
{
	size_t n = strcspn(text, " :,("); /* which no name has */
	CLEANUP(freep) char *name = xstrndup(text, n);

	return put(all, name, by_text(text + n), text + n);
}

size_t stopped_ending(const struct stopped_list *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += all->items[i].comes_back != COMES_BACK_CUT_OFF;
	return n;
}

bool stopped_may(const struct stopped *s)
{
	return s->comes_back == COMES_BACK_UNKNOWN &&
	       (strstr(s->text, GOES_WITH_TEXT) || strstr(s->text, MAY_END_TEXT) ||
		strstr(s->text, UNTOLD_TEXT));
}

size_t stopped_maybe(const struct stopped_list *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += stopped_may(&all->items[i]);
	return n;
}

char *stopped_verb(const struct stopped_list *all)
{
	size_t may = stopped_maybe(all), sure = stopped_ending(all) - may;
	const char *word = sure + may == 1 ? "container" : "containers";

	if (may == 0)
		return xasprintf("stops %zu %s", sure, word);
	if (sure == 0)
		return xasprintf("may stop %zu %s", may, word);
	return xasprintf("stops %zu %s, and may stop %zu", sure,
			 sure == 1 ? "container" : "containers", may);
}

bool stopped_by_unit(const struct stopped *s)
{
	return s->comes_back != COMES_BACK_CUT_OFF && strstr(s->text, GOES_WITH_TEXT);
}

size_t stopped_with_units(const struct stopped_list *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += stopped_by_unit(&all->items[i]);
	return n;
}

const struct stopped *stopped_find(const struct stopped_list *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	return NULL;
}

void stopped_copy(struct stopped_list *to, const struct stopped_list *from)
{
	stopped_clear(to);
	to->not_borrowed = xstrdup_null(from->not_borrowed);
	for (size_t i = 0; i < from->count; i++) {
		const struct stopped *is = &from->items[i];
		struct stopped *s = array_append(&to->items, &to->count, sizeof(*s));

		s->name = xstrdup(is->name);
		s->id = xstrdup_null(is->id);
		s->policy = xstrdup_null(is->policy);
		s->comes_back = is->comes_back;
		s->text = xstrdup(is->text);
	}
}

void stopped_clear(struct stopped_list *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->items[i].name);
		free(all->items[i].id);
		free(all->items[i].policy);
		free(all->items[i].text);
	}
	free(all->items);
	free(all->not_borrowed);
	*all = (struct stopped_list){0};
}
