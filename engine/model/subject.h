#pragma once

/*
 * What an edit or effect is about: a scheme, and a key in that scheme's own terms. Its text is
 * SCHEME:KEY, or the scheme alone where a path has one such thing only ("mode"). The text is
 * parsed where it comes in (a saved plan, a journal) and printed where it leaves; nobody else
 * puts it together or takes it apart.
 */

#include <stdbool.h>

#include "engine/base/enum-table.h"
#include "engine/base/error.h"

enum scheme {
	SCHEME_NONE, /* nothing yet */

	/* Of a path itself. They have no key. */
	SCHEME_EXISTS, /* value "dir": a folder is made */
	SCHEME_MODE, /* four octal digits */
	SCHEME_OWNER, /* a number */
	SCHEME_GROUP,
	SCHEME_ACL, /* canonical text */
	SCHEME_DEFAULT_ACL,
	SCHEME_LINK, /* the target of a symbolic link at the path, not of what is behind it */

	/* Of a file's content: engine/format reads and writes them. */
	SCHEME_JSON,
	SCHEME_UNIT, /* in an effect: a unit whose files systemd reads again */
	SCHEME_KV,
	SCHEME_ENTRY,
	SCHEME_MEMBER,
	SCHEME_RULE, /* in an effect: the rule in the kernel */
	SCHEME_TEXT,
	SCHEME_OVERRIDE,
	SCHEME_AUG,

	/* Of effects alone (effect.h). */
	SCHEME_DOCKER,
	SCHEME_SYSCTL,
	SCHEME_STATE,
	SCHEME_START,
	SCHEME_RESTART,
	SCHEME_CHAIN,
	SCHEME_FILE,
	SCHEME_COUNT,
};

#define SCHEME_FIRST_CONTENT SCHEME_JSON
#define SCHEME_LAST_CONTENT SCHEME_AUG

ENUM_TABLE_DECLARE(scheme, enum scheme);

/* A value to pass around. The key belongs to who made it, but for that of subject_copy(). */
struct subject {
	enum scheme scheme;
	const char *key; /* "" where the scheme has none; never NULL but in SCHEME_NONE */
};

static inline struct subject subject_of(enum scheme scheme, const char *key)
{
	return (struct subject){.scheme = scheme, .key = key};
}

/* Of the path itself. */
static inline struct subject subject_path(enum scheme scheme)
{
	return subject_of(scheme, "");
}

/* The key points into the text. -EINVAL: there is no such scheme, or a key where none belongs. */
int subject_parse(const char *text, struct subject *ret, struct error *err);

/* The caller frees it. */
char *subject_print(struct subject s);

bool subject_equal(struct subject a, struct subject b);
struct subject subject_copy(struct subject s); /* for subject_clear() */
void subject_clear(struct subject *s);

/* Whether it is about content (JSON's "/icc"), not about an attribute of the path (its mode). */
bool subject_is_content(struct subject s);

/* Whether it is about a link itself: its path is not followed to the end. */
bool subject_is_link(struct subject s);

/* Several, of which each is there once. */
struct subjects {
	struct subject *items;
	size_t count;
};

void subjects_add_once(struct subjects *all, struct subject s); /* copies it */
bool subjects_contain(const struct subjects *all, struct subject s);
void subjects_clear(struct subjects *all);
