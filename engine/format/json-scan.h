#pragma once

/*
 * Where things stand in a JSON text: the spans of an object's members. The scanner knows no
 * errors of its own: it is only asked about texts that jansson has taken as valid.
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"

struct json_span {
	size_t start, end; /* end is behind the last byte */
};

struct json_member {
	struct json_span key; /* with its quotes */
	struct json_span value;
};

struct json_members {
	struct json_span span; /* from { to behind } */
	struct json_member *items;
	size_t count;
};

void json_members_clear(struct json_members *o);

/* The length of the byte order mark that the text begins with; 0: none. */
size_t json_scan_mark(const struct buf *text);

/* The span of the one value that the text holds. */
struct json_span json_scan_top(const struct buf *text);

/* The members of the object at span, in the order of the text; false when it is not an object. */
bool json_scan_object(const struct buf *text, struct json_span span, struct json_members *ret);

/* The key of a member with its escapes resolved; the caller frees it. */
char *json_scan_key(const struct buf *text, const struct json_member *m);

/* The member of that name, or NULL. */
const struct json_member *json_scan_find(const struct buf *text, const struct json_members *o,
					 const char *key);

/* The bytes of a value on one line, a blank behind each colon and comma; appended to ret. */
void json_scan_compact(const char *bytes, size_t n, struct buf *ret);
