#include "engine/model/subject.h"

#include <stdint.h>
#include <stdlib.h>

#include "engine/base/alloc.h"

#define NAMED(name, text) [SCHEME_##name] = text,
#define LISTED(name, text) [SCHEME_##name] = true,

ENUM_TABLE(scheme, enum scheme, SCHEME_COUNT, [SCHEME_NONE] = "none",
	   SCHEMES_OF_PATH(NAMED) SCHEMES_OF_CONTENT(NAMED) SCHEMES_OF_EFFECTS(NAMED));

static bool has_key(enum scheme scheme)
{
	static const bool keyed[SCHEME_COUNT] = {SCHEMES_OF_CONTENT(LISTED)
							 SCHEMES_OF_EFFECTS(LISTED)};

	return keyed[scheme];
}

int subject_parse(const char *text, struct subject *ret, struct error *err)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	CLEANUP(freep) char *name = xstrndup(text, n);
	int scheme = scheme_from_string(name);

	if (scheme <= SCHEME_NONE || has_key((enum scheme)scheme) != (colon != NULL))
		return error_set(err, -EINVAL, "no such kind of subject: '%s'", text);
	*ret = subject_of((enum scheme)scheme, colon ? colon + 1 : "");
	return 0;
}

char *subject_print(struct subject s)
{
	const char *name = scheme_to_string(s.scheme);

	return has_key(s.scheme) ? xasprintf("%s:%s", name, s.key) : xstrdup(name);
}

bool subject_equal(struct subject a, struct subject b)
{
	return a.scheme == b.scheme && strcmp_null(a.key, b.key) == 0;
}

struct subject subject_copy(struct subject s)
{
	return subject_of(s.scheme, xstrdup_null(s.key));
}

void subject_clear(struct subject *s)
{
	free((void *)(uintptr_t)s->key); /* const for those who only borrow it */
	*s = (struct subject){0};
}

bool subject_is_content(struct subject s)
{
	static const bool content[SCHEME_COUNT] = {SCHEMES_OF_CONTENT(LISTED)};

	return content[s.scheme];
}

bool subject_is_link(struct subject s)
{
	return s.scheme == SCHEME_LINK;
}

bool subjects_contain(const struct subjects *all, struct subject s)
{
	for (size_t i = 0; i < all->count; i++)
		if (subject_equal(all->items[i], s))
			return true;
	return false;
}

void subjects_add_once(struct subjects *all, struct subject s)
{
	struct subject *added;

	if (subjects_contain(all, s))
		return;
	added = array_append(&all->items, &all->count, sizeof(*added));
	*added = subject_copy(s);
}

void subjects_clear(struct subjects *all)
{
	for (size_t i = 0; i < all->count; i++)
		subject_clear(&all->items[i]);
	free(all->items);
	*all = (struct subjects){0};
}
