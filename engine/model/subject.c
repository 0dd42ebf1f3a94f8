#include "engine/model/subject.h"

#include <stdint.h>
#include <stdlib.h>

#include "engine/base/alloc.h"

ENUM_TABLE(scheme, enum scheme,
	   SCHEME_COUNT, [SCHEME_NONE] = "none", [SCHEME_EXISTS] = "exists", [SCHEME_MODE] = "mode",
	   [SCHEME_OWNER] = "owner", [SCHEME_GROUP] = "group", [SCHEME_ACL] = "acl",
	   [SCHEME_DEFAULT_ACL] = "default-acl", [SCHEME_LINK] = "link", [SCHEME_JSON] = "json",
	   [SCHEME_UNIT] = "unit", [SCHEME_KV] = "kv", [SCHEME_ENTRY] = "entry",
	   [SCHEME_MEMBER] = "member", [SCHEME_RULE] = "rule", [SCHEME_TEXT] = "text",
	   [SCHEME_OVERRIDE] = "override", [SCHEME_AUG] = "aug", [SCHEME_DOCKER] = "docker",
	   [SCHEME_SYSCTL] = "sysctl", [SCHEME_STATE] = "state", [SCHEME_START] = "start",
	   [SCHEME_RESTART] = "restart", [SCHEME_CHAIN] = "chain", [SCHEME_FILE] = "file");

static bool has_key(enum scheme scheme)
{
	return scheme >= SCHEME_FIRST_CONTENT;
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
	return s.scheme >= SCHEME_FIRST_CONTENT && s.scheme <= SCHEME_LAST_CONTENT;
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
