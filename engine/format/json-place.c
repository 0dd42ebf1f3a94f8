#include "engine/format/json-place.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/format/json-check.h"
#include "engine/format/subject-key.h"

void json_place_clear(struct json_place *p)
{
	strv_clear(&p->steps);
	json_members_clear(&p->parent);
}

static void walk(const struct buf *text, struct json_place *p)
{
	p->value = json_scan_top(text);
	while (p->done < p->steps.count) {
		struct json_members o = {0};
		const struct json_member *m;

		if (!json_scan_object(text, p->value, &o)) {
			p->blocked = true;
			return;
		}
		json_members_clear(&p->parent);
		p->parent = o;
		m = json_scan_find(text, &p->parent, p->steps.items[p->done]);
		if (!m)
			return;
		p->member = (size_t)(m - p->parent.items);
		p->value = m->value;
		p->done++;
	}
}

int json_place_find(const struct buf *text, const char *pointer, struct json_place *ret,
		    struct error *err)
{
	int r = json_pointer_split(pointer, &ret->steps, err);

	if (r < 0)
		return r;
	r = json_text_check(text, err);
	if (r < 0)
		return r;
	walk(text, ret);
	return 0;
}
