#include "engine/model/container-list.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/alloc.h"
#include "engine/base/str.h"

bool containers_get(const struct container_list *l, struct containers *ret)
{
	if (l->known)
		*ret = (struct containers){l->seen, l->nseen};
	return l->known;
}

const char *containers_why(const struct container_list *l)
{
	if (l->known)
		return NULL;
	return l->why ? l->why : "nobody has looked at the containers";
}

struct containers containers_on_disk(const struct container_list *l)
{
	return l->known ? (struct containers){0} : (struct containers){l->seen, l->nseen};
}

bool containers_running(const struct container_list *l, size_t *ret)
{
	size_t running = 0;

	if (!l->known)
		return false;
	for (size_t i = 0; i < l->nseen; i++) {
		if (!container_told(&l->seen[i]))
			return false;
		running += l->seen[i].running;
	}
	*ret = running;
	return true;
}

#define SHORT_ID 12 /* digits that Docker shows of one */

const struct container *containers_find(const struct containers *all, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; n && i < all->count; i++) {
		const struct container *c = &all->items[i];

		if (strcmp_null(c->name, name) == 0 || strcmp_null(c->id, name) == 0 ||
		    (n >= SHORT_ID && c->id && starts_with(c->id, name)))
			return c;
	}
	return NULL;
}

#define MOST_SHARED 16 /* Docker makes no rings, and files may say anything */

const struct container *containers_network_owner(const struct containers *all,
						 const struct container *c)
{
	const struct container *at = c;

	for (int depth = 0; depth < MOST_SHARED; depth++) {
		const char *name =
			at->network_mode ? skip_prefix(at->network_mode, "container:") : NULL;
		const struct container *next = name ? containers_find(all, name) : NULL;

		if (!name)
			return at;
		if (!next || (at->started_usec && next->started_usec > at->started_usec))
			return c;
		at = next;
	}
	return c;
}

void containers_known(struct container_list *l)
{
	l->known = true;
	str_replace(&l->why, NULL);
}

void containers_unknown(struct container_list *l, const char *why)
{
	l->known = false;
	str_replace(&l->why, why);
}

void container_list_clear(struct container_list *l)
{
	for (size_t i = 0; i < l->nseen; i++)
		container_clear(&l->seen[i]);
	free(l->seen);
	free(l->why);
	*l = (struct container_list){0};
}

struct container *container_list_add(struct container_list *l)
{
	struct container *container = array_append(&l->seen, &l->nseen, sizeof(*container));

	container_init(container);
	return container;
}
