#include "engine/format/schemes/json-text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-place.h"

int json_text_get(const struct buf *text, const char *pointer, char **ret_value, struct error *err)
{
	CLEANUP(json_place_clear) struct json_place p = {0};
	CLEANUP(buf_clear) struct buf value = {0};
	int r = json_place_find(text, pointer, &p, err);

	if (r < 0)
		return r;
	if (p.done < p.steps.count)
		return 0;
	if (json_is_blank(text))
		buf_puts(&value, "{}");
	else
		json_scan_compact(text->data + p.value.start, p.value.end - p.value.start, &value);
	*ret_value = buf_take(&value);
	return 1;
}

int json_text_keys(const struct buf *text, const char *pointer, struct strv *ret, struct error *err)
{
	CLEANUP(json_members_clear) struct json_members o = {0};
	CLEANUP(json_place_clear) struct json_place p = {0};
	int r = json_place_find(text, pointer, &p, err);

	if (r < 0 || json_is_blank(text))
		return r;
	if (p.done < p.steps.count)
		return error_set(err, -ENOENT, "no '%s' there", pointer);
	if (!json_scan_object(text, p.value, &o))
		return error_set(err, -EINVAL, "'%s' is not an object", pointer);
	for (size_t i = 0; i < o.count; i++)
		strv_add_owned(ret, json_scan_key(text, &o.items[i]));
	return 0;
}

int json_text_owners(const struct buf *text, const char *key, struct strv *ret, struct error *err)
{
	CLEANUP(json_members_clear) struct json_members top = {0};
	int r = json_text_check(text, err);

	if (r < 0 || json_is_blank(text) || !json_scan_object(text, json_scan_top(text), &top))
		return r;
	for (size_t i = 0; i < top.count; i++) {
		CLEANUP(json_members_clear) struct json_members o = {0};

		if (json_scan_object(text, top.items[i].value, &o) && json_scan_find(text, &o, key))
			strv_add_owned(ret, json_scan_key(text, &top.items[i]));
	}
	return 0;
}
