#include "engine/model/count.h"

#include <stdlib.h>

#include "engine/base/alloc.h"

void count_clear(struct count *c)
{
	free(c->why);
	*c = (struct count){0};
}

void count_set(struct count *c, size_t n)
{
	count_clear(c);
	c->known = true;
	c->n = n;
}

void count_unknown(struct count *c, const char *why)
{
	char *copy = xstrdup_null(why);

	count_clear(c);
	c->why = copy;
}

bool count_get(const struct count *c, size_t *ret)
{
	if (c->known)
		*ret = c->n;
	return c->known;
}

const char *count_why(const struct count *c)
{
	if (c->known)
		return NULL;
	return c->why ? c->why : "nobody has looked";
}
