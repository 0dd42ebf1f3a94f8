#include "engine/format/format.h"

#include <errno.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-text.h"
#include "engine/format/schemes.h"

static const struct format formats[] = {
	[SCHEME_JSON] = {json_text_get, json_text_set, json_value_same},
	[SCHEME_UNIT] = {unit_text_get, unit_text_set, NULL},
	[SCHEME_KV] = {kv_text_get, kv_text_set, kv_text_same},
	[SCHEME_ENTRY] = {entry_text_get, entry_text_set, NULL},
	[SCHEME_MEMBER] = {member_text_get, member_text_set, NULL},
	[SCHEME_RULE] = {rule_text_get, rule_text_set, rule_text_same},
	[SCHEME_TEXT] = {whole_text_get, whole_text_set, NULL},
	[SCHEME_OVERRIDE] = {override_text_get, override_text_set, NULL},
	[SCHEME_AUG] = {aug_text_get, aug_text_set, NULL},
};

const struct format *format_find(struct subject subject)
{
	return subject_is_content(subject) ? &formats[subject.scheme] : NULL;
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
