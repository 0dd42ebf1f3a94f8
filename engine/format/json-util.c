#include "engine/format/json-util.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/buf.h"

const char *json_type_name(const json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	case JSON_NULL:
		break;
	}
	return "null";
}

static json_t *hex_text(const char *s)
{
	CLEANUP(buf_clear) struct buf hex = {0};

	for (; *s; s++)
		buf_printf(&hex, "%02x", (unsigned char)*s);
	return xcheck(json_pack("{s:s}", "hex", buf_str(&hex)));
}

json_t *json_text(const char *s)
{
	json_t *text;

	if (!s)
		return json_null();
	text = json_string(s); /* NULL when it is no UTF-8 */
	return text ? text : hex_text(s);
}

json_t *json_text_list(const struct strv *v)
{
	json_t *list = xcheck(json_array());

	for (size_t i = 0; i < v->count; i++)
		json_array_append_new(list, json_text(v->items[i]));
	return list;
}

void json_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, xcheck(value)) < 0)
		xcheck(NULL);
}

static int from_hex(const char *hex, char **ret)
{
	CLEANUP(buf_clear) struct buf bytes = {0};
	unsigned byte;

	if (strlen(hex) % 2)
		return -EINVAL;
	for (; *hex; hex += 2) {
		if (sscanf(hex, "%2x", &byte) != 1 || byte == 0)
			return -EINVAL;
		buf_putc(&bytes, (char)byte);
	}
	*ret = buf_take(&bytes);
	return 0;
}

static int take_value(const json_t *value, const char *key, char **ret, struct error *err)
{
	const char *hex = json_string_value(json_object_get(value, "hex"));

	if (json_is_null(value))
		*ret = NULL;
	else if (json_is_string(value))
		*ret = xstrdup(json_string_value(value));
	else if (!hex || from_hex(hex, ret) < 0)
		return error_set(err, -EINVAL, "'%s' is not text", key);
	return 0;
}

int json_take_text(const json_t *object, const char *key, char **ret, struct error *err)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return error_set(err, -EINVAL, "'%s' is missing", key);
	return take_value(value, key, ret, err);
}

int json_take_array(const json_t *object, const char *key, const json_t **ret, struct error *err)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_array(value))
		return error_set(err, -EINVAL, "'%s' is not a list", key);
	*ret = value;
	return 0;
}

int json_take_list(const json_t *object, const char *key, struct strv *ret, struct error *err)
{
	const json_t *list = NULL, *item;
	size_t i;
	int r = json_take_array(object, key, &list, err);

	if (r < 0)
		return r;
	json_array_foreach(list, i, item)
	{
		char *text = NULL;

		r = take_value(item, key, &text, err);
		if (r < 0 || !text)
			return error_set(err, -EINVAL, "'%s' holds something else than text", key);
		strv_add_owned(ret, text);
	}
	return 0;
}

int json_take_int(const json_t *object, const char *key, json_int_t *ret, struct error *err)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		return error_set(err, -EINVAL, "'%s' is not a whole number", key);
	*ret = json_integer_value(value);
	return 0;
}

static int append(const char *bytes, size_t n, void *data)
{
	buf_append(data, bytes, n);
	return 0;
}

void json_dump_to(const json_t *value, size_t flags, struct buf *ret)
{
	json_dump_callback(value, append, ret, flags);
}

/* How much of the text may be repeated; `near` is " near 'WHAT IS THERE'". */
static bool may_be_told(const json_error_t *why, const char *near)
{
	size_t len = strlen(near);
	bool is_sign = len == strlen(" near 'x'") && !isalnum((unsigned char)near[len - 2]);

	return json_error_code(why) == json_error_duplicate_key || is_sign;
}

int json_refused(const json_error_t *why, int code, struct error *err)
{
	const char *near = strstr(why->text, " near '");
	size_t len =
		near && !may_be_told(why, near) ? (size_t)(near - why->text) : strlen(why->text);

	return error_set(err, code, "line %d, column %d: %.*s", why->line, why->column, (int)len,
			 why->text);
}

static void items_sorted(const json_t *array, struct strv *ret)
{
	CLEANUP(strv_clear) struct strv all = {0};

	for (size_t i = 0; i < json_array_size(array); i++) {
		CLEANUP(buf_clear) struct buf text = {0};

		json_dump_to(json_array_get(array, i),
			     JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS, &text);
		strv_add(&all, buf_str(&text));
	}
	strv_sort(&all);
	for (size_t i = 0; i < all.count; i++)
		if (i == 0 || strcmp(all.items[i], all.items[i - 1]) != 0)
			strv_add(ret, all.items[i]);
}

/* In order, for each against all takes minutes where a list has tens of thousands of them. */
bool json_items_same(const json_t *a, const json_t *b)
{
	CLEANUP(strv_clear) struct strv x = {0}, y = {0};

	items_sorted(a, &x);
	items_sorted(b, &y);
	return strv_equal(&x, &y);
}
