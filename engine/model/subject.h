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

/* Of a path itself: they have no key. */
#define SCHEMES_OF_PATH(_)                                                                         \
	_(EXISTS, "exists") /* value "dir": a directory is made */                                 \
	_(MODE, "mode") /* four octal digits */                                                    \
	_(OWNER, "owner") /* a number */                                                           \
	_(GROUP, "group")                                                                          \
	_(ACL, "acl") /* canonical text */                                                         \
	_(DEFAULT_ACL, "default-acl")                                                              \
	_(LINK, "link") /* the target of a symbolic link at the path, not of what is behind it */

/* Of a file's content: each has a row in engine/format/format.c, or that does not compile. */
#define SCHEMES_OF_CONTENT(_)                                                                      \
	_(JSON, "json")                                                                            \
	_(UNIT, "unit") /* in an effect: a unit whose files systemd reads again */                 \
	_(KV, "kv")                                                                                \
	_(ENTRY, "entry")                                                                          \
	_(MEMBER, "member")                                                                        \
	_(RULE, "rule") /* in an effect: the rule in the kernel */                                 \
	_(TEXT, "text")                                                                            \
	_(OVERRIDE, "override")                                                                    \
	_(AUG, "aug")                                                                              \
	_(LIMIT, "limit")

/* Of effects alone (effect.h): each has a row in engine/format/format.c, too. */
#define SCHEMES_OF_EFFECTS(_)                                                                      \
	_(DOCKER, "docker")                                                                        \
	_(SYSCTL, "sysctl")                                                                        \
	_(STATE, "state")                                                                          \
	_(START, "start")                                                                          \
	_(RESTART, "restart")                                                                      \
	_(CHAIN, "chain")                                                                          \
	_(FILE, "file")

/* Those of content that effects have, too: each has a second row there. */
#define SCHEMES_OF_BOTH(_)                                                                         \
	_(UNIT, "unit")                                                                            \
	_(RULE, "rule")

#define SCHEME_IN_ENUM(name, text) SCHEME_##name,

enum scheme {
	SCHEME_NONE, /* nothing yet */
	SCHEMES_OF_PATH(SCHEME_IN_ENUM) SCHEMES_OF_CONTENT(SCHEME_IN_ENUM)
		SCHEMES_OF_EFFECTS(SCHEME_IN_ENUM) SCHEME_COUNT,
};

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
