#include "engine/format/format.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/schemes/json-text.h"
#include "engine/format/schemes/schemes.h"

#define UNITS (HANDLER_BIT(HANDLER_SYSTEMD_RELOAD) | HANDLER_BIT(HANDLER_UNIT_STATE))
#define RESTART HANDLERS_DOCKERD
#define NOTHING 0U

/* A row that lacks one of them does not compile; nor does a scheme that has no row. */
#define ROW(get_, set_, same_, names_secrets_, has_words_, shown_, forced_by_)                     \
	{                                                                                          \
		.get = get_, .set = set_, .same = same_, .names_secrets = names_secrets_,          \
		.has_words = has_words_, .shown = shown_, .forced_by = forced_by_                  \
	}

/* Of content: what cannot be read or written has no row, so a NULL is none of the types here. */
#define GETTER(f)                                                                                  \
	_Generic((f), int (*)(const struct buf *, const char *, char **, struct error *) : (f))
#define SETTER(f)                                                                                  \
	_Generic((f), int (*)(struct buf *, const char *, const char *, struct error *) : (f))
#define CONTENT(get, set, same, names_secrets, has_words, shown, forced_by)                        \
	ROW(GETTER(get), SETTER(set), same, names_secrets, has_words, shown, forced_by)

#define FORMAT_JSON                                                                                \
	CONTENT(json_text_get, json_text_set, json_value_same, true, false, SHOWN_IN_BRACES,       \
		RESTART)
#define FORMAT_UNIT                                                                                \
	CONTENT(unit_text_get, unit_text_set, NULL, true, true, SHOWN_IN_SECTION, UNITS | RESTART)
#define FORMAT_KV                                                                                  \
	CONTENT(kv_text_get, kv_text_set, kv_text_same, true, true, SHOWN_ASSIGNED,                \
		HANDLER_BIT(HANDLER_SYSCTL) | UNITS | RESTART)
#define FORMAT_ENTRY                                                                               \
	CONTENT(entry_text_get, entry_text_set, NULL, false, false, SHOWN_BARE, RESTART)
#define FORMAT_MEMBER                                                                              \
	CONTENT(member_text_get, member_text_set, NULL, false, false, SHOWN_NAMED, NOTHING)
#define FORMAT_RULE                                                                                \
	CONTENT(rule_text_get, rule_text_set, rule_text_same, false, false, SHOWN_AS_RULE,         \
		HANDLER_BIT(HANDLER_AUDIT_RULES))
#define FORMAT_TEXT                                                                                \
	CONTENT(whole_text_get, whole_text_set, NULL, false, false, SHOWN_BARE,                    \
		HANDLER_BIT(HANDLER_FIREWALL) | UNITS)
#define FORMAT_OVERRIDE                                                                            \
	CONTENT(override_text_get, override_text_set, NULL, false, true, SHOWN_NAMED, NOTHING)
#define FORMAT_LIMIT                                                                               \
	CONTENT(limit_text_get, limit_text_set, NULL, false, false, SHOWN_NAMED, NOTHING)
#define FORMAT_AUG                                                                                 \
	CONTENT(aug_text_get, aug_text_set, NULL, true, false, SHOWN_NAMED, UNITS | RESTART)

/* Those of effects. */
#define EFFECT(names_secrets, shown) ROW(NULL, NULL, NULL, names_secrets, false, shown, NOTHING)
#define EFFECT_DOCKER EFFECT(true, SHOWN_NAMED)
#define EFFECT_SYSCTL EFFECT(true, SHOWN_NAMED)
#define EFFECT_STATE EFFECT(false, SHOWN_NAMED)
#define EFFECT_START EFFECT(false, SHOWN_NAMED)
#define EFFECT_RESTART EFFECT(false, SHOWN_NAMED)
#define EFFECT_CHAIN EFFECT(false, SHOWN_COUNTED)
#define EFFECT_FILE EFFECT(false, SHOWN_NAMED)
#define EFFECT_UNIT EFFECT(true, SHOWN_NAMED)
#define EFFECT_RULE EFFECT(false, SHOWN_AS_RULE)

#define FORMAT_ROW(name, text) [SCHEME_##name] = FORMAT_##name,
#define EFFECT_ROW(name, text) [SCHEME_##name] = EFFECT_##name,

const struct format *format_find(struct subject subject)
{
	static const struct format formats[SCHEME_COUNT] = {SCHEMES_OF_CONTENT(FORMAT_ROW)};

	return subject_is_content(subject) ? &formats[subject.scheme] : NULL;
}

const struct format *format_of_effect(struct subject subject)
{
	static const struct format effects[SCHEME_COUNT] = {SCHEMES_OF_EFFECTS(EFFECT_ROW)
								    SCHEMES_OF_BOTH(EFFECT_ROW)};

	return &effects[subject.scheme];
}

static int complain(struct subject subject, struct error *err)
{
	CLEANUP(freep) char *printed = subject_print(subject);

	return error_set(err, -EINVAL, "no such kind of subject: '%s'", printed);
}

int format_get(const struct buf *text, struct subject subject, char **ret_value, struct error *err)
{
	const struct format *format = format_find(subject);

	return format ? format->get(text, subject.key, ret_value, err) : complain(subject, err);
}

int format_set(struct buf *text, struct subject subject, const char *value, struct error *err)
{
	const struct format *format = format_find(subject);

	return format ? format->set(text, subject.key, value, err) : complain(subject, err);
}

bool format_same(struct subject subject, const char *a, const char *b)
{
	const struct format *format = format_find(subject);

	if (!a || !b || !format || !format->same)
		return strcmp_null(a, b) == 0;
	return format->same(a, b);
}
