#include "engine/format/format.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-text.h"
#include "engine/format/schemes.h"

static const struct format formats[] = {
	{"json", json_text_get, json_text_set, json_value_same},
	{"unit", unit_text_get, unit_text_set, NULL},
	{"kv", kv_text_get, kv_text_set, kv_text_same},
	{"entry", entry_text_get, entry_text_set, NULL},
	{"member", member_text_get, member_text_set, NULL},
	{"rule", rule_text_get, rule_text_set, rule_text_same},
	{"text", whole_text_get, whole_text_set, NULL},
	{"override", override_text_get, override_text_set, NULL},
	{"aug", aug_text_get, aug_text_set, NULL},
};

const struct format *format_find(const char *subject, const char **ret_key)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		size_t n = strlen(formats[i].scheme);

		if (strncmp(subject, formats[i].scheme, n) != 0 || subject[n] != ':')
			continue;
		if (ret_key)
			*ret_key = subject + n + 1;
		return &formats[i];
	}
	return NULL;
}

int format_get(const struct buf *text, const char *subject, char **ret_value, struct error *err)
{
	const char *key;
	const struct format *format = format_find(subject, &key);

	if (!format)
		return error_set(err, -EINVAL, "no such kind of subject: '%s'", subject);
	return format->get(text, key, ret_value, err);
}

int format_set(struct buf *text, const char *subject, const char *value, struct error *err)
{
	const char *key;
	const struct format *format = format_find(subject, &key);

	if (!format)
		return error_set(err, -EINVAL, "no such kind of subject: '%s'", subject);
	return format->set(text, key, value, err);
}

bool format_same(const char *subject, const char *a, const char *b)
{
	const struct format *format = format_find(subject, NULL);

	if (!a || !b || !format || !format->same)
		return strcmp_null(a, b) == 0;
	return format->same(a, b);
}
