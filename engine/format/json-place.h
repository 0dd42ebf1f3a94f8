#pragma once

/* Where in a JSON text a pointer (RFC 6901) leads to: for json-text.c, which reads, and json-set.c. */

#include "engine/base/error.h"
#include "engine/base/strv.h"
#include "engine/format/json-scan.h"

/* Where a pointer leads to: the innermost object that is there, and how many steps remain. */
struct json_place {
	struct strv steps;
	size_t done; /* steps that were found */
	struct json_members parent; /* object in which the next step is, or would be */
	size_t member; /* of parent, when all steps were found */
	struct json_span value; /* of the last step that was found */
	bool blocked; /* the next step would lead into something that is not an object */
};

/* -EINVAL for what is not a pointer, -EBADMSG for a text that json_text_check() refuses. */
int json_place_find(const struct buf *text, const char *pointer, struct json_place *ret,
		    struct error *err);
void json_place_clear(struct json_place *p);
